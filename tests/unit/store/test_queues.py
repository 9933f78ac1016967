"""Acceptance of queues: what a page counts is what it lists, for every filter, page size and set of branches."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import get_args
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from store.applications import ApplicationRecord, Evidence
from store.cases import CaseEvent, CaseKind, CaseRecord, NewCase, Step, Visitor, add_event, open_case
from store.database import Database, Transaction
from store.errors import RecordRefused
from store.queues import CaseFilter, count_cases, count_waiting, find_cases, waiting_approvals
from tests.fixtures.records import add_application, add_evidence

MakeApplication = Callable[..., tuple[ApplicationRecord, Evidence]]
Sign = Callable[..., Evidence]

DAYS = (date(2026, 11, 20), date(2026, 11, 23))
BRANCHES = ("13101", "13103", "13104")
STEPS: tuple[Step, ...] = get_args(Step)
KINDS: tuple[CaseKind, ...] = get_args(CaseKind)
VISITORS: tuple[Visitor, ...] = get_args(Visitor)
CASES = 60

maybe = st.none() | st.booleans()
filters = st.builds(
    CaseFilter,
    step=st.none() | st.sampled_from(STEPS),
    kind=st.none() | st.sampled_from(KINDS),
    opened_by=st.none() | st.sampled_from(["clerk-0", "clerk-1", "nobody"]),
    deferred=maybe,
    open=maybe,
    window=st.none() | st.sampled_from(["001A", "002B"]),
    day=st.none() | st.sampled_from(DAYS),
)
scopes = st.frozensets(st.sampled_from([*BRANCHES, "27100"]))


def many_cases(tx: Transaction, now: datetime) -> list[CaseRecord]:
    """Open cases of all kinds in three branches and leave each at another step, some deferred."""
    made = []
    for number in range(CASES):
        new = NewCase(
            UUID(int=number + 1),
            BRANCHES[number % 3],
            "13101",
            KINDS[number % 6],
            VISITORS[number % 2],
            ("001A", "002B")[number % 4 // 2],
            f"clerk-{number % 2}",
            now,
        )
        opened = open_case(tx, new, DAYS[number % 5 // 4], UUID(int=1000 + number))
        moved = CaseEvent(opened.id, 1, "receive", "clerk-1", now, {})
        step = STEPS[number % len(STEPS)]
        made.append(add_event(tx, frozenset({new.branch}), moved, step, deferred=number % 7 == 0))
    return made


def fits(record: CaseRecord, wanted: CaseFilter) -> bool:
    """Tell by plain reading whether a case is wanted."""
    is_open = record.step != "closed"
    said = (record.step, record.kind, record.opened_by, record.deferred, is_open, record.window, record.day)
    asked = (wanted.step, wanted.kind, wanted.opened_by, wanted.deferred, wanted.open, wanted.window, wanted.day)
    return all(want is None or want == is_so for want, is_so in zip(asked, said, strict=True))


def test_lists_hold_what_was_asked_and_counts_equal_them(database: Database, now: datetime) -> None:
    """For every filter and scope: the pages together are the cases wanted, newest first, and the count is theirs."""
    with database.transaction() as tx:
        made = many_cases(tx, now)

    @settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(wanted=filters, branches=scopes, limit=st.integers(1, 70))
    def holds(wanted: CaseFilter, branches: frozenset[str], limit: int) -> None:
        with database.snapshot() as tx:
            found: list[CaseRecord] = []
            while part := find_cases(tx, branches, wanted, before=found[-1].id if found else None, limit=limit):
                found += part
            assert count_cases(tx, branches, wanted) == len(found)
        expected = [one for one in made if one.branch in branches and fits(one, wanted)]
        assert found == sorted(expected, key=lambda one: one.id, reverse=True)

    holds()


def test_counting_stops_where_it_is_told(database: Database, now: datetime) -> None:
    """A count above the bound says so by the bound itself, and costs no more than that."""
    with database.transaction() as tx:
        many_cases(tx, now)
        assert count_cases(tx, frozenset(BRANCHES), CaseFilter(), most=7) == 7


def test_page_and_scope_are_bounded(database: Database) -> None:
    """No request makes a statement of any size: 1 to 1,000 rows of at most 10,000 branches named by plain words."""
    with database.snapshot() as tx:
        for limit in (0, 1001):
            with pytest.raises(RecordRefused, match="limit"):
                find_cases(tx, frozenset({"13101"}), CaseFilter(), limit=limit)
        for branches in (frozenset(map(str, range(10_001))), frozenset({"' OR 1=1"})):
            with pytest.raises(RecordRefused, match="branch"):
                find_cases(tx, branches, CaseFilter())


@pytest.mark.parametrize("others", [0, 196, 197, 2000])
def test_very_many_branches_give_the_same_list(database: Database, now: datetime, others: int) -> None:
    """A page joined branch by branch and one sorted by the database are alike: of a prefecture, of the country."""
    with database.transaction() as tx:
        made = many_cases(tx, now)
        everywhere = frozenset(BRANCHES) | {f"{number:05}" for number in range(others)}
        assert find_cases(tx, everywhere, CaseFilter(), limit=CASES) == tuple(reversed(made))
        assert count_cases(tx, everywhere, CaseFilter()) == CASES


def test_queue_holds_what_only_approvals_are_missing_from(
    database: Database, application: MakeApplication, signature: Sign, now: datetime
) -> None:
    """Waiting: open, unexpired, examined, not yet approved, of these branches; oldest first; the count is the same."""
    with database.transaction() as tx:
        for number in range(1, 6):
            add_application(tx, *application(number, branch="13103"))
        add_application(tx, *application(6, branch="13103", examinations=1))
        add_application(tx, *application(7, branch="13103", examinations=1))
        add_evidence(tx, signature(UUID(int=7), "examination", "examiner-1"))
        add_application(tx, *application(8, branch="13101"))
        add_application(tx, *application(9, branch="13103", expires_at=now))
        add_evidence(tx, signature(UUID(int=2), "approval", "approver-1"))
    with database.snapshot() as tx:
        ours = frozenset({"13103"})
        found = waiting_approvals(tx, ours, now)
        assert [one.id.int for one in found] == [1, 3, 4, 5, 7]
        assert count_waiting(tx, ours, now) == 5
        assert waiting_approvals(tx, ours, now, after=found[1].id, limit=2) == found[2:4]
        both = frozenset({"13101", "13103"})
        assert [one.id.int for one in waiting_approvals(tx, both, now)] == [1, 3, 4, 5, 7, 8]
        assert waiting_approvals(tx, frozenset(), now) == ()
        assert count_waiting(tx, ours, now + timedelta(days=2)) == 0
