"""Cases of the counter (案件): opened once, moved on by numbered events, found by receipt.

A case's row says where it stands; what happened stands in its events, which nobody changes. Two tabs, a double press
and a race all come down to one rule: an event is entered only if its number is the next one.
"""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal, TypeAlias
from uuid import UUID

from pydantic import JsonValue
from sqlalchemy import Row, Select, and_, func, insert, select, update

from store.applications import RECORD as APPLICATION_RECORD
from store.applications import ApplicationRecord
from store.bounds import octets, utc, word
from store.counter_errors import ApplicationOfAnotherCase, CaseMoved, UnknownCase
from store.counter_tables import (
    CASE,
    CASE_APPLICATION,
    CASE_EVENT,
    CASE_RECEIPT,
    CASE_SUBMIT,
    RECEIPT_NUMBER,
)
from store.database import Transaction
from store.errors import RecordRefused
from store.rows import among, insert_new, insertion
from store.scope import Branches as Branches
from store.scope import within
from store.tables import APPLICATION

Step: TypeAlias = Literal[
    "receive",
    "identify",
    "register",
    "keys",
    "select",
    "confirm",
    "examine",
    "approve",
    "issue",
    "write",
    "hand-over",
    "closed",
]
CaseKind: TypeAlias = Literal["issue", "renew", "revoke", "hold", "release", "pin-reset"]
Visitor: TypeAlias = Literal["self", "legal-agent", "agent"]

MOST_FACTS_OCTETS = 32 * 1024
MOST_EVENTS = 1000


@dataclass(frozen=True, slots=True)
class NewCase:
    """What is known when a case is opened: the counter's ``window`` ("001A"), and the code of who opens it.

    ``place`` is the municipality's code that its receipt number begins with; several branches may have one.
    """

    id: UUID
    branch: str
    place: str
    kind: CaseKind
    visitor: Visitor
    window: str
    opened_by: str
    opened_at: datetime

    def __post_init__(self) -> None:
        for field in ("branch", "place", "kind", "visitor", "window", "opened_by"):
            word(field, getattr(self, field))
        utc("opened_at", self.opened_at)


@dataclass(frozen=True, slots=True)
class CaseRecord:
    """A case and where it stands.

    ``step`` is the one to be taken next, "closed" when none is left; ``events`` counts what happened so far;
    ``deferred`` says that it waits for the centre (預かり); ``day`` is the day of the receipt where the branch is.
    """

    id: UUID
    receipt: str
    branch: str
    kind: CaseKind
    visitor: Visitor
    window: str
    opened_by: str
    opened_at: datetime
    day: date
    step: Step
    events: int
    updated_at: datetime
    deferred: bool


@dataclass(frozen=True, slots=True)
class CaseEvent:
    """The ``number``-th thing that happened in a case (1 and up): ``person`` took ``step``.

    ``facts`` are what was entered, as JSON of at most 32 KiB; here a name may stand.
    """

    case_id: UUID
    number: int
    step: Step
    person: str
    at: datetime
    facts: Mapping[str, JsonValue]

    def __post_init__(self) -> None:
        word("step", self.step)
        word("person", self.person)
        utc("at", self.at)
        if not 1 <= self.number <= MOST_EVENTS:
            raise RecordRefused("number", f"it must be 1 to {MOST_EVENTS}")
        octets("facts", _written(self.facts).encode(), 2, MOST_FACTS_OCTETS)


def open_case(tx: Transaction, case: NewCase, day: date, submit_key: UUID) -> CaseRecord:
    """Open a case at its first step and give it the next receipt number of its place and day.

    The same ``submit_key`` gives the same case again, as it stands by then, so a form sent twice opens one case.
    UnknownCase when that key opened a case of another branch or person.
    """
    new = insert_new(tx, CASE_SUBMIT, [{"submit_key": submit_key, "case_id": case.id}], ("submit_key",))
    if not new:
        return _opened_before(tx, case, submit_key)
    receipt = _next_receipt(tx, case.place, day)
    record = CaseRecord(
        case.id,
        receipt,
        case.branch,
        case.kind,
        case.visitor,
        case.window,
        case.opened_by,
        case.opened_at,
        day,
        step="receive",
        events=0,
        updated_at=case.opened_at,
        deferred=False,
    )
    values = {name: getattr(record, name) for name in CaseRecord.__slots__}
    tx.execute(insert(CASE), {**values, "day": day.isoformat()})
    tx.execute(insert(CASE_RECEIPT), {"receipt": receipt, "case_id": case.id})
    return record


def case(tx: Transaction, branches: Branches, id: UUID) -> CaseRecord:
    """Give one case. UnknownCase when there is none in these branches."""
    return _one(tx, select(*RECORD).where(CASE.c.id == id, within(tx, CASE.c.branch, branches)))


def case_by_receipt(tx: Transaction, branches: Branches, receipt: str) -> CaseRecord:
    """Give the case of a receipt number as it is printed. UnknownCase when there is none in these branches."""
    ours = within(tx, CASE.c.branch, branches)
    statement = select(*RECORD).join(CASE_RECEIPT, CASE_RECEIPT.c.case_id == CASE.c.id)
    return _one(tx, statement.where(CASE_RECEIPT.c.receipt == receipt, ours))


