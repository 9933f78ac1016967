"""What waits at the counter: lists of cases and applications, and their counts by the very same conditions.

A number beside a queue is never more or less than the queue holds, since list and count share one WHERE.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, exists, not_, or_, select

from store.applications import RECORD as APPLICATION_RECORD
from store.applications import ApplicationRecord
from store.cases import RECORD, CaseKind, CaseRecord, Step, record
from store.counter_tables import CASE, CASE_APPLICATION, IS_DEFERRED, IS_OPEN
from store.database import Transaction
from store.scope import MOST_COUNTED, Branches, count_most, page, within
from store.tables import APPLICATION, CERTIFICATE, HOLDER_PLACE, UNAPPROVED, UNDONE

MOST_WAITING = 1001
"""Counting waiting approvals stops here: a page says "over 1,000"."""


@dataclass(frozen=True, slots=True)
class CaseFilter:
    """Which cases to find; None does not restrict.

    ``open`` is whether a step is left to take; ``undone`` finds those whose hand-over the authority refused while a
    certificate of theirs still waits for its holder.
    """

    step: Step | None = None
    kind: CaseKind | None = None
    opened_by: str | None = None
    deferred: bool | None = None
    open: bool | None = None
    window: str | None = None
    day: date | None = None
    undone: bool | None = None


def find_cases(
    tx: Transaction, branches: Branches, wanted: CaseFilter, *, before: UUID | None = None, limit: int = 100
) -> tuple[CaseRecord, ...]:
    """Give cases, newest first, at most ``limit``; the next page begins ``before`` the last id of this one."""
    conditions = _cases(wanted)
    if before is not None:
        conditions.append(CASE.c.id < before)
    wanted_cases = select(*RECORD).where(*conditions)
    newest = page(tx, wanted_cases, CASE.c.branch, branches, ["id"], limit, descending=True)
    return tuple(record(row) for row in tx.execute(newest))


def count_cases(tx: Transaction, branches: Branches, wanted: CaseFilter, most: int = MOST_COUNTED) -> int:
    """Count what `find_cases` lists over all its pages, and stop at ``most``."""
    ours = within(tx, CASE.c.branch, branches)
    return count_most(tx, select(CASE.c.id).where(ours, *_cases(wanted)), most)


def waiting_approvals(
    tx: Transaction, branches: Branches, now: datetime, *, after: UUID | None = None, limit: int = 100
) -> tuple[ApplicationRecord, ...]:
    """Give applications that only approvals are missing from, oldest first: open, unexpired and examined.

    Of a case those of its newest submission, while it is at its approval: nobody signs what was sent back or withdrawn.
    The next page begins ``after`` the last id of this one. Whose own application it is, the caller sees and says.
    """
    conditions = [_waiting(now)]
    if after is not None:
        conditions.append(APPLICATION.c.id > after)
    oldest = page(tx, select(*APPLICATION_RECORD).where(*conditions), APPLICATION.c.branch, branches, ["id"], limit)
    return tuple(ApplicationRecord(*row) for row in tx.execute(oldest))


def count_waiting(tx: Transaction, branches: Branches, now: datetime) -> int:
    """Count what `waiting_approvals` lists over all its pages, and stop at `MOST_WAITING`: each one's case is read."""
    ours = within(tx, APPLICATION.c.branch, branches)
    return count_most(tx, select(APPLICATION.c.id).where(ours, _waiting(now)), MOST_WAITING)


def _waiting(now: datetime) -> ColumnElement[bool]:
    return and_(UNAPPROVED, APPLICATION.c.expires_at > now, not_(_left_behind()))


def _left_behind() -> ColumnElement[bool]:
    """That an application's case went another way: it was sent back or withdrawn, or asked for something newer."""
    of_case, newer = CASE_APPLICATION.alias(), APPLICATION.alias()
    later = (
        exists()
        .where(of_case.c.case_id == CASE.c.id, newer.c.id == of_case.c.application_id)
        .where(newer.c.created_at > APPLICATION.c.created_at)
        .correlate(CASE, APPLICATION)
    )
    return (
        exists()
        .where(CASE_APPLICATION.c.application_id == APPLICATION.c.id, CASE.c.id == CASE_APPLICATION.c.case_id)
        .where(or_(CASE.c.step != "approve", later))
        .correlate(APPLICATION)
    )


def _cases(wanted: CaseFilter) -> list[ColumnElement[bool]]:
    """The conditions of a filter; what the partial indexes say is said in their own words."""
    conditions: list[Any] = []
    for field in ("step", "kind", "opened_by", "window"):
        value = getattr(wanted, field)
        if value is not None:
            conditions.append(CASE.c[field] == value)
    if wanted.day is not None:
        conditions.append(CASE.c.day == wanted.day.isoformat())
    if wanted.deferred is not None:
        conditions.append(IS_DEFERRED if wanted.deferred else CASE.c.deferred.is_(False))
    if wanted.open or wanted.step not in {None, "closed"}:
        conditions.append(IS_OPEN)
    if wanted.undone:
        conditions += [CASE.c.id.in_(_refused_hand_overs()), _waits_for_its_holder()]
    if wanted.open is False:
        conditions.append(CASE.c.step == "closed")
    return conditions


def _refused_hand_overs() -> Select[Any]:
    same = APPLICATION.c.id == CASE_APPLICATION.c.application_id
    return select(CASE_APPLICATION.c.case_id).where(same, UNDONE)


def _waits_for_its_holder() -> ColumnElement[bool]:
    """That a certificate of the case was neither handed over nor revoked: somebody holds a card that does not work."""
    keys = (HOLDER_PLACE.c.holder, HOLDER_PLACE.c.kind, HOLDER_PLACE.c.issuer, HOLDER_PLACE.c.serial)
    same = [each == CERTIFICATE.c[each.name] for each in keys]
    return (
        exists()
        .where(
            CASE_APPLICATION.c.case_id == CASE.c.id, CERTIFICATE.c.application_id == CASE_APPLICATION.c.application_id
        )
        .where(*same, HOLDER_PLACE.c.place == "pending")
        .correlate(CASE)
    )
