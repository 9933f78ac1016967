"""The tables, as SQLModel table models and the Core tables behind them.

Schema rules that keep a distributed PostgreSQL open: (issuer, serial) stands in every unique key of a table about
certificates; uniqueness of anything else lives in a table keyed by that value; no foreign keys between such tables, no
sequences. Times are microseconds since 1970 UTC in 64-bit integers on both engines, so no session setting can shift
them and the CRL scan reads plain numbers. Table models do not validate: records are checked by the dataclasses beside
the functions that write them, and CHECK constraints are the second line.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar, cast
from uuid import UUID

from sqlalchemy import JSON, BigInteger, CheckConstraint, Dialect, Index, LargeBinary, SmallInteger, Table, Uuid, text
from sqlalchemy.sql.schema import SchemaItem
from sqlalchemy.types import TypeDecorator
from sqlmodel import Field, SQLModel

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
MICROSECONDS = 1_000_000
GOOD, REVOKED, HELD = 0, 1, 2


def instant(number: int) -> datetime:
    """Give the time of a number of microseconds since 1970 UTC."""
    return _EPOCH + timedelta(microseconds=number)


def microseconds(time: datetime) -> int:
    """Give the number of whole microseconds from 1970 UTC to an aware time."""
    return (time - _EPOCH) // _MICROSECOND


class Instant(TypeDecorator[datetime]):
    """An aware time, kept as whole microseconds since 1970-01-01T00:00:00Z."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:
        """Turn an aware time into its number."""
        return None if value is None else microseconds(value)

    def process_result_value(self, value: Any | None, dialect: Dialect) -> datetime | None:  # noqa: ANN401 - the driver's own value, as the parent class types it
        """Turn the number back into a time in UTC."""
        return None if value is None else instant(value)


def _key(type_: type[Any] | None = None) -> Any:  # noqa: ANN401 - SQLModel's fields are typed by their annotation
    return Field(primary_key=True) if type_ is None else Field(primary_key=True, sa_type=type_)


def _plain(type_: type[Any]) -> Any:  # noqa: ANN401 - SQLModel's fields are typed by their annotation
    return Field(sa_type=type_)


class AuthorityRow(SQLModel, table=True):
    """One generation of an issuer, with its certificate and the document two administrators signed."""

    __tablename__: ClassVar[str] = "authority"
    __table_args__: ClassVar[Sequence[SchemaItem]] = (
        Index("authority_generation", "issuer", "generation", unique=True),
    )
    name: str = _key()
    issuer: str
    generation: int
    subject_der: bytes = _plain(LargeBinary)
    certificate: bytes = _plain(LargeBinary)
    key_hash: bytes = _plain(LargeBinary)
    document: bytes = _plain(LargeBinary)
    signatures: list[list[str]] = _plain(JSON)
    added_at: datetime = _plain(Instant)
    version: int = Field(sa_column_kwargs={"server_default": "1"})


class AuthorityVersionRow(SQLModel, table=True):
    """A newer version of an authority's signed document; everything else about the authority stays."""

    __tablename__: ClassVar[str] = "authority_version"
    name: str = _key()
    version: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    document: bytes = _plain(LargeBinary)
    signatures: list[list[str]] = _plain(JSON)
    added_at: datetime = _plain(Instant)


class RetirementRow(SQLModel, table=True):
    """A signed statement that an authority's key ended, by the SHA-256 of its document."""

    __tablename__: ClassVar[str] = "retirement"
    digest: bytes = _key(LargeBinary)
    authority: str
    document: bytes = _plain(LargeBinary)
    signatures: list[list[str]] = _plain(JSON)
    added_at: datetime = _plain(Instant)


class RosterRow(SQLModel, table=True):
    """One version of the signed roster."""

    __tablename__: ClassVar[str] = "roster"
    version: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    document: bytes = _plain(LargeBinary)
    signatures: list[list[str]] = _plain(JSON)
    added_at: datetime = _plain(Instant)


