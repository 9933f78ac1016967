"""Section 4.2, pages 15 and 16: the board of ends and the ledgers are counted from the records themselves."""

from collections import Counter
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest

from store.applications import ApplicationRecord, Evidence, add_application
from store.cases import CaseEvent, CaseKind, NewCase, add_event, open_case
from store.certificate_search import CertificateSearch, count_certificates
from store.certificates import CertificateRecord
from store.database import Database, Transaction
from store.errors import RecordRefused
from store.ledgers import count_entered
from store.reservations import record_many, reserve_many
from store.status import hold, revoke
from store.tallies import DayCount, Ending, Standing, endings, hand_overs_by_day, standings

MakeCertificate = Callable[..., CertificateRecord]
MakeApplication = Callable[..., tuple[ApplicationRecord, Evidence]]

OURS = frozenset({"13103"})
WEEK = timedelta(weeks=1)
MONDAY = datetime(2026, 11, 22, 15, 0, tzinfo=UTC)  # midnight in Japan
DAY = date(2026, 11, 23)


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


def test_hand_overs_are_counted_by_day_and_kind(database: Database) -> None:
    """Page 16: a day of the hand-over ledger (交付記録簿) is one of Japan, and its count is the ledger's lines."""

    def handed(tx: Transaction, number: int, at: datetime, branch: str = "13103") -> tuple[date, CaseKind]:
        """Hand one case over at that time, after its reception; the day and the kind it counts under."""
        kind: CaseKind = "renew" if number % 2 else "issue"
        new = NewCase(UUID(int=number), branch, branch, kind, "self", "001A", "clerk-1", at)
        opened = open_case(tx, new, DAY, UUID(int=1000 + number))
        ours = frozenset({branch})
        add_event(tx, ours, CaseEvent(opened.id, 1, "receive", "clerk-1", at, {}), "hand-over")
        add_event(tx, ours, CaseEvent(opened.id, 2, "hand-over", "clerk-2", at, {}), "closed")
        return DAY + (at - MONDAY) // timedelta(days=1) * timedelta(days=1), kind

    with database.transaction() as tx:
        made = Counter(handed(tx, number, MONDAY + timedelta(hours=6 * (number // 2))) for number in range(1, 12))
        handed(tx, 20, MONDAY, branch="13101")
        handed(tx, 21, MONDAY - timedelta(microseconds=1))
        handed(tx, 22, MONDAY + timedelta(days=2))
        counted = hand_overs_by_day(tx, OURS, DAY, DAY + timedelta(days=1))
        lines = count_entered(tx, OURS, "hand-over", MONDAY, MONDAY + timedelta(days=2))
    assert counted == tuple(DayCount(day, kind, count) for (day, kind), count in sorted(made.items()))
    assert lines == sum(each.count for each in counted)
