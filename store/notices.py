"""Notices of expiry (有効期限通知): that a branch told a holder when their certificate ends. Written once, for ever."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, func, select, tuple_

from store.bounds import serial_octets, serial_of, utc, word
from store.counter_tables import CERTIFICATE_BRANCH, EXPIRY_NOTICE
from store.database import Transaction
from store.rows import insert_new
from store.scope import Branches, within
from store.status import Key
from store.tables import GOOD


@dataclass(frozen=True, slots=True)
class Notice:
    """Who told the holder, and when."""

    person: str
    at: datetime


def enter_notices(tx: Transaction, branches: Branches, keys: Collection[Key], person: str, at: datetime) -> int:
    """Enter that the holders of these certificates were told; how many were not told before.

    A certificate of another branch is passed over, and the first notice of one stays.
    """
    word("person", person)
    utc("at", at)
    wanted = [(issuer, serial_octets(serial)) for issuer, serial in keys]
    if not wanted:
        return 0
    named = tuple_(CERTIFICATE_BRANCH.c.issuer, CERTIFICATE_BRANCH.c.serial).in_(wanted)
    columns = [CERTIFICATE_BRANCH.c[name] for name in ("serial", "issuer", "branch")]
    found = tx.execute(select(*columns).where(named, within(tx, CERTIFICATE_BRANCH.c.branch, branches)))
    rows = [{**row._asdict(), "person": person, "at": at} for row in found]
    return len(insert_new(tx, EXPIRY_NOTICE, rows, ("serial", "issuer")))


def count_noticed(
    tx: Transaction, branches: Branches, since: datetime, before: datetime, kind: str | None = None
) -> int:
    """Count the valid certificates of a kind (None: of any) that end in a span of time and whose holders were told."""
    utc("since", since)
    utc("before", before)
    table = CERTIFICATE_BRANCH
    same = and_(EXPIRY_NOTICE.c.serial == table.c.serial, EXPIRY_NOTICE.c.issuer == table.c.issuer)
    here = [within(tx, table.c.branch, branches), table.c.not_after >= since, table.c.not_after < before]
    if kind is not None:
        here.append(table.c.kind == kind)
    statement = select(func.count()).select_from(table).join(EXPIRY_NOTICE, same).where(table.c.state == GOOD, *here)
    return int(tx.execute(statement).scalar_one())


def notices(tx: Transaction, branches: Branches, keys: Collection[Key]) -> Mapping[Key, Notice]:
    """Give the notices of several certificates; one whose holder was not told is absent."""
    wanted = [(issuer, serial_octets(serial)) for issuer, serial in keys]
    if not wanted:
        return {}
    table = EXPIRY_NOTICE
    named = tuple_(table.c.issuer, table.c.serial).in_(wanted)
    columns = [table.c[name] for name in ("issuer", "serial", "person", "at")]
    found = tx.execute(select(*columns).where(named, within(tx, table.c.branch, branches)))
    return {(row.issuer, serial_of(row.serial)): Notice(row.person, row.at) for row in found}