# What a signer may claim, written once: the index that finds it serves only a query that says the same. `examinations`
# and `approvals` are counted by a trigger on evidence, so the front end cannot write them and a long queue of waiting
# cases costs nothing.
READY = text("state = 'open' AND examinations >= examinations_required AND approvals >= approvals_required")


class ApplicationRow(SQLModel, table=True):
    """What somebody asks for, in its canonical form, and how far the signer is with it."""

    __tablename__: ClassVar[str] = "application"
    __table_args__: ClassVar[Sequence[SchemaItem]] = (
        CheckConstraint("state IN ('open', 'done', 'refused', 'parked')", name="application_state"),
        Index("application_ready", "id", sqlite_where=READY, postgresql_where=READY),
        Index("application_branch", "branch", "id"),
        Index("application_holder", "holder"),
    )
    id: UUID = _key(Uuid)
    action: str
    authority: str
    profile: str
    holder: bytes = _plain(LargeBinary)
    kind: str | None
    branch: str
    canonical: bytes = _plain(LargeBinary)
    digest: bytes = _plain(LargeBinary)
    examinations_required: int = _plain(SmallInteger)
    approvals_required: int = _plain(SmallInteger)
    requester: str
    created_at: datetime = _plain(Instant)
    expires_at: datetime = _plain(Instant)
    examinations: int = Field(sa_type=SmallInteger, sa_column_kwargs={"server_default": "0"})
    approvals: int = Field(sa_type=SmallInteger, sa_column_kwargs={"server_default": "0"})
    state: str = Field(sa_column_kwargs={"server_default": "open"})
    attempts: int = Field(sa_type=SmallInteger, sa_column_kwargs={"server_default": "0"})
    outcome: str | None
    finished_at: datetime | None = _plain(Instant)
    claimed_by: str | None
    claim_token: bytes | None = _plain(LargeBinary)
    claim_until: datetime | None = _plain(Instant)


class EvidenceRow(SQLModel, table=True):
    """One person's signature on one application: who submitted, examined or approved it."""

    __tablename__: ClassVar[str] = "evidence"
    __table_args__: ClassVar[Sequence[SchemaItem]] = (
        CheckConstraint("role IN ('submission', 'examination', 'approval')", name="evidence_role"),
    )
    application_id: UUID = _key(Uuid)
    role: str = _key()
    person: str = _key()
    credential: str
    kind: str
    signature: bytes = _plain(LargeBinary)
    digest: bytes = _plain(LargeBinary)
    signed_at: datetime = _plain(Instant)


class ApplicationUseRow(SQLModel, table=True):
    """That an application was carried out, once."""

    __tablename__: ClassVar[str] = "application_use"
    application_id: UUID = _key(Uuid)
    at: datetime = _plain(Instant)
    issuer: str
    serial: bytes = _plain(LargeBinary)


class CertificateRow(SQLModel, table=True):
    """A serial, the bytes to be signed under it and, once signed, the certificate."""

    __tablename__: ClassVar[str] = "certificate"
    __table_args__: ClassVar[Sequence[SchemaItem]] = (
        CheckConstraint("state IN ('reserved', 'issued', 'abandoned')", name="certificate_state"),
        CheckConstraint("length(serial) BETWEEN 1 AND 20", name="certificate_serial"),
        CheckConstraint("(state = 'issued') = (certificate IS NOT NULL)", name="certificate_issued"),
        Index("certificate_newest", "reserved_at", "issuer", "serial"),
        Index("certificate_holder", "holder"),
        Index("certificate_application", "application_id"),
        Index("certificate_partition", "issuer", "partition", "serial", "authority"),
        Index(
            "certificate_reserved",
            "reserved_at",
            sqlite_where=text("state = 'reserved'"),
            postgresql_where=text("state = 'reserved'"),
        ),
    )
    issuer: str = _key()
    serial: bytes = _key(LargeBinary)
    authority: str
    profile: str
    profile_digest: bytes = _plain(LargeBinary)
    application_id: UUID | None = _plain(Uuid)
    holder: bytes = _plain(LargeBinary)
    kind: str | None
    partition: str
    distribution_point: bytes = _plain(LargeBinary)
    key_hash: bytes = _plain(LargeBinary)
    tbs: bytes = _plain(LargeBinary)
    certificate: bytes | None = _plain(LargeBinary)
    state: str
    not_before: datetime = _plain(Instant)
    not_after: datetime = _plain(Instant)
    reserved_at: datetime = _plain(Instant)
    issued_at: datetime | None = _plain(Instant)


