"""The trail replayed: what it says was done is what status table and journal say now."""

from collections.abc import Callable, Mapping
from datetime import datetime

import pytest
from sqlalchemy import text

from store.audit import AuditChain, Fact
from store.certificates import CertificateRecord
from store.database import Database, Transaction
from store.replay import Difference, replay
from store.reservations import reserve_many
from store.revocations import hold, release, revoke
from tests.fixtures.records import abandon, record, reserve

Make = Callable[..., CertificateRecord]
ISSUER = "jpki-sign"
CHAIN = AuditChain("signer-1", "signer", "test")


def say(tx: Transaction, event: str, serial: int, now: datetime, **more: Fact) -> None:
    """One entry about a certificate."""
    facts: Mapping[str, Fact] = {"issuer": ISSUER, "serial": f"{serial:02x}", **more}
    CHAIN.append(tx, f"certificate.{event}", facts, now)


@pytest.fixture
def told(database: Database, certificate: Make, now: datetime) -> Database:
    """Certificates 1 good, 2 revoked, 3 on hold, 4 released, 5 abandoned, and a trail that says all of it."""
    with database.transaction() as tx:
        reserve_many(tx, [certificate(serial) for serial in range(1, 6)])
        for serial in range(1, 5):
            record(tx, ISSUER, serial, b"signed", now)
            say(tx, "issued", serial, now, application=f"a{serial}")
        revoke(tx, ISSUER, 2, 1, now, None, None)
        say(tx, "revoked", 2, now)
        for serial in (3, 4):
            hold(tx, ISSUER, serial, now, None)
            say(tx, "held", serial, now)
        release(tx, ISSUER, 4, now, None)
        say(tx, "released", 4, now)
        abandon(tx, ISSUER, 5, now)
        say(tx, "abandoned", 5, now)
    return database


def opened(database: Database, *statements: str) -> None:
    """Write as the owner of the database can, past its guards."""
    guards = {"status": ("status_update", "status_delete"), "revocation_journal": ("revocation_journal_delete",)}
    with database.transaction() as tx:
        for table, names in guards.items():
            for name in names:
                on = f" ON {table}" if database.dialect == "postgresql" else ""
                tx.execute(text(f"DROP TRIGGER IF EXISTS {name}{on}"))
        for statement in statements:
            tx.execute(text(statement))


def test_a_true_database_has_no_differences(told: Database) -> None:
    """LOG-1: trail, status table and journal agree on every certificate."""
    with told.snapshot() as tx:
        found = replay(tx)
    assert (found.differences, found.repeated) == ((), ())


def test_a_revocation_removed_from_journal_and_table_is_found(told: Database) -> None:
    """LOG-1: without journal row and with a good status row nothing but the trail remembers the revocation."""
    opened(
        told,
        "DELETE FROM revocation_journal",
        "UPDATE status SET state = 0, revoked_at = NULL, reason = NULL, step = 0 WHERE state = 1",
    )
    with told.snapshot() as tx:
        found = {one.serial: one for one in replay(tx).differences}
    assert found[2] == Difference(ISSUER, 2, "revoked", "good", "status-differs")
    assert found[5].defect == "status-differs"
    assert found[3] == Difference(ISSUER, 3, "held", "held", "journal-differs")


def test_a_status_row_removed_is_found(told: Database) -> None:
    """LOG-1: what was issued has a status."""
    opened(told, "DELETE FROM status WHERE state = 0")
    with told.snapshot() as tx:
        found = replay(tx).differences
    assert Difference(ISSUER, 1, "good", None, "status-differs") in found


def test_a_certificate_that_the_trail_does_not_know_is_found(told: Database, certificate: Make, now: datetime) -> None:
    """LOG-1: a status nobody accounts for was inserted behind our back."""
    with told.transaction() as tx:
        reserve(tx, certificate(9))
        record(tx, ISSUER, 9, b"signed", now)
    with told.snapshot() as tx:
        assert replay(tx).differences == (Difference(ISSUER, 9, None, "good", "not-in-trail"),)


def test_an_application_carried_out_twice_is_found(told: Database, certificate: Make, now: datetime) -> None:
    """Design section 3: an application is used once, and the trail shows if it was not."""
    with told.transaction() as tx:
        reserve(tx, certificate(9))
        record(tx, ISSUER, 9, b"signed", now)
        say(tx, "issued", 9, now, application="a1")
    with told.snapshot() as tx:
        assert replay(tx).repeated == ("a1",)


def test_the_report_is_bounded(told: Database) -> None:
    """A database whose status table is gone yields as many defects as asked for, and no more."""
    opened(told, "DELETE FROM status")
    with told.snapshot() as tx:
        assert len(replay(tx, most=2).differences) == 2


def test_entries_that_cannot_be_read_count_for_nothing(told: Database, now: datetime) -> None:
    """An edited entry is reported as changed by the chain; here it does not end the replay."""
    with told.transaction() as tx:
        CHAIN.append(tx, "certificate.revoked", {"issuer": ISSUER, "serial": "xyz"}, now)
    with told.snapshot() as tx:
        assert replay(tx).differences == ()
