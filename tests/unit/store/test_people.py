"""Section 4.2, page 10: people are found by the beginning of a name, by birth date and card, in their branch alone."""

from collections.abc import Callable
from dataclasses import replace
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from store.applications import ApplicationRecord, Evidence
from store.database import Database
from store.errors import RecordRefused
from store.people import PersonEntry, PersonFilter, enter_people, nobody_entered, people_of, search_people
from tests.fixtures.records import add_application

MakeApplication = Callable[..., tuple[ApplicationRecord, Evidence]]

BRANCHES = ("13101", "13103")
KEYS = ("佐藤", "佐藤花子", "佐々木", "𠮷田", "山田", "\uffee田", "サトウ")
BORN = ("1980-01-01", "1990-12-31", None)
PEOPLE = [
    PersonEntry(
        id=UUID(int=number + 1),
        subject="case" if number % 5 == 0 else "application",
        branch=BRANCHES[number % 2],
        name=KEYS[number % 7],
        name_key=KEYS[number % 7],
        kana_key=("サトウ", "サトウハナコ", "ヨシダ", None)[number % 4],
        birth_date=BORN[number % 3],
        card=bytes([number % 11]) * 32,
    )
    for number in range(120)
]
beginnings = st.none() | st.sampled_from(["佐", "佐藤", "𠮷", "サ", "サトウハ", "\uffee", "木"])
cards = st.none() | st.integers(0, 12).map(lambda number: bytes([number]) * 32)
scopes = st.frozensets(st.sampled_from([*BRANCHES, "27100"]))
OURS = frozenset({"13103"})


def fits(person: PersonEntry, wanted: PersonFilter) -> bool:
    """Tell by plain reading whether a person is wanted."""
    return (
        person.name_key.startswith(wanted.name_key or "")
        and (wanted.kana_key is None or (person.kana_key or "").startswith(wanted.kana_key))
        and wanted.birth_date in (None, person.birth_date)
        and wanted.card in (None, person.card)
    )


def test_pages_hold_exactly_who_was_asked_for(database: Database) -> None:
    """For every search and scope: the pages together are those people, each once, in the order of their keys.

    Order is by code point on both engines, beyond the Basic Multilingual Plane too.
    """
    with database.transaction() as tx:
        enter_people(tx, PEOPLE)

    @settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(
        asked=st.tuples(beginnings, beginnings, st.sampled_from(BORN), cards).filter(any),
        branches=scopes,
        subject=st.sampled_from(["case", "application"]),
        limit=st.integers(1, 60),
    )
    def holds(asked: tuple[str, str, str, bytes], branches: frozenset[str], subject: str, limit: int) -> None:
        wanted = PersonFilter(*asked)
        found: list[PersonEntry] = []
        with database.snapshot() as tx:
            while part := search_people(
                tx,
                branches,
                wanted,
                subject="case" if subject == "case" else "application",
                after=found[-1].id if found else None,
                limit=limit,
            ):
                found += part
        expected = [one for one in PEOPLE if one.branch in branches and one.subject == subject and fits(one, wanted)]
        assert found == sorted(expected, key=lambda one: (getattr(one, wanted.order), one.id))

    holds()


def test_everybody_is_nobodys_search() -> None:
    """Who asks for nobody leafs through nobody."""
    with pytest.raises(RecordRefused, match="search"):
        PersonFilter(name_key="", kana_key="")


def test_page_after_a_foreign_entry_is_empty(database: Database) -> None:
    """An id of another branch as the end of a page tells nothing, not even by what comes after it."""
    foreign = next(one for one in PEOPLE if one.branch == "13101" and one.subject == "application")
    with database.transaction() as tx:
        enter_people(tx, PEOPLE)
        wanted = PersonFilter(name_key="佐")
        assert search_people(tx, OURS, wanted, subject="application", after=foreign.id) == ()
        assert search_people(tx, OURS, wanted, subject="application")


def test_entry_is_corrected_and_its_branch_is_not(database: Database) -> None:
    """A typing error is corrected: the old name finds nobody; an entry never moves to another branch."""
    first = PersonEntry(UUID(int=1), "application", "13103", "髙橋", "高橋", "タカハシ", "1980-01-01")
    with database.transaction() as tx:
        enter_people(tx, [first])
        enter_people(tx, [replace(first, name="高梨", name_key="高梨", branch="13101")])
        assert search_people(tx, OURS, PersonFilter(name_key="高橋"), subject="application") == ()
        found = search_people(tx, OURS, PersonFilter(name_key="高"), subject="application")
    assert found == (replace(first, name="高梨", name_key="高梨"),)


def test_people_of_a_list_are_given_by_id(database: Database) -> None:
    """A list shows whom its rows are about; rows of other branches show nobody."""
    with database.transaction() as tx:
        enter_people(tx, PEOPLE)
        ids = [PEOPLE[0].id, PEOPLE[1].id, UUID(int=999)]
        assert people_of(tx, OURS, ids) == {PEOPLE[1].id: PEOPLE[1]}
        assert set(people_of(tx, frozenset(BRANCHES), ids)) == set(ids[:2])


def test_applications_without_an_entry_are_told(database: Database, application: MakeApplication) -> None:
    """What an older release saved is found, so that it can be entered; what has its entry is not told again."""
    with database.transaction() as tx:
        for number in (1, 2, 3):
            add_application(tx, *application(number))
        enter_people(tx, [replace(PEOPLE[1], id=UUID(int=2))])
        assert [one.id.int for one in nobody_entered(tx, after=None)] == [1, 3]
        assert [one.id.int for one in nobody_entered(tx, after=UUID(int=1))] == [3]


def test_sizes_are_bounded() -> None:
    """No key is longer than a name can be, and a card is a hash, never its number."""
    with pytest.raises(RecordRefused, match="name_key"):
        replace(PEOPLE[0], name_key="山" * 201)
    with pytest.raises(RecordRefused, match="card"):
        replace(PEOPLE[0], card=b"123456789012")