class HolderPlaceRow(SQLModel, table=True):
    """The one live and the one pending certificate of a holder and kind."""

    __tablename__: ClassVar[str] = "holder_place"
    __table_args__: ClassVar[Sequence[SchemaItem]] = (
        CheckConstraint("place IN ('live', 'pending')", name="holder_place_place"),
    )
    holder: bytes = _key(LargeBinary)
    kind: str = _key()
    place: str = _key()
    issuer: str
    serial: bytes = _plain(LargeBinary)


class KeyOwnerRow(SQLModel, table=True):
    """Whose a subject key is: the first holder who had a certificate for it."""

    __tablename__: ClassVar[str] = "key_owner"
    key_hash: bytes = _key(LargeBinary)
    holder: bytes = _plain(LargeBinary)


class BlockedKeyRow(SQLModel, table=True):
    """A key that never gets a certificate again."""

    __tablename__: ClassVar[str] = "blocked_key"
    key_hash: bytes = _key(LargeBinary)
    at: datetime = _plain(Instant)


_LISTED = text("state <> 0")


class StatusRow(SQLModel, table=True):
    """What OCSP and the CRLs say of one serial: narrow, so that it stays in memory."""

    __tablename__: ClassVar[str] = "status"
    __table_args__: ClassVar[Any] = (
        CheckConstraint("state IN (0, 1, 2)", name="status_state"),
        CheckConstraint("(state = 0) = (revoked_at IS NULL)", name="status_revoked_at"),
        {"sqlite_with_rowid": False},
    )
    issuer: str = _key()
    serial: bytes = _key(LargeBinary)
    partition: str
    state: int = _plain(SmallInteger)
    revoked_at: datetime | None = _plain(Instant)
    reason: int | None = _plain(SmallInteger)
    invalidity_at: datetime | None = _plain(Instant)
    not_after: datetime = _plain(Instant)
    step: int = Field(sa_type=SmallInteger, sa_column_kwargs={"server_default": "0"})


class JournalRow(SQLModel, table=True):
    """One act on a certificate's status, never changed: the ``step``-th of that certificate."""

    __tablename__: ClassVar[str] = "revocation_journal"
    __table_args__: ClassVar[Any] = (
        CheckConstraint("act IN ('revoke', 'hold', 'release')", name="revocation_journal_act"),
        {"sqlite_with_rowid": False},
    )
    issuer: str = _key()
    serial: bytes = _key(LargeBinary)
    step: int = _key(SmallInteger)
    act: str
    at: datetime = _plain(Instant)
    reason: int | None = _plain(SmallInteger)
    invalidity_at: datetime | None = _plain(Instant)
    application_id: UUID | None = _plain(Uuid)


class ChangeCounterRow(SQLModel, table=True):
    """How many transactions changed a status of this issuer."""

    __tablename__: ClassVar[str] = "change_counter"
    issuer: str = _key()
    value: int = _plain(BigInteger)


class PartitionRow(SQLModel, table=True):
    """One partition of an issuer's CRL and the latest end of a certificate in it."""

    __tablename__: ClassVar[str] = "partition"
    issuer: str = _key()
    code: str = _key()
    last_not_after: datetime = _plain(Instant)


class DistributionPointRow(SQLModel, table=True):
    """The distribution point that a generation's certificates in a partition name, bound for ever."""

    __tablename__: ClassVar[str] = "distribution_point"
    issuer: str = _key()
    partition: str = _key()
    authority: str = _key()
    name: bytes = _plain(LargeBinary)


