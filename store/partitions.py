"""Partitions of an issuer's CRL: each bound for ever to its distribution points, published as long as it must be.

Entries, numbers and the extent of a partition are the issuer's; the distribution point is each generation's own, since
its certificates may carry an address with the generation's name in it.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import func, or_, select, true, tuple_

from store.database import Transaction
from store.list_tables import CRL, DISTRIBUTION_POINT, PARTITION
from store.rows import insert_new, insertion
from store.status import Key


@dataclass(frozen=True, slots=True)
class Partition:
    """One partition; ``last_not_after`` is the latest end of any certificate in it.

    ``named`` gives for each generation (authority) that issued in it the DER of the DistributionPointName which all its
    certificates there carry. There is at least one.
    """

    issuer: str
    code: str
    last_not_after: datetime
    named: Mapping[str, bytes]


class Extent(NamedTuple):
    """What a new certificate asks of its partition; ``key`` is its issuer and serial number."""

    key: Key
    authority: str
    code: str
    distribution_point: bytes
    not_after: datetime


def partitions(tx: Transaction, issuer: str, now: datetime, code: str | None = None) -> tuple[Partition, ...]:
    """Give the partitions that need a list at ``now``, in order of their codes; with ``code`` at most that one.

    A partition is published until one list dated past the end of its last certificate was recorded (RFC 5280 section
    3.3: an entry stands in one list issued after the certificate's validity). One without a distribution point never
    is: no certificate points to it, and a list without a scope would pass for the list of all (section 5.2.5).
    """
    newest = (
        select(CRL.c.partition, func.max(CRL.c.this_update).label("this_update"))
        .where(CRL.c.issuer == issuer, true() if code is None else CRL.c.partition == code)
        .group_by(CRL.c.partition)
        .subquery()
    )
    needed = or_(
        PARTITION.c.last_not_after >= now,
        newest.c.this_update.is_(None),
        newest.c.this_update <= PARTITION.c.last_not_after,
    )
    statement = (
        select(PARTITION.c.code, PARTITION.c.last_not_after, DISTRIBUTION_POINT.c.authority, DISTRIBUTION_POINT.c.name)
        .join(DISTRIBUTION_POINT, DISTRIBUTION_POINT.c.partition == PARTITION.c.code)
        .outerjoin(newest, newest.c.partition == PARTITION.c.code)
        .where(PARTITION.c.issuer == issuer, DISTRIBUTION_POINT.c.issuer == issuer)
        .where(DISTRIBUTION_POINT.c.name != b"", needed, true() if code is None else PARTITION.c.code == code)
    )
    found: dict[str, tuple[datetime, dict[str, bytes]]] = {}
    for each, last_not_after, authority, name in tx.execute(statement):
        found.setdefault(each, (last_not_after, {}))[1][authority] = name
    return tuple(Partition(issuer, each, *found[each]) for each in sorted(found))


def partition_codes(tx: Transaction, issuer: str) -> tuple[str, ...]:
    """Give the codes of all partitions an issuer ever had."""
    return tuple(tx.execute(select(PARTITION.c.code).where(PARTITION.c.issuer == issuer)).scalars())


def extend_partitions(tx: Transaction, extents: Sequence[Extent]) -> set[Key]:
    """Open or extend the partitions of new certificates; give those certificates that name other bytes than theirs."""
    bound = _bind(tx, extents)
    refused = {one.key for one in extents if bound[_place(one)] != one.distribution_point}
    latest: dict[tuple[str, str], datetime] = {}
    for one in extents:
        if one.key not in refused:
            place = one.key[0], one.code
            latest[place] = max(latest.get(place, one.not_after), one.not_after)
    known = _ends(tx, latest)
    rising = [
        {"issuer": issuer, "code": code, "last_not_after": end}
        for (issuer, code), end in sorted(latest.items())
        if (issuer, code) not in known or known[issuer, code] < end
    ]
    if rising:
        insert = insertion(tx, PARTITION)
        extended = insert.on_conflict_do_update(
            index_elements=["issuer", "code"],
            set_={"last_not_after": insert.excluded.last_not_after},
            where=PARTITION.c.last_not_after < insert.excluded.last_not_after,
        )
        tx.execute(extended, rising)
    return refused


def _place(extent: Extent) -> tuple[str, str, str]:
    return extent.key[0], extent.code, extent.authority


def _bind(tx: Transaction, extents: Sequence[Extent]) -> dict[tuple[str, str, str], bytes]:
    """Bind each generation's name in a partition by its first certificate there; give the names that hold."""
    asked = {_place(one): one.distribution_point for one in reversed(extents)}  # so that the first one counts
    bound = _names(tx, asked)
    new = [
        {"issuer": issuer, "partition": code, "authority": authority, "name": name}
        for (issuer, code, authority), name in sorted(asked.items())
        if (issuer, code, authority) not in bound
    ]
    if new:
        insert_new(tx, DISTRIBUTION_POINT, new, _POINT)
        bound = _names(tx, asked)
    return bound


_POINT = ("issuer", "partition", "authority")


def _names(tx: Transaction, places: Iterable[tuple[str, str, str]]) -> dict[tuple[str, str, str], bytes]:
    columns = [DISTRIBUTION_POINT.c[name] for name in _POINT]
    statement = select(*columns, DISTRIBUTION_POINT.c.name).where(tuple_(*columns).in_(list(places)))
    return {(row.issuer, row.partition, row.authority): row.name for row in tx.execute(statement)}


def _ends(tx: Transaction, places: Iterable[tuple[str, str]]) -> dict[tuple[str, str], datetime]:
    statement = select(PARTITION).where(tuple_(PARTITION.c.issuer, PARTITION.c.code).in_(list(places)))
    return {(row.issuer, row.code): row.last_not_after for row in tx.execute(statement)}
