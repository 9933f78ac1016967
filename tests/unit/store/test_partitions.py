"""Partitions: bound to their distribution point, published as long as RFC 5280 section 3.3 needs them."""

from collections.abc import Callable
from datetime import datetime, timedelta

from store.certificates import CertificateRecord, reserve, reserve_many
from store.crls import CRLRecord, record_crl
from store.database import Database
from store.partitions import open_partition, partitions

Make = Callable[..., CertificateRecord]
ISSUER = "jpki-sign"


def codes(database: Database, now: datetime) -> list[str]:
    """Give the partitions that need a list."""
    with database.snapshot() as tx:
        return [one.code for one in partitions(tx, ISSUER, now)]


def publish(database: Database, at: datetime, partition: str = "13101") -> None:
    """Record a list dated ``at``."""
    with database.transaction() as tx:
        number = int(at.timestamp())
        record_crl(tx, CRLRecord("jpki-sign-g1", ISSUER, partition, number, at, at, bytes(32), 1, 0))


def test_first_certificate_opens_its_partition_with_its_own_bytes(
    database: Database, certificate: Make, now: datetime
) -> None:
    """CRL-5: the list's distribution point is the certificates' own, byte for byte."""
    with database.transaction() as tx:
        reserve(tx, certificate(1, distribution_point=b"\xa0\x03DER"))
        (found,) = partitions(tx, ISSUER, now)
    assert (found.code, found.distribution_point) == ("13101", b"\xa0\x03DER")


def test_partition_lasts_as_long_as_its_longest_certificate(
    database: Database, certificate: Make, now: datetime
) -> None:
    """The end of a partition is the latest notAfter in it, in whatever order certificates came."""
    with database.transaction() as tx:
        reserve_many(tx, [certificate(1, not_after=now + timedelta(days=9)), certificate(2, not_after=now)])
        reserve(tx, certificate(3, not_after=now + timedelta(days=5)))
        (found,) = partitions(tx, ISSUER, now)
    assert found.last_not_after == now + timedelta(days=9)


def test_partition_is_published_until_one_list_after_its_last_certificate(
    database: Database, certificate: Make, now: datetime
) -> None:
    """Design section 7: one list dated past the last end, then none."""
    end = now + timedelta(days=10)
    with database.transaction() as tx:
        reserve(tx, certificate(1, not_after=end))
    publish(database, end)
    later = end + timedelta(days=1)
    assert codes(database, end) == ["13101"]
    assert codes(database, later) == ["13101"]
    publish(database, later)
    assert codes(database, later + timedelta(days=1)) == []


def test_opened_partition_is_published_before_its_first_certificate(
    database: Database, certificate: Make, now: datetime
) -> None:
    """A new authority publishes its empty list; opening twice changes nothing, and a certificate may follow."""
    with database.transaction() as tx:
        assert open_partition(tx, ISSUER, "all", b"point")
        assert not open_partition(tx, ISSUER, "all", b"other")
    publish(database, now, "all")
    assert codes(database, now + timedelta(days=400)) == ["all"]
    with database.transaction() as tx:
        reserve(tx, certificate(1, partition="all", distribution_point=b"point"))
        assert partitions(tx, ISSUER, now)[0].last_not_after == certificate(1).not_after


def test_partitions_come_in_the_order_of_their_codes(database: Database, certificate: Make, now: datetime) -> None:
    """A run over all partitions is the same each day."""
    with database.transaction() as tx:
        for serial, code in enumerate(("27100", "01100", "13101"), start=1):
            reserve(tx, certificate(serial, partition=code))
    assert codes(database, now) == ["01100", "13101", "27100"]