def events_of(tx: Transaction, branches: Branches, id: UUID) -> tuple[CaseEvent, ...]:
    """Give everything that happened in a case, in order. UnknownCase when there is none in these branches."""
    case(tx, branches, id)
    rows = tx.execute(select(CASE_EVENT).where(CASE_EVENT.c.case_id == id).order_by(CASE_EVENT.c.number))
    return tuple(CaseEvent(id, row.number, row.step, row.person, row.at, json.loads(row.facts)) for row in rows)


def add_event(
    tx: Transaction, branches: Branches, event: CaseEvent, next_step: Step, *, deferred: bool | None = None
) -> CaseRecord:
    """Enter what happened and move the case to ``next_step``; ``deferred`` None leaves that as it was.

    The event's number is the next one of its case; CaseMoved otherwise, and then nothing was entered. UnknownCase for a
    case of another branch.
    """
    moved: dict[str, Any] = {"step": next_step, "events": event.number, "updated_at": event.at}
    if deferred is not None:
        moved["deferred"] = deferred
    here = and_(CASE.c.id == event.case_id, within(tx, CASE.c.branch, branches), CASE.c.events == event.number - 1)
    row = tx.execute(update(CASE).where(here).values(**moved).returning(*RECORD)).one_or_none()
    if row is None:
        raise CaseMoved(case(tx, branches, event.case_id).id, event.number)
    values = {name: getattr(event, name) for name in CaseEvent.__slots__}
    tx.execute(insert(CASE_EVENT), {**values, "facts": _written(event.facts), "branch": row.branch})
    return record(row)


def link_applications(tx: Transaction, branches: Branches, case_id: UUID, ids: Collection[UUID]) -> None:
    """Enter which applications were made in a case; what is entered already stays.

    UnknownCase for a case of another branch; ApplicationOfAnotherCase when one of them is another case's, or not of the
    case's branch, or not there.
    """
    branch = case(tx, branches, case_id).branch
    theirs = and_(among(tx, APPLICATION.c.id, list(ids)), APPLICATION.c.branch == branch)
    if tx.execute(select(func.count()).select_from(APPLICATION).where(theirs)).scalar_one() != len(set(ids)):
        raise ApplicationOfAnotherCase(case_id)
    insert_new(tx, CASE_APPLICATION, [{"application_id": id, "case_id": case_id} for id in ids], ("application_id",))
    linked = among(tx, CASE_APPLICATION.c.application_id, list(ids))
    if set(tx.execute(select(CASE_APPLICATION.c.case_id).where(linked)).scalars()) - {case_id}:
        raise ApplicationOfAnotherCase(case_id)


def applications_of(tx: Transaction, branches: Branches, case_id: UUID) -> tuple[ApplicationRecord, ...]:
    """Give the applications made in a case, oldest first. UnknownCase when there is none in these branches."""
    case(tx, branches, case_id)
    statement = (
        select(*APPLICATION_RECORD)
        .join(CASE_APPLICATION, CASE_APPLICATION.c.application_id == APPLICATION.c.id)
        .where(CASE_APPLICATION.c.case_id == case_id)
        .order_by(APPLICATION.c.id)
    )
    return tuple(ApplicationRecord(*row) for row in tx.execute(statement))


def case_of_application(tx: Transaction, branches: Branches, application_id: UUID) -> CaseRecord | None:
    """Give the case an application was made in, or None: it was made elsewhere, or in another branch."""
    statement = (
        select(*RECORD)
        .join(CASE_APPLICATION, CASE_APPLICATION.c.case_id == CASE.c.id)
        .where(CASE_APPLICATION.c.application_id == application_id, within(tx, CASE.c.branch, branches))
    )
    row = tx.execute(statement).one_or_none()
    return None if row is None else record(row)


RECORD = [CASE.c[name] for name in CaseRecord.__slots__]


def record(row: Row[Any]) -> CaseRecord:
    """Read a case from a row of the columns `RECORD`."""
    values = dict(zip(CaseRecord.__slots__, row, strict=True))
    return CaseRecord(**{**values, "day": date.fromisoformat(values["day"])})


def _one(tx: Transaction, statement: Select[Any]) -> CaseRecord:
    row = tx.execute(statement).one_or_none()
    if row is None:
        raise UnknownCase
    return record(row)


def _opened_before(tx: Transaction, new: NewCase, submit_key: UUID) -> CaseRecord:
    id = tx.execute(select(CASE_SUBMIT.c.case_id).where(CASE_SUBMIT.c.submit_key == submit_key)).scalar_one()
    found = case(tx, frozenset({new.branch}), id)
    if found.opened_by != new.opened_by:
        raise UnknownCase
    return found


def _next_receipt(tx: Transaction, place: str, day: date) -> str:
    """Draw the next number of a place and day; its row is locked until the transaction ends."""
    first = insertion(tx, RECEIPT_NUMBER).values(place=place, day=day.isoformat(), number=1)
    drawn = first.on_conflict_do_update(
        index_elements=["place", "day"], set_={"number": RECEIPT_NUMBER.c.number + 1}
    ).returning(RECEIPT_NUMBER.c.number)
    return f"R{place}-{day:%y%m%d}-{tx.execute(drawn).scalar_one():04d}"


def _written(facts: Mapping[str, JsonValue]) -> str:
    return json.dumps(facts, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)