class CRLNumberRow(SQLModel, table=True):
    """The last CRL number given out for a partition; the row is locked while the next one is taken."""

    __tablename__: ClassVar[str] = "crl_number"
    issuer: str = _key()
    partition: str = _key()
    number: int = _plain(BigInteger)


class CRLRow(SQLModel, table=True):
    """A CRL that passed the gate."""

    __tablename__: ClassVar[str] = "crl"
    issuer: str = _key()
    partition: str = _key()
    authority: str = _key()
    number: int = _key(BigInteger)
    distribution_point: bytes = _plain(LargeBinary)
    this_update: datetime = _plain(Instant)
    next_update: datetime = _plain(Instant)
    sha256: bytes = _plain(LargeBinary)
    size: int = _plain(BigInteger)
    entries: int = _plain(BigInteger)


class PublicationRequestRow(SQLModel, table=True):
    """Somebody asks the signer for a CRL now."""

    __tablename__: ClassVar[str] = "publication_request"
    __table_args__: ClassVar[Sequence[SchemaItem]] = (
        Index(
            "publication_request_open",
            "id",
            sqlite_where=text("answered_at IS NULL"),
            postgresql_where=text("answered_at IS NULL"),
        ),
    )
    id: UUID = _key(Uuid)
    issuer: str
    partition: str | None
    requested_by: str
    requested_at: datetime = _plain(Instant)
    answered_at: datetime | None = _plain(Instant)
    answer: str | None


class AuditEntryRow(SQLModel, table=True):
    """One link of one process instance's audit chain."""

    __tablename__: ClassVar[str] = "audit_entry"
    instance: str = _key()
    sequence: int = _key(BigInteger)
    program: str
    at: datetime = _plain(Instant)
    event: str
    facts: str
    previous: bytes = _plain(LargeBinary)
    hash: bytes = _plain(LargeBinary)


class AuditHeadRow(SQLModel, table=True):
    """The newest link of a chain; the row is locked while the next one is made."""

    __tablename__: ClassVar[str] = "audit_head"
    instance: str = _key()
    program: str
    sequence: int = _plain(BigInteger)
    hash: bytes = _plain(LargeBinary)


def _table(model: type[SQLModel]) -> Table:
    return cast("Table", model.__table__)  # type: ignore[attr-defined]  # SQLModel makes it and does not declare it


METADATA = SQLModel.metadata
AUTHORITY = _table(AuthorityRow)
AUTHORITY_VERSION = _table(AuthorityVersionRow)
RETIREMENT = _table(RetirementRow)
ROSTER = _table(RosterRow)
APPLICATION = _table(ApplicationRow)
EVIDENCE = _table(EvidenceRow)
APPLICATION_USE = _table(ApplicationUseRow)
CERTIFICATE = _table(CertificateRow)
HOLDER_PLACE = _table(HolderPlaceRow)
KEY_OWNER = _table(KeyOwnerRow)
BLOCKED_KEY = _table(BlockedKeyRow)
STATUS = _table(StatusRow)
JOURNAL = _table(JournalRow)
CHANGE_COUNTER = _table(ChangeCounterRow)
PARTITION = _table(PartitionRow)
DISTRIBUTION_POINT = _table(DistributionPointRow)
CRL_NUMBER = _table(CRLNumberRow)
CRL = _table(CRLRow)
PUBLICATION_REQUEST = _table(PublicationRequestRow)
AUDIT_ENTRY = _table(AuditEntryRow)
AUDIT_HEAD = _table(AuditHeadRow)

# The CRL scan never touches the table: every column an entry needs stands in this index, for listed serials only.
Index(
    "status_listed",
    STATUS.c.issuer,
    STATUS.c.partition,
    STATUS.c.serial,
    STATUS.c.not_after,
    STATUS.c.revoked_at,
    STATUS.c.reason,
    STATUS.c.invalidity_at,
    STATUS.c.state,
    sqlite_where=_LISTED,
    postgresql_where=_LISTED,
)
