"""Whom an application is about: by the facts of its certificate, folded for the search."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from pydantic import JsonValue

from ca.application import Application, Proof, canonical, digest
from ca.people import enter_missing, person_of
from store.applications import ApplicationRecord, Evidence
from store.database import Database
from store.people import PersonEntry, PersonFilter, enter_people, search_people
from tests.fixtures.records import add_application

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


def application(number: int, facts: dict[str, JsonValue]) -> Application:
    """An application for a certificate with these facts."""
    return Application(
        deployment="test",
        action="issue",
        id=UUID(int=number),
        salt=bytes(16),
        authority="jpki-sign-g1",
        authority_key_hash=bytes(32),
        profile="resident-sign",
        profile_digest=bytes(32),
        holder=bytes(32),
        kind="sign",
        branch="13103",
        requester="reception-1",
        created_at=NOW,
        expires_at=NOW + timedelta(days=1),
        facts=facts,
        subject_key=b"key",
        proof=Proof("challenge", b"signature"),
    )


def saved(database: Database, made: Application) -> None:
    """Save an application as an older release did: without an entry for the search."""
    record = ApplicationRecord(
        made.id,
        made.action,
        made.authority,
        made.profile,
        made.holder,
        made.kind,
        made.branch,
        canonical(made),
        digest(made),
        0,
        1,
        made.requester,
        made.created_at,
        made.expires_at,
    )
    with database.transaction() as tx:
        add_application(tx, record, Evidence(made.id, "submission", "reception-1", "key", "key", b"s", bytes(32), NOW))


def test_resident_is_found_by_the_name_in_the_register() -> None:
    """The name stands as the register writes it; the keys, and what the counter knows beside it, are for finding."""
    made = application(1, {"name": "髙橋　花子", "birth_date": "1990-01-00", "municipality": "13103"})
    assert person_of(made, kana="たかはし はなこ", card=bytes(32), case_id=UUID(int=9)) == PersonEntry(
        id=made.id,
        subject="application",
        branch="13103",
        name="髙橋　花子",
        name_key="高橋花子",
        kana_key="タカハシハナコ",
        birth_date="1990-01-00",
        card=bytes(32),
        case_id=UUID(int=9),
    )


@pytest.mark.parametrize(
    ("facts", "name"),
    [
        ({"post": "mayor", "post_ja": "港区長"}, "港区長"),
        ({"user_id": "u-1", "user_ja": "山田 太郎", "post_ja": "係長"}, "山田 太郎"),
        ({"dns_names": ["www.city.example", "city.example"]}, "www.city.example"),
        ({"email": "office@city.example"}, "office@city.example"),
    ],
)
def test_staff_is_found_by_what_officers_call_it(facts: dict[str, JsonValue], name: str) -> None:
    """A post, a user or a server has no birth date, and its Japanese name comes first."""
    entry = person_of(application(1, facts))
    assert entry is not None
    assert (entry.name, entry.birth_date, entry.kana_key) == (name, None, None)


def test_what_names_nobody_has_no_entry() -> None:
    """An application about a certificate has its person by that one's application; some facts name nobody."""
    assert person_of(application(1, {"body": "13103"})) is None
    revocation = replace(
        application(1, {"name": "山田"}),
        action="revoke",
        subject_key=None,
        proof=None,
        target=("jpki-sign", 1),
        reason=4,
    )
    assert person_of(revocation) is None


def test_applications_of_an_older_release_are_entered_once(database_url: str) -> None:
    """After an upgrade every application for a certificate is found; what the counter entered stays as it is."""
    database = Database(database_url, "owner")
    try:
        for number, name in enumerate(("山田", "髙橋", "佐藤"), 1):
            saved(database, application(number, {"name": name}))
        saved(database, application(4, {"body": "13103"}))
        counter = PersonEntry(UUID(int=1), "application", "13103", "山田", "山田", "ヤマダ")
        with database.transaction() as tx:
            enter_people(tx, [counter])
        assert enter_missing(database) == 2
        assert enter_missing(database) == 0
        with database.snapshot() as tx:
            ours = frozenset({"13103"})
            assert search_people(tx, ours, PersonFilter(name_key="山"), subject="application") == (counter,)
            assert len(search_people(tx, ours, PersonFilter(name_key="高橋"), subject="application")) == 1
    finally:
        database.close()
