"""Officers' sessions: opened with a credential, locked after ten minutes, ended with the day.

The browser holds a secret of 32 octets, the database its SHA-256. The secret is derived from the challenge that the
credential signed, under the program's key: one challenge opens one session and no second one, and whoever planted a
challenge in a browser does not know the secret that comes of it.
"""

import hmac
import logging
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as NotBase64
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from typing import Final

from flask import current_app, flash, session
from flask_babel import gettext
from flask_login import LoginManager, UserMixin, login_user, logout_user

from ca.roster import Credential, Person, Role, Roster
from ra.dates import midnight_after
from ra.languages import mark
from ra.office import Party, office
from ra.scope import Scope, party
from store.sessions import OfficerSession, end, last_counter, open_session, touch
from store.sessions import session as stored_session

__all__ = ["LOCK_AFTER", "Officer", "close", "lock", "login_manager", "open_for", "unlock", "unlock_challenge", "used"]

LOCK_AFTER: Final = timedelta(minutes=10)
"""How long a session stays open without a request or a key stroke (ecosystem habit: soft lock, work kept)."""

TOUCH_EVERY: Final = timedelta(seconds=15)
"""Uses of a session are entered at most this often, so that reading pages seldom writes."""

LOG: Final = logging.getLogger("ninsho.ra")
CLONED: Final = mark("The counter of this passkey went back: somebody may use a copy of it. Tell the administrators.")

_KEPT: Final = ("language", "keys")


@dataclass(frozen=True, slots=True)
class Officer(UserMixin):  # type: ignore[misc]  # flask_login publishes no types
    """The officer behind a request, as Flask-Login keeps one: the session's row and secret, and the scope."""

    record: OfficerSession
    secret: bytes
    scope: Scope
    locked: bool

    def get_id(self) -> str:
        """What the cookie names the session by."""
        return urlsafe_b64encode(self.secret).decode()


def login_manager() -> LoginManager:
    """Flask-Login, which finds the officer of a request's cookie by `find`."""
    manager = LoginManager()
    manager.session_protection = None  # the session is bound to its row; addresses change behind proxies
    manager.user_loader(find)
    return manager


def find(cookie: str) -> Officer | None:
    """The officer whose session the cookie names; None when it ended, is of the other site, or lost its credential."""
    try:
        secret = urlsafe_b64decode(cookie)
    except (NotBase64, ValueError):
        return None
    here, now = office(), office().clock()
    with here.database.snapshot() as tx:
        record = stored_session(tx, sha256(secret).digest())
    if record is None or record.ended_at is not None or record.party != party():
        return None
    if now >= midnight_after(record.opened_at):
        return None
    roster = here.roster()
    person = roster.person(record.person)
    if person is None or not any(each.code == record.credential and each.valid(now) for each in person.credentials):
        return None
    locked = now - record.seen_at >= LOCK_AFTER or bool(session.get("locked"))
    return Officer(record, secret, scope_of(roster, person, record.credential, record.party), locked)


def scope_of(roster: Roster, person: Person, credential: str, site: Party) -> Scope:
    """What a person of the roster may see: their branches, or every branch for an auditor who is of none."""
    branches = person.branches
    if not branches and Role.AUDIT in person.roles:
        branches = tuple(branch.code for branch in roster.branches)
    wanted = session.get("branch")
    branch = wanted if wanted in branches else next(iter(branches), "")
    return Scope(person.code, person.name, frozenset(person.roles), frozenset(branches), branch, credential, site)


def open_for(person: Person, credential: Credential, challenge: bytes, counter: int) -> None:
    """Open the session that this challenge leads to, in this browser; raises SessionExists for a second use of it.

    A signature counter that went back hints at a copy of the authenticator (WebAuthn section 6.1.1): the officer and
    the log are told, and it decides nothing (docs/decisions/0021).
    """
    here = office()
    now = here.clock()
    secret = _derived(b"session", challenge)
    record = OfficerSession(sha256(secret).digest(), person.code, credential.code, party(), counter, now, now)
    with here.database.transaction() as tx:
        before = last_counter(tx, credential.code)
        open_session(tx, record)
    kept = {name: session[name] for name in _KEPT if name in session}
    session.clear()
    session.update(kept)
    login_user(Officer(record, secret, scope_of(here.roster(), person, credential.code, party()), locked=False))
    if before and counter <= before:
        LOG.warning("the signature counter of %s went from %d to %d", credential.code, before, counter)
        flash(gettext(CLONED), "warn")


def used(officer: Officer) -> None:
    """Enter that the officer's session is in use now."""
    here = office()
    now = here.clock()
    if now - officer.record.seen_at >= TOUCH_EVERY:
        with here.database.transaction() as tx:
            touch(tx, officer.record.id_hash, now)


def close(officer: Officer) -> None:
    """End the officer's session for ever."""
    here = office()
    with here.database.transaction() as tx:
        end(tx, officer.record.id_hash, here.clock())
    logout_user()
    kept = {name: session[name] for name in _KEPT if name in session}
    session.clear()
    session.update(kept)


def lock() -> None:
    """Lock the session at once, as leaving the desk does."""
    session["locked"] = True


def unlock(officer: Officer) -> None:
    """Go on where the session was locked; `unlock_challenge` was signed."""
    here = office()
    with here.database.transaction() as tx:
        touch(tx, officer.record.id_hash, here.clock())
    session.pop("locked", None)


def unlock_challenge(officer: Officer) -> bytes:
    """What the officer's credential signs to unlock: another one each time, since unlocking moves the last use."""
    return _derived(b"unlock", officer.secret, officer.record.seen_at.isoformat().encode())


def _derived(use: bytes, *parts: bytes) -> bytes:
    key: bytes = current_app.secret_key  # type: ignore[assignment]  # `create_app` takes octets
    return hmac.digest(key, b"\0".join((b"ninsho", use, *parts)), sha256)
