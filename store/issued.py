"""The ledger of certificates (証明書管理台帳): what branches issued in a span of time, counted as it is listed."""

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import ColumnElement, literal, select, tuple_

from store.bounds import serial_octets, utc
from store.certificate_search import COLUMNS, CertificateHit, hits
from store.counter_tables import CERTIFICATE_BRANCH
from store.database import Transaction
from store.scope import MOST_COUNTED, Branches, count_most, page, within


class Place(NamedTuple):
    """Where a page ended: the time of issue, the issuer and the serial of its last certificate."""

    issued_at: datetime
    issuer: str
    serial: int


def issued_between(
    tx: Transaction,
    branches: Branches,
    since: datetime,
    before: datetime,
    *,
    after: Place | None = None,
    limit: int = 100,
) -> tuple[CertificateHit, ...]:
    """Give what was issued in a span of time, the first first; the next page begins ``after`` the last one of this."""
    conditions = _between(since, before)
    order = ("issued_at", "issuer", "serial")
    if after is not None:
        columns = [CERTIFICATE_BRANCH.c[name] for name in order]
        place = (after.issued_at, after.issuer, serial_octets(after.serial))
        last = [literal(value, column.type) for value, column in zip(place, columns, strict=True)]
        conditions.append(tuple_(*columns) > tuple_(*last))

    statement = select(*COLUMNS).where(*conditions)
    return hits(tx, tx.execute(page(tx, statement, CERTIFICATE_BRANCH.c.branch, branches, order, limit)).all())


def count_issued(
    tx: Transaction, branches: Branches, since: datetime, before: datetime, most: int = MOST_COUNTED
) -> int:
    """Count what `issued_between` lists over all its pages, and stop at ``most``."""
    ours = within(tx, CERTIFICATE_BRANCH.c.branch, branches)
    return count_most(tx, select(CERTIFICATE_BRANCH.c.serial).where(ours, *_between(since, before)), most)


def _between(since: datetime, before: datetime) -> list[ColumnElement[bool]]:
    utc("since", since)
    utc("before", before)
    return [CERTIFICATE_BRANCH.c.issued_at >= since, CERTIFICATE_BRANCH.c.issued_at < before]
