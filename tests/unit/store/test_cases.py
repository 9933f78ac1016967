"""Design section 4: cases of the counter, moved on by numbered events, seen by their own branch alone."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import date, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import JsonValue

from store.applications import ApplicationRecord, Evidence
from store.cases import (
    CaseEvent,
    CaseRecord,
    NewCase,
    Step,
    add_event,
    applications_of,
    case,
    case_by_receipt,
    case_of_application,
    events_of,
    link_applications,
    open_case,
)
from store.counter_errors import ApplicationOfAnotherCase, CaseMoved, UnknownCase
from store.database import Database
from store.errors import RecordRefused
from tests.fixtures.records import add_application

MakeApplication = Callable[..., tuple[ApplicationRecord, Evidence]]

OURS = frozenset({"13103"})
THEIRS = frozenset({"13101"})
DAY = date(2026, 11, 23)


def new_case(number: int, now: datetime, *, branch: str = "13103") -> NewCase:
    """What a clerk enters to open a case."""
    return NewCase(UUID(int=number), branch, branch[-5:], "issue", "self", "001A", "clerk-1", now)


def opened(database: Database, number: int, now: datetime, *, branch: str = "13103", day: date = DAY) -> CaseRecord:
    """Open a case in a transaction of its own."""
    with database.transaction() as tx:
        return open_case(tx, new_case(number, now, branch=branch), day, UUID(int=1000 + number))


def event(number: int, now: datetime, *, case_id: int = 1, step: Step = "receive", **facts: JsonValue) -> CaseEvent:
    """Make the event of one step."""
    return CaseEvent(UUID(int=case_id), number, step, "clerk-1", now, facts)


def test_case_begins_at_its_first_step_with_a_receipt_number(database: Database, now: datetime) -> None:
    """A receipt number names the municipality, the day and the visitor's turn; the case waits for its first step."""
    record = opened(database, 1, now)
    assert (record.receipt, record.step, record.events) == ("R13103-261123-0001", "receive", 0)
    with database.snapshot() as tx:
        assert case(tx, OURS, UUID(int=1)) == record
        assert case_by_receipt(tx, OURS, "R13103-261123-0001") == record


def test_receipt_numbers_count_by_municipality_and_day(database: Database, now: datetime) -> None:
    """Each municipality begins each day with its number 0001; two branches of one draw from one row."""
    opened(database, 1, now)
    assert opened(database, 2, now).receipt == "R13103-261123-0002"
    assert opened(database, 3, now, branch="13101").receipt == "R13101-261123-0001"
    assert opened(database, 4, now, day=DAY + timedelta(days=1)).receipt == "R13103-261124-0001"
    assert opened(database, 5, now, branch="branch-13103").receipt == "R13103-261123-0003"


def test_form_sent_twice_opens_one_case(database: Database, now: datetime) -> None:
    """Section 4.4: a double press gives the same case and draws no second receipt number."""
    first = opened(database, 1, now)
    with database.transaction() as tx:
        assert open_case(tx, new_case(2, now), DAY, UUID(int=1001)) == first
    assert opened(database, 3, now).receipt == "R13103-261123-0002"


def test_submit_key_of_another_clerk_or_branch_gives_no_case(database: Database, now: datetime) -> None:
    """A guessed key shows nothing of another's case."""
    opened(database, 1, now)
    for other in (replace(new_case(2, now), opened_by="clerk-2"), new_case(3, now, branch="13101")):
        with pytest.raises(UnknownCase), database.transaction() as tx:
            open_case(tx, other, DAY, UUID(int=1001))


def test_event_moves_the_case_and_stays(database: Database, now: datetime) -> None:
    """What happened is kept as it was entered, Japanese included; the case stands at the next step."""
    opened(database, 1, now)
    later = now + timedelta(minutes=1)
    with database.transaction() as tx:
        add_event(tx, OURS, event(1, now, documents=["passport"]), "identify")
        moved = add_event(tx, OURS, event(2, later, step="identify", name="髙橋"), "register", deferred=True)
    assert (moved.step, moved.events, moved.updated_at, moved.deferred) == ("register", 2, later, True)
    with database.snapshot() as tx:
        assert [one.facts for one in events_of(tx, OURS, UUID(int=1))] == [
            {"documents": ["passport"]},
            {"name": "髙橋"},
        ]
        assert case(tx, OURS, UUID(int=1)) == moved


