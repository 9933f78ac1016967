"""Acceptance of the ledger of certificates and of notices of expiry: scoped, in order, counted as they are listed."""

from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID

import pytest

from store.applications import ApplicationRecord, Evidence
from store.certificates import CertificateRecord
from store.database import Database
from store.issued import Place, count_issued, issued_between
from store.notices import count_noticed, enter_notices, notices
from store.revocations import revoke
from tests.fixtures.records import add_application, record, reserve

MakeApplication = Callable[..., tuple[ApplicationRecord, Evidence]]
MakeCertificate = Callable[..., CertificateRecord]

BRANCHES = ("13101", "13103")
BOTH = frozenset(BRANCHES)
OURS = frozenset({"13101"})
MANY = 12


@pytest.fixture
def shelf(database: Database, application: MakeApplication, certificate: MakeCertificate, now: datetime) -> Database:
    """Twelve certificates of two branches in turn; the n-th ends after n days and was issued n minutes from now."""
    with database.transaction() as tx:
        for number in range(1, MANY + 1):
            add_application(tx, *application(number, branch=BRANCHES[number % 2]))
            made = certificate(
                number,
                application_id=UUID(int=number),
                not_after=now + timedelta(days=number),
                holder=f"holder {number // 2}",
                kind=("sign", "auth")[(number + number // 2) % 2],
            )
            reserve(tx, made)
            record(tx, "jpki-sign", number, b"signed", now + timedelta(minutes=number))
    return database


def test_ledger_lists_what_was_issued_in_a_span(shelf: Database, now: datetime) -> None:
    """The ledger of certificates: by the time of issue, counted as it is listed."""
    since, before = now + timedelta(minutes=3), now + timedelta(minutes=8)
    with shelf.snapshot() as tx:
        assert [one.serial for one in issued_between(tx, BOTH, since, before)] == [3, 4, 5, 6, 7]
        first = issued_between(tx, OURS, since, before, limit=1)[0]
        rest = issued_between(tx, OURS, since, before, after=Place(first.issued_at, first.issuer, first.serial))
        assert [first.serial, *[one.serial for one in rest]] == [4, 6]
        assert count_issued(tx, OURS, since, before) == 2


def test_notice_is_entered_once_and_for_own_certificates_alone(shelf: Database, now: datetime) -> None:
    """Lemur silenced another owner's notices (GHSA-pxmc-2ffp-8j67): here another branch's stay as they are."""
    keys = [("jpki-sign", 2), ("jpki-sign", 3), ("jpki-sign", 4), ("jpki-sign", 99)]
    with shelf.transaction() as tx:
        assert enter_notices(tx, OURS, keys, "clerk-1", now) == 2
        assert enter_notices(tx, OURS, keys, "clerk-2", now + timedelta(days=1)) == 0
        assert {key[1]: one.person for key, one in notices(tx, BOTH, keys).items()} == {2: "clerk-1", 4: "clerk-1"}
        assert notices(tx, frozenset({"13103"}), keys) == {}
        span = now, now + timedelta(days=4)
        assert [count_noticed(tx, OURS, *span, kind) for kind in (None, "sign", "auth")] == [1, 0, 1]
        revoke(tx, "jpki-sign", 2, 4, now, None, None)
        assert count_noticed(tx, OURS, *span) == 0
