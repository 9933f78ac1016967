"""Claims: a signer takes applications for a while, and what it records of them goes with a fence.

A row is the message: the front end inserts, the signer claims. A claim writes the signer's name, a fresh token and a
lease into the row; whatever the signer records afterwards goes with a `fence_many` in the same transaction, which hits
only rows that still carry that token.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, or_, select, text, update

from store.application_errors import ClaimLost
from store.applications import RECORD, ApplicationRecord, State
from store.bounds import octets, utc, word
from store.database import Transaction
from store.legible import APPLICATION_LEGIBLE
from store.rows import among
from store.signatures import note_signatures
from store.tables import APPLICATION, READY


def claim(
    tx: Transaction, signer: str, token: bytes, now: datetime, lease: timedelta, limit: int
) -> tuple[ApplicationRecord, ...]:
    """Take at most ``limit`` applications, oldest first, for ``lease`` from ``now``.

    Taken are those open and unexpired with as many examination and approval rows as they require (a hint: the signer
    verifies every signature) that nobody has claimed or whose lease ran out. ``signer`` names one running program, so
    what is still claimed under this name was left by a turn of its own that the database cut short: it is free to it
    at once, and no failure. Another signer's lease that ran out says that it vanished, perhaps over one of its
    applications. Taking over counts as an attempt; what was taken over before is claimed alone, so that no application
    comes to a third attempt by what happened to its neighbours.
    A row that is no application, whoever wrote it, is never taken. On PostgreSQL rows that another signer is just
    claiming are skipped (SKIP LOCKED).
    """
    octets("token", token, 16, 32)
    if tx.dialect.name == "postgresql":
        # Without fresh statistics the planner would read and sort the whole queue instead of walking its index.
        tx.execute(text("SET LOCAL enable_sort = off"))
    # An application that was put off has a time and no signer.
    vanished = and_(APPLICATION.c.claimed_by.is_not(None), APPLICATION.c.claimed_by != signer).label("vanished")
    ready = (
        select(*RECORD, vanished)
        .where(
            READY,
            APPLICATION.c.expires_at > now,
            or_(
                APPLICATION.c.claim_until.is_(None),
                APPLICATION.c.claim_until <= now,
                APPLICATION.c.claimed_by == signer,
            ),
            APPLICATION_LEGIBLE,  # costs the most, so it is asked last
        )
        .order_by(APPLICATION.c.id)
        .limit(limit)
        .with_for_update(skip_locked=True, of=APPLICATION)
    )
    rows = tx.execute(ready).all()
    suspect = [row for row in rows if row.vanished and row.attempts]
    rows = suspect[:1] or rows
    taken = {"claimed_by": signer, "claim_token": token, "claim_until": now + lease}
    _update(tx, [row.id for row in rows if not row.vanished], taken)
    _update(tx, [row.id for row in rows if row.vanished], {**taken, "attempts": APPLICATION.c.attempts + 1})
    return tuple(_record(row) for row in rows)


def fence(tx: Transaction, id: UUID, token: bytes) -> None:
    """Hold the row of a claimed application until the transaction ends. ClaimLost when the token is not in it."""
    if id not in fence_many(tx, [id], token):
        raise ClaimLost(id)


def fence_many(tx: Transaction, ids: Collection[UUID], token: bytes) -> frozenset[UUID]:
    """Hold the rows that still carry ``token`` until the transaction ends; what is not in the answer is lost."""
    if not ids:
        return frozenset()
    ordered = select(APPLICATION.c.id).where(_held(tx, ids, token)).order_by(APPLICATION.c.id)
    return frozenset(tx.execute(ordered.with_for_update()).scalars())


def finish(tx: Transaction, id: UUID, token: bytes, state: State, outcome: str, at: datetime) -> None:
    """End a claimed application for ever with an outcome code. ClaimLost when the token is not in its row."""
    if id not in finish_many(tx, [id], token, state, outcome, at):
        raise ClaimLost(id)


def finish_many(
    tx: Transaction, ids: Collection[UUID], token: bytes, state: State, outcome: str, at: datetime
) -> frozenset[UUID]:
    """End many claimed applications alike and note who signed them; what is not in the answer is lost."""
    word("outcome", outcome)
    ended = {"state": state, "outcome": outcome, "finished_at": at, "claim_until": None}
    finished = _claimed(tx, ids, token, ended)
    note_signatures(tx, finished, outcome, at)
    return finished


def give_back(tx: Transaction, ids: Collection[UUID], token: bytes, *, failed: bool) -> frozenset[UUID]:
    """Let claimed applications be claimed again at once; ``failed`` counts an attempt; what is not answered is lost."""
    free: dict[str, Any] = {"claimed_by": None, "claim_token": None, "claim_until": None}
    if failed:
        free["attempts"] = APPLICATION.c.attempts + 1
    return _claimed(tx, ids, token, free)


def put_off(tx: Transaction, id: UUID, token: bytes, until: datetime) -> frozenset[UUID]:
    """Let a claimed application be claimed again from ``until`` on; no attempt is counted; not answered is lost."""
    utc("until", until)
    return _claimed(tx, [id], token, {"claimed_by": None, "claim_token": None, "claim_until": until})


_IS_OPEN = APPLICATION.c.state == "open"


def _record(row: Sequence[Any]) -> ApplicationRecord:
    """Read a row of the columns `RECORD` and ``vanished``: a lease that ran out counts as an attempt already."""
    values = list(row)
    vanished = values.pop()
    values[-2] += vanished
    return ApplicationRecord(*values)


def _update(tx: Transaction, ids: Collection[UUID], values: Mapping[str, Any]) -> None:
    if ids:
        tx.execute(update(APPLICATION).where(among(tx, APPLICATION.c.id, ids)).values(**values))


def _held(tx: Transaction, ids: Collection[UUID], token: bytes) -> ColumnElement[bool]:
    return and_(among(tx, APPLICATION.c.id, ids), APPLICATION.c.claim_token == token, _IS_OPEN)


def _claimed(tx: Transaction, ids: Collection[UUID], token: bytes, values: Mapping[str, Any]) -> frozenset[UUID]:
    if not ids:
        return frozenset()
    statement = update(APPLICATION).where(_held(tx, ids, token)).values(**values).returning(APPLICATION.c.id)
    return frozenset(tx.execute(statement).scalars())
