"""What officers signed, as the signer found it: written by the signer alone, so no officer is told less or more.

Noted when the signer ends an application, in the same transaction: every signature that stands on it, and the outcome.
Whoever tricked an officer into a signature cannot keep this list from showing it.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import literal, select, tuple_

from store.counter_tables import SIGNATURE_USE
from store.database import Transaction
from store.legible import EVIDENCE_LEGIBLE
from store.rows import among, insertion
from store.scope import count_most
from store.tables import EVIDENCE


class Place(NamedTuple):
    """Where a page of signatures ended: the next one begins there."""

    at: datetime
    application_id: UUID
    role: str


@dataclass(frozen=True, slots=True)
class SignedRow:
    """One signature of a person's, and what became of the application.

    ``role`` is that of `store.applications.Evidence`; ``outcome`` is the signer's word, given ``at`` this time.
    """

    application_id: UUID
    role: str
    person: str
    credential: str
    digest: bytes
    signed_at: datetime
    outcome: str
    at: datetime

    @property
    def place(self) -> Place:
        """Where a page that ends with this row ended."""
        return Place(self.at, self.application_id, self.role)


def signed_by(tx: Transaction, person: str, *, before: Place | None = None, limit: int = 100) -> tuple[SignedRow, ...]:
    """Give what a person signed, newest outcome first, at most ``limit``; the next page begins ``before`` its end."""
    order = (SIGNATURE_USE.c.at, SIGNATURE_USE.c.application_id, SIGNATURE_USE.c.role)
    columns = [SIGNATURE_USE.c[name] for name in SignedRow.__slots__]
    statement = select(*columns).where(SIGNATURE_USE.c.person == person)
    if before is not None:
        last = [literal(value, column.type) for value, column in zip(before, order, strict=True)]
        statement = statement.where(tuple_(*order) < tuple_(*last))
    rows = tx.execute(statement.order_by(*[column.desc() for column in order]).limit(limit))
    return tuple(SignedRow(*row) for row in rows)


def count_signed(tx: Transaction, person: str, outcome: str, since: datetime, most: int) -> int:
    """Count the submissions of a person's that came to this outcome since then, and stop at ``most``."""
    found = select(SIGNATURE_USE.c.application_id).where(
        SIGNATURE_USE.c.person == person,
        SIGNATURE_USE.c.at >= since,
        SIGNATURE_USE.c.role == "submission",
        SIGNATURE_USE.c.outcome == outcome,
    )
    return count_most(tx, found, most)


def note_signatures(tx: Transaction, ids: Collection[UUID], outcome: str, at: datetime) -> None:
    """Note every signature on these applications, in one statement; called as they end.

    What was noted of an application before stays: its row was opened again behind our back.
    """
    copied = ("application_id", "role", "person", "credential", "digest", "signed_at")
    ended = [literal(outcome).label("outcome"), literal(at, SIGNATURE_USE.c.at.type).label("at")]
    found = select(*[EVIDENCE.c[name] for name in copied], *ended)
    found = found.where(among(tx, EVIDENCE.c.application_id, list(ids)), EVIDENCE_LEGIBLE)
    tx.execute(insertion(tx, SIGNATURE_USE).from_select([*copied, "outcome", "at"], found).on_conflict_do_nothing())
