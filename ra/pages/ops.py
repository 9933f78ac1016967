"""The operator's board (page 24): lists, responders, authorities, the signer and what waits for it; nobody's record.

Everything comes from the database: this program has no token and asks nobody.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from flask import Blueprint, render_template

from ca.responders import current_certificate
from ca.roster import Role
from ra.centre import centre
from ra.languages import mark
from ra.office import Office, office
from ra.scope import roles
from store.database import Transaction
from store.operation import Lists, QueueName, lists_of, queues

__all__ = ["PAGES"]

PAGES: Final = Blueprint("ops", __name__, url_prefix="/ops")

QUEUES: Final[dict[QueueName, str]] = {
    "approval": mark("Waiting for an approval"),
    "signer": mark("Waiting for the signer"),
    "parked": mark("Given up by the signer"),
    "lists": mark("Lists that were asked for"),
}

SOON: Final = 365
RESPONDER_SOON: Final = 7
"""Days before its end from which the certificate of an authority, or a responder's, which lives for 30, is marked."""


@dataclass(frozen=True, slots=True)
class AuthorityLine:
    """One authority: its lists, and the days that are left to it and to its responder (None: it has none)."""

    name: str
    lists: Lists
    ended: str
    ends: datetime
    days_left: int
    responder_ends: datetime | None
    responder_days: int | None


@PAGES.get("/")
@roles(Role.ADMIN, Role.AUDIT)
def board() -> str:
    """How old the lists are, what ends soon, whether the signer works, what waits."""
    here = office()
    now = here.clock()
    with here.database.snapshot() as tx:
        authorities = [_line(tx, here, name, now) for name in sorted(here.authorities())]
        waiting = queues(tx, now)
    return render_template(
        "ops/board.html",
        authorities=authorities,
        queues=waiting,
        names=QUEUES,
        signer=centre(here),
        now=now,
        soon=SOON,
        responder_soon=RESPONDER_SOON,
    )


def _line(tx: Transaction, here: Office, name: str, now: datetime) -> AuthorityLine:
    statement = here.statement(name)
    certificate = statement.x509()
    responders = [current_certificate(tx, name, certificate, key, now) for key in statement.responders]
    ends = [each.not_valid_after_utc for each in responders if each is not None]
    end = here.retired().worst(statement.key_hash)
    return AuthorityLine(
        name,
        lists_of(tx, name, now),
        "" if end is None else end.reason,
        certificate.not_valid_after_utc,
        (certificate.not_valid_after_utc - now).days,
        min(ends, default=None),
        min(((each - now).days for each in ends), default=None),
    )
