"""Bringing a case over a step: the one way in which its pages write it down."""

from datetime import datetime

from ra.errors import PageError
from ra.records import Record
from ra.scope import Scope
from ra.workflow import following
from store.cases import CaseEvent, CaseRecord, Step, add_event
from store.counter_errors import CaseMoved
from store.database import Transaction

__all__ = ["demand", "enter"]


def demand(case: CaseRecord, step: Step) -> None:
    """See that a case is at that step. PageError E-1003 when it is not: another tab or person has moved it."""
    if case.step != step:
        raise PageError("E-1003", {"receipt": case.receipt})


def enter(
    tx: Transaction,
    scope: Scope,
    case: CaseRecord,
    record: Record,
    now: datetime,
    *,
    to: Step | None = None,
    deferred: bool = False,
) -> CaseRecord:
    """Write the event of the record's step and move the case to the step after its own, or to the step `to`.

    A case that goes on is not deferred any more. PageError E-1003 when somebody else was quicker: nothing was written
    then.
    """
    step = record.step or case.step
    event = CaseEvent(case.id, case.events + 1, step, scope.person, now, record.facts)
    try:
        return add_event(tx, scope.branches, event, to or following(case.kind, event.step), deferred=deferred)
    except CaseMoved:
        raise PageError("E-1003", {"receipt": case.receipt}) from None
