"""Certificates as they are written: a serial is reserved with the bytes to be signed, then recorded, or abandoned.

What must be unique beside (issuer, serial) stands in tables keyed by that value: one pending certificate for each
holder and kind, one holder for each subject key, and keys that are blocked for ever. Each act takes a statement or two
for each table, whatever the number of certificates.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, delete, select, tuple_, update

from store.bounds import octets, serial_octets, serial_of, utc
from store.branches import enter_branches
from store.certificate_errors import (
    CertificateError,
    DistributionPointChanged,
    HolderBusy,
    KeyBlocked,
    KeyOfAnotherHolder,
    NotReserved,
    SerialInUse,
)
from store.certificates import IS_RESERVED, MOST_CERTIFICATE_OCTETS, CertificateRecord
from store.database import Transaction
from store.errors import RecordRefused
from store.journal import enter_abandoned
from store.partitions import Extent, extend_partitions
from store.rows import among, insert_all, insert_new, update_all
from store.status import Key
from store.tables import BLOCKED_KEY, CERTIFICATE, GOOD, HOLDER_PLACE, KEY_OWNER, STATUS


def reserve_many(tx: Transaction, records: Sequence[CertificateRecord]) -> Mapping[Key, CertificateError]:
    """Reserve many serials and give what was refused, by (issuer, serial); all others are reserved.

    Refusals: KeyBlocked, KeyOfAnotherHolder, HolderBusy (a pending certificate of this kind exists), SerialInUse, and
    DistributionPointChanged (its authority names other bytes in that partition). A statement or two for each table,
    whatever the number. A serial that stands twice among ``records`` raises SerialInUse for all: the random source
    failed.
    """
    for record in records:
        if record.state != "reserved" or record.certificate is not None:
            raise RecordRefused("state", "a new record is reserved and not yet signed")
    _once(records)
    refused: dict[Key, CertificateError] = {}
    wanted = _but(records, refused, _blocked(tx, records), KeyBlocked)
    wanted = _but(wanted, refused, _of_others(tx, wanted), KeyOfAnotherHolder)
    wanted = _but(wanted, refused, extend_partitions(tx, [_extent(one) for one in wanted]), DistributionPointChanged)
    wanted = _but(wanted, refused, _without_place(tx, wanted), HolderBusy)
    new = insert_new(tx, CERTIFICATE, [_columns(one) for one in wanted], ("issuer", "serial"))
    taken = [one for one in wanted if (one.issuer, serial_octets(one.serial)) not in new]
    _leave_pending(tx, taken)
    _but(wanted, refused, {_key(one) for one in taken}, SerialInUse)
    return refused


def record_many(tx: Transaction, signed: Sequence[tuple[str, int, bytes]], at: datetime) -> None:
    """Keep many signed certificates (issuer, serial, DER); all or none. NotReserved for one that is not waiting."""
    utc("at", at)
    for _, _, der in signed:
        octets("certificate", der, 1, MOST_CERTIFICATE_OCTETS)
    waiting = _reserved_rows(tx, [(issuer, serial) for issuer, serial, _ in signed])
    written = [
        {"issuer": issuer, "serial": serial_octets(serial), "certificate": der, "state": "issued", "issued_at": at}
        for issuer, serial, der in signed
    ]
    update_all(tx, CERTIFICATE, written, ("issuer", "serial"))
    rows = [
        {
            "issuer": row.issuer,
            "serial": row.serial,
            "partition": row.partition,
            "state": GOOD,
            "not_after": row.not_after,
        }
        for row in waiting
    ]
    insert_all(tx, STATUS, rows)
    enter_branches(tx, waiting, at)


def abandon_many(tx: Transaction, keys: Sequence[Key], at: datetime) -> None:
    """Give up reserved serials for ever: a signature may exist, so they are revoked and listed. Else NotReserved."""
    utc("at", at)
    rows = _reserved_rows(tx, keys)
    if not rows:
        return
    named = tuple_(CERTIFICATE.c.issuer, CERTIFICATE.c.serial).in_([(row.issuer, row.serial) for row in rows])
    tx.execute(update(CERTIFICATE).where(named).values(state="abandoned"))
    enter_abandoned(tx, rows, at)


def _key(record: CertificateRecord) -> Key:
    return record.issuer, record.serial


def _once(records: Sequence[CertificateRecord]) -> None:
    seen: set[Key] = set()
    for record in records:
        if _key(record) in seen:
            raise SerialInUse(*_key(record))
        seen.add(_key(record))


def _columns(record: CertificateRecord) -> dict[str, Any]:
    columns = {name: getattr(record, name) for name in CertificateRecord.__slots__}
    columns["serial"] = serial_octets(record.serial)
    return columns


def _extent(record: CertificateRecord) -> Extent:
    return Extent(_key(record), record.authority, record.partition, record.distribution_point, record.not_after)


def _but(
    records: Iterable[CertificateRecord],
    refused: dict[Key, CertificateError],
    those: Collection[Key],
    error: type[SerialInUse | HolderBusy | KeyBlocked | KeyOfAnotherHolder | DistributionPointChanged],
) -> list[CertificateRecord]:
    """Note ``those`` as refused with ``error`` and give the rest."""
    refused.update({key: error(*key) for key in those})
    return [record for record in records if _key(record) not in those]


def _blocked(tx: Transaction, records: Sequence[CertificateRecord]) -> set[Key]:
    keys = [record.key_hash for record in records]
    statement = select(BLOCKED_KEY.c.key_hash).where(among(tx, BLOCKED_KEY.c.key_hash, keys))
    blocked = set(tx.execute(statement).scalars())
    return {_key(record) for record in records if record.key_hash in blocked}


def _of_others(tx: Transaction, records: Sequence[CertificateRecord]) -> set[Key]:
    """Give each key its owner where it has none, and tell which records name another holder than the owner."""
    rows = sorted({(record.key_hash, record.holder) for record in records})
    new = insert_new(tx, KEY_OWNER, [{"key_hash": key, "holder": holder} for key, holder in rows], ("key_hash",))
    owners = {key: holder for key, holder in reversed(rows) if (key,) in new}
    old = [key for key, _ in rows if (key,) not in new]
    known = select(KEY_OWNER.c.key_hash, KEY_OWNER.c.holder).where(among(tx, KEY_OWNER.c.key_hash, old))
    if old:
        owners.update({row.key_hash: row.holder for row in tx.execute(known)})
    return {_key(record) for record in records if owners[record.key_hash] != record.holder}


def _without_place(tx: Transaction, records: Sequence[CertificateRecord]) -> set[Key]:
    """Put the records into their holders' pending places and tell which find theirs taken."""
    rows = [
        {
            "holder": record.holder,
            "kind": record.kind,
            "place": "pending",
            "issuer": record.issuer,
            "serial": serial_octets(record.serial),
        }
        for record in sorted(records, key=lambda record: record.holder)
        if record.kind is not None
    ]
    new = insert_new(tx, HOLDER_PLACE, rows, ("holder", "kind", "place"))
    busy: set[Key] = set()
    seen: set[tuple[bytes, str]] = set()
    for record in sorted(records, key=lambda record: record.holder):
        if record.kind is None:
            continue
        place = (record.holder, record.kind)
        if (*place, "pending") not in new or place in seen:
            busy.add(_key(record))
        seen.add(place)
    return busy