@pytest.mark.parametrize("number", [1, 3])
def test_event_with_another_number_than_the_next_is_not_entered(database: Database, now: datetime, number: int) -> None:
    """Section 4.4: two tabs on one case; the second one's step is refused and nothing of it is kept."""
    opened(database, 1, now)
    with database.transaction() as tx:
        add_event(tx, OURS, event(1, now), "identify")
    with pytest.raises(CaseMoved) as refused, database.transaction() as tx:
        add_event(tx, OURS, event(number, now, step="identify"), "register")
    assert refused.value.number == number
    with database.snapshot() as tx:
        assert len(events_of(tx, OURS, UUID(int=1))) == 1
        assert case(tx, OURS, UUID(int=1)).step == "identify"


def test_case_of_another_branch_does_not_exist(database: Database, now: datetime) -> None:
    """Every act on a foreign case ends as on one that nobody opened: UnknownCase, and nothing changes."""
    record = opened(database, 1, now)
    acts: list[Callable[..., object]] = [
        lambda tx: case(tx, THEIRS, record.id),
        lambda tx: case(tx, frozenset(), record.id),
        lambda tx: case_by_receipt(tx, THEIRS, record.receipt),
        lambda tx: events_of(tx, THEIRS, record.id),
        lambda tx: add_event(tx, THEIRS, event(1, now), "identify"),
        lambda tx: link_applications(tx, THEIRS, record.id, []),
        lambda tx: applications_of(tx, THEIRS, record.id),
        lambda tx: case(tx, OURS, UUID(int=2)),
    ]
    said = set()
    for act in acts:
        with pytest.raises(UnknownCase) as refused, database.transaction() as tx:
            act(tx)
        said.add(str(refused.value))
    assert len(said) == 1
    with database.snapshot() as tx:
        assert case(tx, OURS, record.id) == record


def test_applications_of_a_case_are_found_both_ways(
    database: Database, application: MakeApplication, now: datetime
) -> None:
    """A case leads to its applications and back; entering them twice changes nothing; another branch sees neither."""
    record = opened(database, 1, now)
    with database.transaction() as tx:
        for number in (11, 12):
            add_application(tx, *application(number, branch="13103"))
        for _ in range(2):
            link_applications(tx, OURS, record.id, [UUID(int=12), UUID(int=11)])
    with database.snapshot() as tx:
        assert [one.id.int for one in applications_of(tx, OURS, record.id)] == [11, 12]
        assert case_of_application(tx, OURS, UUID(int=11)) == record
        assert case_of_application(tx, THEIRS, UUID(int=11)) is None
        assert case_of_application(tx, OURS, UUID(int=13)) is None


def test_application_belongs_to_one_case_of_its_branch(
    database: Database, application: MakeApplication, now: datetime
) -> None:
    """An application of another case, of another branch or of nobody is not added, and nothing beside it."""
    first, second = opened(database, 1, now), opened(database, 2, now)
    with database.transaction() as tx:
        add_application(tx, *application(11, branch="13103"))
        add_application(tx, *application(12, branch="13101"))
        link_applications(tx, OURS, first.id, [UUID(int=11)])
    for number in (11, 12, 13):
        with pytest.raises(ApplicationOfAnotherCase), database.transaction() as tx:
            link_applications(tx, OURS, second.id, [UUID(int=number)])
    with database.snapshot() as tx:
        assert applications_of(tx, OURS, second.id) == ()


def test_facts_are_bounded_and_json(now: datetime) -> None:
    """Sizes are bounded before anything is kept: 32 KiB of facts; a number JSON has no form for is refused."""
    assert event(1, now, text="x" * (32 * 1024 - 11)).facts
    with pytest.raises(RecordRefused, match="facts"):
        event(1, now, text="x" * (32 * 1024 - 10))
    with pytest.raises(ValueError, match="JSON"):
        event(1, now, fee=float("nan"))


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(numbers=st.lists(st.integers(1, 6), max_size=12))
def test_events_of_any_race_are_numbered_without_a_gap(database: Database, now: datetime, numbers: list[int]) -> None:
    """Whatever numbers tabs send, what is kept is 1, 2, 3 … and the case's count is their number."""
    with database.transaction() as tx:
        nested = tx.begin_nested()
        open_case(tx, new_case(1, now), DAY, UUID(int=1001))
        for number in numbers:
            with suppress(CaseMoved):
                add_event(tx, OURS, event(number, now), "identify")
        kept = [one.number for one in events_of(tx, OURS, UUID(int=1))]
        assert kept == list(range(1, case(tx, OURS, UUID(int=1)).events + 1))
        nested.rollback()
