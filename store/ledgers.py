"""The counter's ledgers (台帳): what happened at one step of the branches' cases in a span of time, in order."""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, Row, literal, select, tuple_

from store.bounds import utc
from store.cases import RECORD, CaseEvent, CaseRecord, Step, record
from store.counter_tables import CASE, CASE_EVENT
from store.database import Transaction
from store.rows import among
from store.scope import MOST_COUNTED, Branches, count_most, page, within


class EventPlace(NamedTuple):
    """Where a page of events ended: the time, case and number of its last one."""

    at: datetime
    case_id: UUID
    number: int


class Ending(NamedTuple):
    """How a step of a case ends: with an event whose facts have this name, which no other event at the step has.

    A deferral, a withdrawal or a terminal's trouble is an event at a step, too, and ends none of its work.
    """

    step: Step
    fact: str


@dataclass(frozen=True, slots=True)
class Entered:
    """A line of a ledger: a case, and the event that makes it stand there."""

    case: CaseRecord
    event: CaseEvent

    @property
    def place(self) -> EventPlace:
        """Where a page that ends with this line ended."""
        return EventPlace(self.event.at, self.event.case_id, self.event.number)


def entered(
    tx: Transaction,
    branches: Branches,
    ending: Ending,
    since: datetime,
    before: datetime,
    *,
    after: EventPlace | None = None,
    limit: int = 100,
) -> tuple[Entered, ...]:
    """Give the endings of a step in a span of time, the first first; the next page begins ``after`` this one's last."""
    utc("since", since)
    utc("before", before)
    conditions = _ended(ending, since, before)
    if after is not None:
        order = (CASE_EVENT.c.at, CASE_EVENT.c.case_id, CASE_EVENT.c.number)
        last = [literal(value, column.type) for value, column in zip(after, order, strict=True)]
        conditions.append(tuple_(*order) > tuple_(*last))
    columns = [CASE_EVENT.c[name] for name in CaseEvent.__slots__]
    in_order = ["at", "case_id", "number"]
    statement = page(tx, select(*columns).where(*conditions), CASE_EVENT.c.branch, branches, in_order, limit)
    events = [_event(row) for row in tx.execute(statement)]
    cases = _cases(tx, branches, {each.case_id for each in events})
    return tuple(Entered(cases[each.case_id], each) for each in events)


def count_entered(
    tx: Transaction, branches: Branches, ending: Ending, since: datetime, before: datetime, most: int = MOST_COUNTED
) -> int:
    """Count what `entered` lists over all its pages, and stop at ``most``."""
    ours = within(tx, CASE_EVENT.c.branch, branches)
    return count_most(tx, select(CASE_EVENT.c.case_id).where(ours, *_ended(ending, since, before)), most)


def _ended(ending: Ending, since: datetime, before: datetime) -> list[ColumnElement[bool]]:
    """Facts are JSON without spaces: in a text that somebody typed a backslash stands before each quotation mark."""
    has = CASE_EVENT.c.facts.contains(f'"{ending.fact}":', autoescape=True)
    return [CASE_EVENT.c.step == ending.step, CASE_EVENT.c.at >= since, CASE_EVENT.c.at < before, has]


def _event(row: Row[Any]) -> CaseEvent:
    values = dict(zip(CaseEvent.__slots__, row, strict=True))
    return CaseEvent(**{**values, "facts": json.loads(values["facts"])})


def _cases(tx: Transaction, branches: Branches, ids: Collection[UUID]) -> Mapping[UUID, CaseRecord]:
    here = among(tx, CASE.c.id, list(ids))
    rows = tx.execute(select(*RECORD).where(here, within(tx, CASE.c.branch, branches)))
    return {each.id: each for each in map(record, rows)}
