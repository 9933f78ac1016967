"""Design section 3: officers get the list of what they signed from the signer."""

from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID

from store.applications import ApplicationRecord, Evidence
from store.claims import claim, finish
from store.database import Database
from store.signatures import SignedRow, note_signatures, signed_by
from tests.fixtures.records import add_application, add_evidence

MakeApplication = Callable[..., tuple[ApplicationRecord, Evidence]]
Sign = Callable[..., Evidence]
TOKEN = b"t" * 16


def finished(database: Database, pair: tuple[ApplicationRecord, Evidence], approval: Evidence, at: datetime) -> None:
    """Carry one application through: submitted, approved, claimed, done."""
    with database.transaction() as tx:
        add_application(tx, *pair)
        add_evidence(tx, approval)
        claim(tx, "signer-1", TOKEN, at, timedelta(minutes=5), 5)
        finish(tx, pair[0].id, TOKEN, "done", "issued", at)


def test_every_signature_on_an_ended_application_is_listed(
    database: Database, application: MakeApplication, signature: Sign, now: datetime
) -> None:
    """Submitter and approver each find their signature with the outcome; who signed nothing finds nothing."""
    finished(database, application(1), signature(UUID(int=1), "approval", "approver-1"), now)
    with database.snapshot() as tx:
        assert signed_by(tx, "approver-1") == (
            SignedRow(UUID(int=1), "approval", "approver-1", "approver-1-key", bytes(32), now, "issued", now),
        )
        assert [one.role for one in signed_by(tx, "clerk-1")] == ["submission"]
        assert signed_by(tx, "examiner-1") == ()


def test_nothing_is_listed_before_the_signer_has_ended_it(
    database: Database, application: MakeApplication, signature: Sign, now: datetime
) -> None:
    """The list is the signer's word, so what nobody ended is not in it."""
    with database.transaction() as tx:
        add_application(tx, *application(1))
        add_evidence(tx, signature(UUID(int=1), "approval", "approver-1"))
        claim(tx, "signer-1", TOKEN, now, timedelta(minutes=5), 5)
        assert signed_by(tx, "approver-1") == ()


def test_pages_run_from_the_newest_to_the_oldest(
    database: Database, application: MakeApplication, signature: Sign, now: datetime
) -> None:
    """Keyset pages: each signature stands on one page, also where many ended at the same time."""
    for number in range(1, 8):
        approval = signature(UUID(int=number), "approval", "approver-1")
        finished(database, application(number), approval, now + timedelta(seconds=number // 3))
    with database.snapshot() as tx:
        found: list[SignedRow] = []
        while part := signed_by(tx, "approver-1", before=found[-1].place if found else None, limit=2):
            found += part
    assert [one.application_id.int for one in found] == [7, 6, 5, 4, 3, 2, 1]


def test_what_was_noted_once_stays(
    database: Database, application: MakeApplication, signature: Sign, now: datetime
) -> None:
    """A row opened again behind the signer's back and ended otherwise neither stops it nor rewrites the list."""
    finished(database, application(1), signature(UUID(int=1), "approval", "approver-1"), now)
    with database.transaction() as tx:
        note_signatures(tx, [UUID(int=1)], "store.application-used", now + timedelta(hours=1))
        assert [one.outcome for one in signed_by(tx, "approver-1")] == ["issued"]
