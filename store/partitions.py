"""Partitions of an issuer's CRL: each bound for ever to one distribution point, published as long as it must be."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

from sqlalchemy import and_, func, or_, select, tuple_

from store.bounds import octets, word
from store.database import Transaction
from store.rows import insert_new, insertion
from store.tables import CRL, PARTITION

Key: TypeAlias = tuple[str, int]
Extent: TypeAlias = tuple[Key, str, bytes, datetime]


@dataclass(frozen=True, slots=True)
class Partition:
    """One partition: ``distribution_point`` is the DER of the DistributionPointName its certificates carry.

    ``last_not_after`` is the latest end of any certificate in it (None: it has none yet).
    """

    issuer: str
    code: str
    distribution_point: bytes
    last_not_after: datetime | None


def open_partition(tx: Transaction, issuer: str, code: str, distribution_point: bytes) -> bool:
    """Open a partition before its first certificate, so that its (empty) list is published. False: it was open."""
    word("partition", code)
    octets("distribution_point", distribution_point, 0, 4096)
    row = {"issuer": issuer, "code": code, "distribution_point": distribution_point}
    return bool(insert_new(tx, PARTITION, [row], ("issuer", "code")))


def partitions(tx: Transaction, issuer: str, now: datetime) -> tuple[Partition, ...]:
    """Give the partitions that need a list at ``now``, in order of their codes.

    A partition is published until one list dated past the end of its last certificate was recorded (RFC 5280 section
    3.3: an entry stands in one list issued after the certificate's validity). One without a distribution point never
    is: no certificate points to it, and a list without a scope would pass for the list of all (section 5.2.5).
    """
    newest = (
        select(CRL.c.partition, func.max(CRL.c.this_update).label("this_update"))
        .where(CRL.c.issuer == issuer)
        .group_by(CRL.c.partition)
        .subquery()
    )
    needed = or_(
        PARTITION.c.last_not_after.is_(None),
        PARTITION.c.last_not_after >= now,
        newest.c.this_update.is_(None),
        newest.c.this_update <= PARTITION.c.last_not_after,
    )
    statement = (
        select(PARTITION)
        .select_from(PARTITION.outerjoin(newest, newest.c.partition == PARTITION.c.code))
        .where(PARTITION.c.issuer == issuer, PARTITION.c.distribution_point != b"", needed)
    )
    return tuple(sorted((Partition(*row) for row in tx.execute(statement)), key=lambda one: one.code))


def extend_partitions(tx: Transaction, extents: Sequence[Extent]) -> set[Key]:
    """Open or extend the partitions of new certificates; give those certificates that name other bytes than theirs."""
    wanted: dict[tuple[str, str], tuple[bytes, datetime]] = {}
    for (issuer, _), code, point, not_after in extents:
        first, latest = wanted.get((issuer, code), (point, not_after))
        wanted[issuer, code] = first, max(latest, not_after)
    known = _known(tx, list(wanted))
    rising = [
        {"issuer": issuer, "code": code, "distribution_point": point, "last_not_after": latest}
        for (issuer, code), (point, latest) in sorted(wanted.items())
        if (issuer, code) not in known or _ends_before(known[issuer, code], latest)
    ]
    if rising:
        insert = insertion(tx, PARTITION)
        later = and_(
            PARTITION.c.distribution_point == insert.excluded.distribution_point,
            func.coalesce(PARTITION.c.last_not_after, 0) < insert.excluded.last_not_after,
        )
        extended = insert.on_conflict_do_update(
            index_elements=["issuer", "code"], set_={"last_not_after": insert.excluded.last_not_after}, where=later
        )
        tx.execute(extended, rising)
        known = _known(tx, list(wanted))
    return {key for key, code, point, _ in extents if known[key[0], code].distribution_point != point}


def _ends_before(partition: Partition, latest: datetime) -> bool:
    return partition.last_not_after is None or partition.last_not_after < latest


def _known(tx: Transaction, keys: Sequence[tuple[str, str]]) -> dict[tuple[str, str], Partition]:
    statement = select(PARTITION).where(tuple_(PARTITION.c.issuer, PARTITION.c.code).in_(keys))
    return {(row.issuer, row.code): Partition(*row) for row in tx.execute(statement)}
