"""Section 4.2, pages 15 and 16: the board of ends and the ledgers are counted from the records themselves."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from store.applications import ApplicationRecord, Evidence
from store.certificate_search import CertificateSearch, count_certificates
from store.certificates import CertificateRecord
from store.database import Database, Transaction
from store.errors import RecordRefused
from store.reservations import record_many, reserve_many
from store.revocations import hold, revoke
from store.tallies import Ending, Standing, endings, standings
from tests.fixtures.records import add_application

MakeCertificate = Callable[..., CertificateRecord]
MakeApplication = Callable[..., tuple[ApplicationRecord, Evidence]]

OURS = frozenset({"13103"})
WEEK = timedelta(weeks=1)
MONDAY = datetime(2026, 11, 22, 15, 0, tzinfo=UTC)  # midnight in Japan


def issued(
    tx: Transaction,
    certificate: MakeCertificate,
    application: MakeApplication,
    ends: list[datetime],
    branch: str = "13103",
) -> None:
    """Issue one certificate for each end, numbered from 1."""
    for number, end in enumerate(ends, 1):
        add_application(tx, *application(number, branch=branch))
        assert not reserve_many(tx, [certificate(number, application_id=UUID(int=number), not_after=end)])
        record_many(tx, [("jpki-sign", number, b"signed")], MONDAY)


def test_ends_are_counted_by_week_and_state(
    database: Database, certificate: MakeCertificate, application: MakeApplication
) -> None:
    """Page 15: a week begins at midnight in Japan as the page says; what was revoked is counted apart."""
    last = MONDAY + WEEK - timedelta(microseconds=1)
    ends = [MONDAY - timedelta(microseconds=1), MONDAY, last, MONDAY + WEEK, MONDAY + 2 * WEEK, MONDAY + 3 * WEEK]
    with database.transaction() as tx:
        issued(tx, certificate, application, ends)
        revoke(tx, "jpki-sign", 3, 4, MONDAY, None, None)
        assert endings(tx, OURS, MONDAY, 3) == (
            Ending(MONDAY, "sign", "good", 1),
            Ending(MONDAY, "sign", "revoked", 1),
            Ending(MONDAY + WEEK, "sign", "good", 1),
            Ending(MONDAY + 2 * WEEK, "sign", "good", 1),
        )
        for week in (MONDAY, MONDAY + WEEK):
            listed = CertificateSearch(ends_from=week, ends_before=week + WEEK)
            counted = sum(each.count for each in endings(tx, OURS, MONDAY, 3) if each.week == week)
            assert counted == count_certificates(tx, OURS, listed)
        assert endings(tx, frozenset({"13101"}), MONDAY, 3) == ()
        with pytest.raises(RecordRefused, match="weeks"):
            endings(tx, OURS, MONDAY, 601)


def test_every_certificate_stands_in_one_count(
    database: Database, certificate: MakeCertificate, application: MakeApplication
) -> None:
    """Page 16: the certificate ledger's numbers add up to the certificates of the branch."""
    with database.transaction() as tx:
        issued(tx, certificate, application, [MONDAY, MONDAY + WEEK, MONDAY + WEEK, MONDAY + WEEK])
        revoke(tx, "jpki-sign", 2, 4, MONDAY, None, None)
        hold(tx, "jpki-sign", 3, MONDAY, None)
        found = standings(tx, OURS, MONDAY)
        assert standings(tx, frozenset({"13101"}), MONDAY) == ()
    assert set(found) == {
        Standing("sign", "good", ended=True, count=1),
        Standing("sign", "good", ended=False, count=1),
        Standing("sign", "revoked", ended=False, count=1),
        Standing("sign", "held", ended=False, count=1),
    }