def _leave_pending(tx: Transaction, records: Sequence[CertificateRecord]) -> None:
    theirs = [(record.holder, record.kind) for record in records if record.kind is not None]
    if theirs:
        held = tuple_(HOLDER_PLACE.c.holder, HOLDER_PLACE.c.kind).in_(theirs)
        tx.execute(delete(HOLDER_PLACE).where(held, HOLDER_PLACE.c.place == "pending"))


def _reserved_rows(tx: Transaction, keys: Sequence[Key]) -> list[Row[Any]]:
    """Hold the rows of many reserved serials until the transaction ends. NotReserved when one is not waiting."""
    by_issuer: dict[str, list[bytes]] = defaultdict(list)
    for issuer, serial in keys:
        by_issuer[issuer].append(serial_octets(serial))
    rows: list[Row[Any]] = []
    for issuer, serials in sorted(by_issuer.items()):
        statement = (
            select(*_WAITING)
            .where(CERTIFICATE.c.issuer == issuer, among(tx, CERTIFICATE.c.serial, serials), IS_RESERVED)
            .order_by(CERTIFICATE.c.serial)
            .with_for_update()
        )
        rows.extend(tx.execute(statement))
    waiting = {(row.issuer, serial_of(row.serial)) for row in rows}
    for key in keys:
        if key not in waiting or len(set(keys)) != len(keys):
            raise NotReserved(*key)
    return rows


_WAITING = [
    CERTIFICATE.c[name]
    for name in (
        "issuer",
        "serial",
        "authority",
        "partition",
        "not_after",
        "application_id",
        "holder",
        "kind",
        "profile",
    )
]
