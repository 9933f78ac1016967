"""Certificates: what is kept of each from the moment its serial is reserved, and the questions about them.

The key (issuer, serial) is unique over all generations of an issuer. What else must be unique stands in tables keyed by
that value: one pending and one live certificate for each holder and kind, one holder for each subject key, and keys
that are blocked for ever. `store.reservations` writes them.
"""

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Literal, TypeAlias
from uuid import UUID

from sqlalchemy import Row, and_, bindparam, delete, literal_column, select, tuple_, update

from store.bounds import ISSUER, octets, serial_octets, serial_of, utc, word
from store.certificate_errors import NoPending, UnknownCertificate
from store.database import Transaction
from store.rows import insertion
from store.status import Key
from store.tables import BLOCKED_KEY, CERTIFICATE, HOLDER_PLACE, KEY_OWNER

State: TypeAlias = Literal["reserved", "issued", "abandoned"]
MOST_CERTIFICATE_OCTETS = 64 * 1024


@dataclass(frozen=True, slots=True)
class CertificateRecord:
    """One certificate, from the moment its serial is reserved.

    ``distribution_point`` is the DER of the DistributionPointName in the certificate; ``tbs`` the DER to be signed;
    ``certificate`` the signed DER once ``state`` is "issued". ``holder`` is a salted hash; ``kind`` None means that the
    holder may have any number of these. ``application_id`` is None for what a ceremony issued.
    """

    issuer: str
    serial: int
    authority: str
    profile: str
    profile_digest: bytes
    application_id: UUID | None
    holder: bytes
    kind: str | None
    partition: str
    distribution_point: bytes
    key_hash: bytes
    tbs: bytes
    certificate: bytes | None
    state: State
    not_before: datetime
    not_after: datetime
    reserved_at: datetime
    issued_at: datetime | None

    def __post_init__(self) -> None:
        word("issuer", self.issuer, ISSUER)
        for field in ("authority", "profile", "partition"):
            word(field, getattr(self, field))
        if self.kind is not None:
            word("kind", self.kind)
        for field in ("profile_digest", "holder", "key_hash"):
            octets(field, getattr(self, field), 32, 32)
        octets("distribution_point", self.distribution_point, 0, 4096)
        octets("tbs", self.tbs, 1, MOST_CERTIFICATE_OCTETS)
        for field in ("not_before", "not_after", "reserved_at"):
            utc(field, getattr(self, field))


@dataclass(frozen=True, slots=True)
class CertificateFilter:
    """Which certificates to find; None does not restrict."""

    issuer: str | None = None
    authority: str | None = None
    profile: str | None = None
    holder: bytes | None = None
    kind: str | None = None
    partition: str | None = None
    application_id: UUID | None = None
    key_hash: bytes | None = None
    state: State | None = None


def reserved(tx: Transaction, before: datetime, limit: int = 1000) -> tuple[CertificateRecord, ...]:
    """Give serials reserved before ``before`` and neither recorded nor abandoned: what a crash left behind."""
    statement = select(CERTIFICATE).where(IS_RESERVED, CERTIFICATE.c.reserved_at < before)
    ordered = statement.order_by(CERTIFICATE.c.reserved_at).limit(limit)
    return tuple(_record(row) for row in tx.execute(ordered))


def certificate(tx: Transaction, issuer: str, serial: int) -> CertificateRecord:
    """Give one certificate in whatever state. UnknownCertificate when the serial was never reserved."""
    statement = select(CERTIFICATE).where(CERTIFICATE.c.issuer == issuer, CERTIFICATE.c.serial == serial_octets(serial))
    row = tx.execute(statement).one_or_none()
    if row is None:
        raise UnknownCertificate(issuer, serial)
    return _record(row)


