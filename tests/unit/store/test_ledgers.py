"""Acceptance of the counter's ledgers: what happened at a step, in order, of the officer's branches, counted alike."""

from datetime import date, datetime, timedelta
from uuid import UUID

import pytest

from store.cases import CaseEvent, NewCase, add_event, open_case
from store.database import Database
from store.ledgers import Ending, count_entered, entered

BOTH = frozenset({"13101", "13103"})
OURS = frozenset({"13101"})
HANDED_OVER = Ending("hand-over", "received")
FINISH = {"fee": 200, "received": True}


@pytest.fixture
def counters(database: Database, now: datetime) -> Database:
    """Six cases of two branches in turn, each received and handed over, a minute apart."""
    with database.transaction() as tx:
        for number in range(6):
            branch = ("13101", "13103")[number % 2]
            new = NewCase(UUID(int=number + 1), branch, branch, "issue", "self", "001A", "clerk-1", now)
            case = open_case(tx, new, date(2026, 11, 23), UUID(int=100 + number))
            at = now + timedelta(minutes=number)
            add_event(tx, BOTH, CaseEvent(case.id, 1, "receive", "clerk-1", at, {}), "hand-over")
            add_event(
                tx, BOTH, CaseEvent(case.id, 2, "hand-over", "clerk-1", at, {"fee": 200, "received": True}), "closed"
            )
    return database


@pytest.mark.parametrize("limit", [1, 2, 100])
def test_ledger_runs_through_the_span_once(counters: Database, now: datetime, limit: int) -> None:
    """First first, page by page; the last moment is not part of the span; the count is what is listed."""
    since, before = now, now + timedelta(minutes=5)
    found, after = [], None
    with counters.snapshot() as tx:
        while part := entered(tx, OURS, HANDED_OVER, since, before, after=after, limit=limit):
            found += [one.case.id.int for one in part]
            after = part[-1].place
        assert found == [1, 3, 5]
        assert count_entered(tx, OURS, HANDED_OVER, since, before) == 3
        assert count_entered(tx, BOTH, HANDED_OVER, since, before) == 5


def test_line_carries_its_case_and_facts(counters: Database, now: datetime) -> None:
    """The log of hand-overs shows receipt, fee and who handed over."""
    with counters.snapshot() as tx:
        line = entered(tx, OURS, HANDED_OVER, now, now + timedelta(minutes=1))[0]
    assert (line.case.receipt, line.event.facts, line.event.person) == (
        "R13101-261123-0001",
        {"fee": 200, "received": True},
        "clerk-1",
    )


def test_what_happens_at_a_step_without_ending_it_is_no_line(counters: Database, now: datetime) -> None:
    """A failed hand-over that is withdrawn, with words that look like a fact, was handed over to nobody."""
    with counters.transaction() as tx:
        new = NewCase(UUID(int=7), "13101", "13101", "issue", "self", "001A", "clerk-1", now)
        case = open_case(tx, new, date(2026, 11, 23), UUID(int=107))
        add_event(tx, BOTH, CaseEvent(case.id, 1, "receive", "clerk-1", now, {}), "hand-over")
        typed = {"reason": 'no card, "received":true', "withdrawn": True}
        add_event(tx, BOTH, CaseEvent(case.id, 2, "hand-over", "clerk-1", now, typed), "closed")
        minute = timedelta(minutes=1)
        assert [one.case.id.int for one in entered(tx, OURS, HANDED_OVER, now, now + minute)] == [1]
        assert count_entered(tx, OURS, HANDED_OVER, now, now + minute) == 1
