"""Partitions: bound to their distribution point, published as long as RFC 5280 section 3.3 needs them."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from store.certificate_errors import DistributionPointChanged
from store.certificates import CertificateRecord
from store.crls import CRLRecord, record_crl
from store.database import Database
from store.partitions import Partition, partitions
from store.reservations import reserve_many
from tests.fixtures.records import reserve

Make = Callable[..., CertificateRecord]
ISSUER = "jpki-sign"
G1, G2 = (f"{ISSUER}-g{generation}" for generation in (1, 2))


def codes(database: Database, now: datetime) -> list[str]:
    """Give the partitions that need a list."""
    with database.snapshot() as tx:
        return [one.code for one in partitions(tx, ISSUER, now)]


def publish(database: Database, at: datetime, partition: str = "13101") -> None:
    """Record a list dated ``at``."""
    with database.transaction() as tx:
        number = int(at.timestamp())
        record_crl(tx, CRLRecord(G1, ISSUER, partition, b"point", number, at, at, bytes(32), 1, 0))


def test_first_certificate_opens_its_partition_with_its_own_bytes(
    database: Database, certificate: Make, now: datetime
) -> None:
    """CRL-5: the list's distribution point is the certificates' own, byte for byte."""
    with database.transaction() as tx:
        reserve(tx, certificate(1, distribution_point=b"\xa0\x03DER"))
        (found,) = partitions(tx, ISSUER, now)
    assert (found.code, found.named) == ("13101", {G1: b"\xa0\x03DER"})


def test_one_partition_is_found_by_its_code(database: Database, certificate: Make, now: datetime) -> None:
    """What is said of one partition alone is what is said of it among all, lists of others included."""
    with database.transaction() as tx:
        reserve_many(tx, [certificate(number, partition=f"1310{number}") for number in (1, 2, 3)])
    after = now + timedelta(days=200)
    publish(database, after, "13101")
    for at in (now, after):
        with database.snapshot() as tx:
            every = partitions(tx, ISSUER, at)
            for code in ("13101", "13102", "27100"):
                assert partitions(tx, ISSUER, at, code) == tuple(one for one in every if one.code == code)


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


def one(database: Database, now: datetime) -> Partition:
    """Give the only partition."""
    with database.snapshot() as tx:
        (found,) = partitions(tx, ISSUER, now)
    return found


def test_each_generation_has_its_own_distribution_point(database: Database, certificate: Make, now: datetime) -> None:
    """CRL-5: one partition holds the certificates of all generations, and each names the list of its own key."""
    with database.transaction() as tx:
        first, second = certificate(1, distribution_point=b"g1"), certificate(2, generation=2, distribution_point=b"g2")
        assert reserve_many(tx, [first, second]) == {}
        reserve(tx, certificate(3, generation=2, distribution_point=b"g2", not_after=now + timedelta(days=500)))
    found = one(database, now)
    assert found.named == {G1: b"g1", G2: b"g2"}
    assert found.last_not_after == now + timedelta(days=500)


def test_generation_is_bound_to_its_own_distribution_point(database: Database, certificate: Make) -> None:
    """CRL-5: what another generation names is no excuse for a second name."""
    with database.transaction() as tx:
        reserve(tx, certificate(1, distribution_point=b"g1"))
        reserve(tx, certificate(2, generation=2, distribution_point=b"g2"))
    with pytest.raises(DistributionPointChanged), database.transaction() as tx:
        reserve(tx, certificate(3, generation=2, distribution_point=b"g1"))


def test_refused_certificate_does_not_lengthen_its_partition(
    database: Database, certificate: Make, now: datetime
) -> None:
    """Only certificates that stand in a partition say how long it is published."""
    with database.transaction() as tx:
        reserve(tx, certificate(1))
        later = certificate(2, distribution_point=b"other", not_after=now + timedelta(days=900))
        assert set(reserve_many(tx, [later])) == {(ISSUER, 2)}
    assert one(database, now).last_not_after == certificate(1).not_after


def test_partition_that_no_certificate_names_is_never_published(
    database: Database, certificate: Make, now: datetime
) -> None:
    """RFC 5280 5.2.5: a list without a scope would pass for the list of all."""
    with database.transaction() as tx:
        reserve(tx, certificate(1, partition="none", distribution_point=b""))
    assert codes(database, now) == []


def test_partitions_come_in_the_order_of_their_codes(database: Database, certificate: Make, now: datetime) -> None:
    """A run over all partitions is the same each day."""
    with database.transaction() as tx:
        for serial, code in enumerate(("27100", "01100", "13101"), start=1):
            reserve(tx, certificate(serial, partition=code))
    assert codes(database, now) == ["01100", "13101", "27100"]