def find(
    tx: Transaction, wanted: CertificateFilter, *, after: CertificateRecord | None = None, limit: int = 100
) -> tuple[CertificateRecord, ...]:
    """Give certificates, newest reservation first, at most ``limit``; the next page begins ``after`` the last one."""
    place = (CERTIFICATE.c.reserved_at, CERTIFICATE.c.issuer, CERTIFICATE.c.serial)
    statement = select(CERTIFICATE).order_by(*[column.desc() for column in place]).limit(limit)
    for field, value in asdict(wanted).items():
        if value is not None:
            statement = statement.where(CERTIFICATE.c[field] == value)
    if after is not None:
        last = tuple_(
            bindparam("last_at", after.reserved_at, CERTIFICATE.c.reserved_at.type),
            bindparam("last_issuer", after.issuer),
            bindparam("last_serial", serial_octets(after.serial)),
        )
        statement = statement.where(tuple_(*place) < last)
    return tuple(_record(row) for row in tx.execute(statement))


def live(tx: Transaction, holder: bytes, kind: str) -> Key | None:
    """Give the issuer and serial of the holder's one live certificate of this kind."""
    return _place(tx, holder, kind, "live")


def pending(tx: Transaction, holder: bytes, kind: str) -> Key | None:
    """Give the issuer and serial of the holder's one certificate of this kind that was not handed over yet."""
    return _place(tx, holder, kind, "pending")


def hand_over(tx: Transaction, holder: bytes, kind: str, at: datetime) -> Key | None:
    """Make the pending certificate the live one and give the one it supersedes, which the caller revokes.

    NoPending when there is none, or when it is not signed yet. The places are held until the transaction ends, so what
    another one takes out of them meanwhile is not handed over.
    """
    utc("at", at)
    theirs = and_(HOLDER_PLACE.c.holder == holder, HOLDER_PLACE.c.kind == kind)
    held = select(HOLDER_PLACE).where(theirs).order_by(HOLDER_PLACE.c.place).with_for_update()
    places = {row.place: (row.issuer, serial_of(row.serial)) for row in tx.execute(held)}
    new, old = places.get("pending"), places.get("live")
    if new is None or certificate(tx, *new).state != "issued":
        raise NoPending(kind)
    tx.execute(delete(HOLDER_PLACE).where(theirs, HOLDER_PLACE.c.place == "live"))
    tx.execute(update(HOLDER_PLACE).where(theirs, HOLDER_PLACE.c.place == "pending").values(place="live"))
    return old


def block_key(tx: Transaction, key_hash: bytes, at: datetime) -> None:
    """Block a subject key (SHA-256 of its SubjectPublicKeyInfo) for ever; a repetition changes nothing."""
    octets("key_hash", key_hash, 32, 32)
    utc("at", at)
    tx.execute(insertion(tx, BLOCKED_KEY).on_conflict_do_nothing(), {"key_hash": key_hash, "at": at})


def key_blocked(tx: Transaction, key_hash: bytes) -> bool:
    """Tell whether a subject key is blocked for ever."""
    return tx.execute(select(BLOCKED_KEY.c.at).where(BLOCKED_KEY.c.key_hash == key_hash)).first() is not None


def key_owner(tx: Transaction, key_hash: bytes) -> bytes | None:
    """Give the holder whose a subject key is, or None for a key never seen."""
    return tx.execute(select(KEY_OWNER.c.holder).where(KEY_OWNER.c.key_hash == key_hash)).scalar()


# A serial that waits for its signature, for all who ask; its value stands in the text, as the partial index has it.
IS_RESERVED = CERTIFICATE.c.state == literal_column("'reserved'")


def _record(row: Row[Any]) -> CertificateRecord:
    values = row._asdict()
    values["serial"] = serial_of(values["serial"])
    return CertificateRecord(**values)


def _place(tx: Transaction, holder: bytes, kind: str, place: str) -> Key | None:
    statement = select(HOLDER_PLACE.c.issuer, HOLDER_PLACE.c.serial).where(
        HOLDER_PLACE.c.holder == holder, HOLDER_PLACE.c.kind == kind, HOLDER_PLACE.c.place == place
    )
    row = tx.execute(statement).one_or_none()
    return None if row is None else (row.issuer, serial_of(row.serial))
