"""What an operator watches (運用): how old the lists are, and what waits for the signer. No record of anybody."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, TypeAlias

from sqlalchemy import and_, func, or_, select

from store.authorities import issuer_of
from store.database import Transaction
from store.list_tables import CRL, PUBLICATION_REQUEST
from store.partitions import partitions
from store.rows import among
from store.scope import MOST_COUNTED, count_most
from store.tables import APPLICATION, PARKED, READY, UNAPPROVED

QueueName: TypeAlias = Literal["approval", "signer", "parked", "lists"]


@dataclass(frozen=True, slots=True)
class Lists:
    """The newest list of every partition of one authority: how many there are, and how they stand.

    ``partitions`` counts those of its issuer that need a list now; ``oldest`` is the thisUpdate of the oldest,
    ``first_to_end`` the nextUpdate of the one that ends first, ``number`` the highest CRL number, ``entries`` all
    entries together; None and 0 where no list was made yet. ``overdue`` counts those past their nextUpdate.
    """

    authority: str
    partitions: int
    lists: int
    oldest: datetime | None
    first_to_end: datetime | None
    number: int
    entries: int
    overdue: int


@dataclass(frozen=True, slots=True)
class Queue:
    """How many wait (counting stops at 10,001), and since when the oldest of them does."""

    name: QueueName
    length: int
    oldest: datetime | None


def lists_of(tx: Transaction, authority: str, now: datetime) -> Lists:
    """Sum up the newest lists of an authority."""
    issuer = issuer_of(authority)
    codes = [each.code for each in partitions(tx, issuer, now)]
    here = and_(CRL.c.issuer == issuer, CRL.c.authority == authority, among(tx, CRL.c.partition, codes))
    newest = (
        select(CRL.c.partition, func.max(CRL.c.number).label("number")).where(here).group_by(CRL.c.partition).subquery()
    )
    same = and_(CRL.c.partition == newest.c.partition, CRL.c.number == newest.c.number)
    columns = [CRL.c[name] for name in ("this_update", "next_update", "number", "entries")]
    rows = tx.execute(select(*columns).join(newest, same).where(here)).all()
    return Lists(
        authority,
        len(codes),
        len(rows),
        min((row.this_update for row in rows), default=None),
        min((row.next_update for row in rows), default=None),
        max((row.number for row in rows), default=0),
        sum(row.entries for row in rows),
        sum(row.next_update <= now for row in rows),
    )


def queues(tx: Transaction, now: datetime) -> tuple[Queue, ...]:
    """Count what waits: for an approval, for the signer, for an operator (parked), and lists that were asked for."""
    alive = APPLICATION.c.expires_at > now
    put_off = or_(APPLICATION.c.claim_until.is_(None), APPLICATION.c.claim_until <= now)
    waiting = {"approval": (UNAPPROVED, alive), "signer": (READY, alive, put_off), "parked": (PARKED,)}
    found = []
    for name, conditions in waiting.items():
        statement = select(APPLICATION.c.created_at).where(*conditions)
        oldest = tx.execute(statement.order_by(APPLICATION.c.id).limit(1)).scalar()
        found.append(Queue(name, count_most(tx, statement, MOST_COUNTED), oldest))  # type: ignore[arg-type]  # the keys above
    asked = select(PUBLICATION_REQUEST.c.requested_at).where(PUBLICATION_REQUEST.c.answered_at.is_(None))
    first = tx.execute(asked.order_by(PUBLICATION_REQUEST.c.id).limit(1)).scalar()
    return (*found, Queue("lists", count_most(tx, asked, MOST_COUNTED), first))
