"""Acceptance of the operator's board: lists and queues from the database alone, numbers and nobody's record."""

from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID

import pytest

from store.applications import ApplicationRecord, Evidence
from store.certificates import CertificateRecord
from store.claims import claim, finish
from store.crls import CRLRecord, PublicationRequest, record_crl, request_publication
from store.database import Database
from store.operation import Lists, Queue, lists_of, queues
from tests.fixtures.records import add_application, add_evidence, reserve

MakeApplication = Callable[..., tuple[ApplicationRecord, Evidence]]
MakeCertificate = Callable[..., CertificateRecord]
Sign = Callable[..., Evidence]
DAY = timedelta(days=1)


def crl(partition: str, number: int, now: datetime, authority: str = "jpki-sign-g1") -> CRLRecord:
    """A list of ten times its number of entries, good for two days."""
    return CRLRecord(authority, "jpki-sign", partition, b"x", number, now, now + 2 * DAY, bytes(32), 1000, number * 10)


def test_lists_are_summed_up_by_the_newest_of_each_partition(
    database: Database, certificate: MakeCertificate, now: datetime
) -> None:
    """How many partitions and lists, the oldest, the one that ends first, the highest number, what is overdue."""
    with database.transaction() as tx:
        for number, partition in enumerate(["13101", "13103", "13104"], 1):
            reserve(tx, certificate(number, partition=partition))
        for one in (crl("13101", 1, now - 5 * DAY), crl("13101", 4, now), crl("13103", 2, now - 3 * DAY)):
            record_crl(tx, one)
        record_crl(tx, crl("13101", 4, now, "jpki-sign-g2"))
        assert lists_of(tx, "jpki-sign-g1", now) == Lists(
            "jpki-sign-g1", 3, 2, now - 3 * DAY, now - DAY, number=4, entries=60, overdue=1
        )
        assert lists_of(tx, "lgpki-org-g1", now) == Lists("lgpki-org-g1", 0, 0, None, None, 0, 0, 0)


@pytest.fixture
def waiting(database: Database, application: MakeApplication, signature: Sign, now: datetime) -> Database:
    """One that waits for its approval, two for the signer, one parked, one expired; and one list asked for."""
    with database.transaction() as tx:
        for number in range(1, 6):
            expires = now + (timedelta(seconds=1) if number == 5 else DAY)
            add_application(tx, *application(number, expires_at=expires))
            if number in (2, 3, 4):
                add_evidence(tx, signature(UUID(int=number), "approval", "approver-1"))
        (taken,) = claim(tx, "signer-1", b"t" * 16, now, timedelta(minutes=5), 1)
        finish(tx, taken.id, b"t" * 16, "parked", "test.failed", now)
        request_publication(tx, PublicationRequest(UUID(int=1), "jpki-sign", None, "operator", now))
    return database


def test_queues_are_counted_with_the_age_of_their_oldest(waiting: Database, now: datetime) -> None:
    """What is expired waits for nothing."""
    later = now + timedelta(minutes=10)
    with waiting.snapshot() as tx:
        assert queues(tx, later) == (
            Queue("approval", 1, now),
            Queue("signer", 2, now),
            Queue("parked", 1, now),
            Queue("lists", 1, now),
        )
