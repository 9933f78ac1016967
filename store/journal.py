"""How a change of status is written: status row, journal row and counter together, and what ends with a certificate.

`store.status` decides what may change; the functions here write it in the caller's transaction.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Literal, NamedTuple, TypeAlias
from uuid import UUID

from sqlalchemy import Row, delete, select, tuple_

from store.counter_tables import CERTIFICATE_BRANCH
from store.database import Transaction
from store.rows import insert_all, insertion, update_all
from store.tables import BLOCKED_KEY, CERTIFICATE, CHANGE_COUNTER, GOOD, HOLDER_PLACE, JOURNAL, REVOKED, STATUS

ActKind: TypeAlias = Literal["revoke", "hold", "release"]


NEVER = datetime(9998, 12, 31, tzinfo=UTC)
"""The end of what was abandoned: it stands in every list of its partition, since nothing signed shows when it ends."""


class Change(NamedTuple):
    """A change about to be written: the new status of one certificate, and the ``step``-th act of its journal."""

    issuer: str
    octets: bytes
    step: int
    act: ActKind
    state: int
    revoked_at: datetime | None
    reason: int | None
    invalidity_at: datetime | None
    application_id: UUID | None


def enter_abandoned(tx: Transaction, rows: Sequence[Row[Any]], at: datetime) -> None:
    """Write reserved certificate rows as revoked without a reason: a signature may exist. Called by `abandon_many`."""
    insert_all(
        tx,
        STATUS,
        [
            {
                "issuer": row.issuer,
                "serial": row.serial,
                "partition": row.partition,
                "state": GOOD,
                "not_after": NEVER,
            }
            for row in rows
        ],
    )
    enter(
        tx,
        [Change(row.issuer, row.serial, 1, "revoke", REVOKED, at, None, None, row.application_id) for row in rows],
        at,
    )
    leave_places(tx, [(row.issuer, row.serial) for row in rows])


def enter(tx: Transaction, many: Sequence[Change], at: datetime) -> None:
    """Write the status rows and their journal rows, and raise the counters of their issuers."""
    if not many:
        return
    written = [
        {
            "issuer": one.issuer,
            "serial": one.octets,
            "state": one.state,
            "revoked_at": one.revoked_at,
            "reason": one.reason,
            "invalidity_at": one.invalidity_at,
            "step": one.step,
        }
        for one in many
    ]
    update_all(tx, STATUS, written, ("issuer", "serial"))
    found_by = [{name: row[name] for name in ("issuer", "serial", "state")} for row in written]
    update_all(tx, CERTIFICATE_BRANCH, found_by, ("issuer", "serial"))
    insert_all(
        tx,
        JOURNAL,
        [
            {
                "issuer": one.issuer,
                "serial": one.octets,
                "step": one.step,
                "act": one.act,
                "at": at,
                "reason": one.reason,
                "invalidity_at": one.invalidity_at,
                "application_id": one.application_id,
            }
            for one in many
        ],
    )
    for issuer in sorted({one.issuer for one in many}):
        count_change(tx, issuer)


def count_change(tx: Transaction, issuer: str) -> None:
    """Raise the counter of an issuer: what was answered of its certificates before must be asked again."""
    counted = insertion(tx, CHANGE_COUNTER).values(issuer=issuer, value=1)
    tx.execute(counted.on_conflict_do_update(index_elements=["issuer"], set_={"value": CHANGE_COUNTER.c.value + 1}))


def leave_places(tx: Transaction, keys: Sequence[tuple[str, bytes]]) -> None:
    """Take ended certificates out of their holders' places."""
    if not keys:
        return
    theirs = select(CERTIFICATE.c.holder, CERTIFICATE.c.kind).where(
        tuple_(CERTIFICATE.c.issuer, CERTIFICATE.c.serial).in_(keys)
    )
    tx.execute(
        delete(HOLDER_PLACE).where(
            tuple_(HOLDER_PLACE.c.holder, HOLDER_PLACE.c.kind).in_(theirs),
            tuple_(HOLDER_PLACE.c.issuer, HOLDER_PLACE.c.serial).in_(keys),
        )
    )


def block_keys(tx: Transaction, keys: Sequence[tuple[str, bytes]], at: datetime) -> None:
    """Block the subject keys of certificates for ever."""
    if not keys:
        return
    theirs = (
        select(CERTIFICATE.c.key_hash).distinct().where(tuple_(CERTIFICATE.c.issuer, CERTIFICATE.c.serial).in_(keys))
    )
    rows = [{"key_hash": row.key_hash, "at": at} for row in tx.execute(theirs)]
    tx.execute(insertion(tx, BLOCKED_KEY).on_conflict_do_nothing(), rows)
