"""Officers' sessions. The cookie holds a secret; here stands its SHA-256, so reading the table opens no session."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, TypeAlias

from sqlalchemy import func, select, update

from store.bounds import octets, utc, word
from store.counter_errors import SessionExists
from store.counter_tables import OFFICER_SESSION
from store.database import Transaction
from store.errors import RecordRefused
from store.rows import among, insert_new

Party: TypeAlias = Literal["working", "approval"]
_MOST_COUNTER = 1 << 32


@dataclass(frozen=True, slots=True)
class OfficerSession:
    """A session of ``person``, opened with ``credential`` at one of the two parties.

    ``id_hash`` is the SHA-256 of its secret; ``counter`` the authenticator's at the opening (WebAuthn section 6.1.1).
    """

    id_hash: bytes
    person: str
    credential: str
    party: Party
    counter: int
    opened_at: datetime
    seen_at: datetime
    ended_at: datetime | None = None

    def __post_init__(self) -> None:
        octets("id_hash", self.id_hash, 32, 32)
        for field in ("person", "credential", "party"):
            word(field, getattr(self, field))
        if not 0 <= self.counter < _MOST_COUNTER:
            raise RecordRefused("counter", "it must be a number of 32 bits")
        utc("opened_at", self.opened_at)
        utc("seen_at", self.seen_at)


def open_session(tx: Transaction, opened: OfficerSession) -> None:
    """Open a session. SessionExists for a secret that opened one before."""
    row = {name: getattr(opened, name) for name in OfficerSession.__slots__}
    if not insert_new(tx, OFFICER_SESSION, [row], ("id_hash",)):
        raise SessionExists


def session(tx: Transaction, id_hash: bytes) -> OfficerSession | None:
    """Give a session, ended or not; None when there is none."""
    columns = [OFFICER_SESSION.c[name] for name in OfficerSession.__slots__]
    row = tx.execute(select(*columns).where(OFFICER_SESSION.c.id_hash == id_hash)).one_or_none()
    return None if row is None else OfficerSession(*row)


def touch(tx: Transaction, id_hash: bytes, at: datetime) -> None:
    """Enter that a session was used; nothing changes for one that has ended, or was seen later already."""
    utc("at", at)
    here = (OFFICER_SESSION.c.id_hash == id_hash) & OFFICER_SESSION.c.ended_at.is_(None)
    tx.execute(update(OFFICER_SESSION).where(here, OFFICER_SESSION.c.seen_at < at).values(seen_at=at))


def end(tx: Transaction, id_hash: bytes, at: datetime) -> None:
    """End a session for ever; nothing changes for one that has ended."""
    utc("at", at)
    here = (OFFICER_SESSION.c.id_hash == id_hash) & OFFICER_SESSION.c.ended_at.is_(None)
    tx.execute(update(OFFICER_SESSION).where(here).values(ended_at=at))


def last_use(tx: Transaction, persons: Collection[str]) -> Mapping[str, datetime]:
    """Give when each person was last seen; who never was is absent."""
    seen = func.max(OFFICER_SESSION.c.seen_at)
    theirs = among(tx, OFFICER_SESSION.c.person, list(persons))
    statement = select(OFFICER_SESSION.c.person, seen).where(theirs).group_by(OFFICER_SESSION.c.person)
    return {row[0]: row[1] for row in tx.execute(statement)}


def last_counter(tx: Transaction, credential: str) -> int | None:
    """Give the highest counter with which a credential opened a session; None when it never did.

    A lower one at the next opening hints at a cloned authenticator (WebAuthn section 6.1.1).
    """
    statement = select(func.max(OFFICER_SESSION.c.counter)).where(OFFICER_SESSION.c.credential == credential)
    found: int | None = tx.execute(statement).scalar_one()
    return found
