"""The tables, as SQLModel table models and the Core tables behind them: applications, certificates, status and audit.

Schema rules that keep a distributed PostgreSQL open, here and in the other tables' modules: (issuer, serial) stands in
every unique key of a table about certificates; uniqueness of anything else lives in a table keyed by that value; no
foreign keys between such tables, no sequences. Table models do not validate: records are checked by the dataclasses
beside the functions that write them, and CHECK constraints are the second line.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Index, LargeBinary, SmallInteger, Uuid, text
from sqlalchemy.sql.schema import SchemaItem
from sqlmodel import Field, SQLModel

from store.columns import Instant, key, plain, table

GOOD, REVOKED, HELD = 0, 1, 2


# What a signer may claim, written once: the index that finds it serves only a query that says the same. `examinations`
# and `approvals` are counted by a trigger on evidence, so the front end cannot write them and a long queue of waiting
# cases costs nothing.
READY = text("state = 'open' AND examinations >= examinations_required AND approvals >= approvals_required")


# What waits for an officer's approval, for the index and the queue alike.
UNAPPROVED = text("state = 'open' AND examinations >= examinations_required AND approvals < approvals_required")


# What the signer gave up and an operator has to look at, for the index and the queue alike.
PARKED = text("state = 'parked'")


# A hand-over that the authority did not carry out, for the index and the list alike.
UNDONE = text("action = 'hand-over' AND state IN ('refused', 'parked')")


class ApplicationRow(SQLModel, table=True):
    """What somebody asks for, in its canonical form, and how far the signer is with it."""

    __tablename__: ClassVar[str] = "application"
    __table_args__: ClassVar[Sequence[SchemaItem]] = (
        CheckConstraint("state IN ('open', 'done', 'refused', 'parked')", name="application_state"),
        Index("application_ready", "id", sqlite_where=READY, postgresql_where=READY),
        Index(
            "application_unapproved", "branch", "id", "expires_at", sqlite_where=UNAPPROVED, postgresql_where=UNAPPROVED
        ),
        Index("application_parked", "id", sqlite_where=PARKED, postgresql_where=PARKED),
        Index("application_undone", "branch", "id", sqlite_where=UNDONE, postgresql_where=UNDONE),
        Index("application_branch", "branch", "id"),
        Index("application_holder", "holder"),
    )
    id: UUID = key(Uuid)
    action: str
    authority: str
    profile: str
    holder: bytes = plain(LargeBinary)
    kind: str | None
    branch: str
    canonical: bytes = plain(LargeBinary)
    digest: bytes = plain(LargeBinary)
    examinations_required: int = plain(SmallInteger)
    approvals_required: int = plain(SmallInteger)
    requester: str
    created_at: datetime = plain(Instant)
    expires_at: datetime = plain(Instant)
    examinations: int = Field(sa_type=SmallInteger, sa_column_kwargs={"server_default": "0"})
    approvals: int = Field(sa_type=SmallInteger, sa_column_kwargs={"server_default": "0"})
    state: str = Field(sa_column_kwargs={"server_default": "open"})
    attempts: int = Field(sa_type=SmallInteger, sa_column_kwargs={"server_default": "0"})
    outcome: str | None
    finished_at: datetime | None = plain(Instant)
    claimed_by: str | None
    claim_token: bytes | None = plain(LargeBinary)
    claim_until: datetime | None = plain(Instant)


class EvidenceRow(SQLModel, table=True):
    """One person's signature on one application: who submitted, examined or approved it."""

    __tablename__: ClassVar[str] = "evidence"
    __table_args__: ClassVar[Sequence[SchemaItem]] = (
        CheckConstraint("role IN ('submission', 'examination', 'approval')", name="evidence_role"),
    )
    application_id: UUID = key(Uuid)
    role: str = key()
    person: str = key()
    credential: str
    kind: str
    signature: bytes = plain(LargeBinary)
    digest: bytes = plain(LargeBinary)
    signed_at: datetime = plain(Instant)


class ApplicationUseRow(SQLModel, table=True):
    """That an application was carried out, once."""

    __tablename__: ClassVar[str] = "application_use"
    application_id: UUID = key(Uuid)
    at: datetime = plain(Instant)
    issuer: str
    serial: bytes = plain(LargeBinary)


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
    issuer: str = key()
    serial: bytes = key(LargeBinary)
    authority: str
    profile: str
    profile_digest: bytes = plain(LargeBinary)
    application_id: UUID | None = plain(Uuid)
    holder: bytes = plain(LargeBinary)
    kind: str | None
    partition: str
    distribution_point: bytes = plain(LargeBinary)
    key_hash: bytes = plain(LargeBinary)
    tbs: bytes = plain(LargeBinary)
    certificate: bytes | None = plain(LargeBinary)
    state: str
    not_before: datetime = plain(Instant)
    not_after: datetime = plain(Instant)
    reserved_at: datetime = plain(Instant)
    issued_at: datetime | None = plain(Instant)


class HolderPlaceRow(SQLModel, table=True):
    """The one live and the one pending certificate of a holder and kind."""

    __tablename__: ClassVar[str] = "holder_place"
    __table_args__: ClassVar[Sequence[SchemaItem]] = (
        CheckConstraint("place IN ('live', 'pending')", name="holder_place_place"),
    )
    holder: bytes = key(LargeBinary)
    kind: str = key()
    place: str = key()
    issuer: str
    serial: bytes = plain(LargeBinary)


class KeyOwnerRow(SQLModel, table=True):
    """Whose a subject key is: the first holder who had a certificate for it."""

    __tablename__: ClassVar[str] = "key_owner"
    key_hash: bytes = key(LargeBinary)
    holder: bytes = plain(LargeBinary)


class BlockedKeyRow(SQLModel, table=True):
    """A key that never gets a certificate again."""

    __tablename__: ClassVar[str] = "blocked_key"
    key_hash: bytes = key(LargeBinary)
    at: datetime = plain(Instant)


_LISTED = text("state <> 0")


class StatusRow(SQLModel, table=True):
    """What OCSP and the CRLs say of one serial: narrow, so that it stays in memory."""

    __tablename__: ClassVar[str] = "status"
    __table_args__: ClassVar[Any] = (
        CheckConstraint("state IN (0, 1, 2)", name="status_state"),
        CheckConstraint("(state = 0) = (revoked_at IS NULL)", name="status_revoked_at"),
        {"sqlite_with_rowid": False},
    )
    issuer: str = key()
    serial: bytes = key(LargeBinary)
    partition: str
    state: int = plain(SmallInteger)
    revoked_at: datetime | None = plain(Instant)
    reason: int | None = plain(SmallInteger)
    invalidity_at: datetime | None = plain(Instant)
    not_after: datetime = plain(Instant)
    step: int = Field(sa_type=SmallInteger, sa_column_kwargs={"server_default": "0"})


class JournalRow(SQLModel, table=True):
    """One act on a certificate's status, never changed: the ``step``-th of that certificate."""

    __tablename__: ClassVar[str] = "revocation_journal"
    __table_args__: ClassVar[Any] = (
        CheckConstraint("act IN ('revoke', 'hold', 'release')", name="revocation_journal_act"),
        {"sqlite_with_rowid": False},
    )
    issuer: str = key()
    serial: bytes = key(LargeBinary)
    step: int = key(SmallInteger)
    act: str
    at: datetime = plain(Instant)
    reason: int | None = plain(SmallInteger)
    invalidity_at: datetime | None = plain(Instant)
    application_id: UUID | None = plain(Uuid)


class ChangeCounterRow(SQLModel, table=True):
    """How many transactions changed a status of this issuer."""

    __tablename__: ClassVar[str] = "change_counter"
    issuer: str = key()
    value: int = plain(BigInteger)


class AuditEntryRow(SQLModel, table=True):
    """One link of one process instance's audit chain."""

    __tablename__: ClassVar[str] = "audit_entry"
    __table_args__: ClassVar[Sequence[SchemaItem]] = (Index("audit_entry_newest", "at", "instance", "sequence"),)
    instance: str = key()
    sequence: int = key(BigInteger)
    program: str
    at: datetime = plain(Instant)
    event: str
    facts: str
    previous: bytes = plain(LargeBinary)
    hash: bytes = plain(LargeBinary)


class AuditHeadRow(SQLModel, table=True):
    """The newest link of a chain; the row is locked while the next one is made."""

    __tablename__: ClassVar[str] = "audit_head"
    instance: str = key()
    program: str
    sequence: int = plain(BigInteger)
    hash: bytes = plain(LargeBinary)


APPLICATION = table(ApplicationRow)
EVIDENCE = table(EvidenceRow)
APPLICATION_USE = table(ApplicationUseRow)
CERTIFICATE = table(CertificateRow)
HOLDER_PLACE = table(HolderPlaceRow)
KEY_OWNER = table(KeyOwnerRow)
BLOCKED_KEY = table(BlockedKeyRow)
STATUS = table(StatusRow)
JOURNAL = table(JournalRow)
CHANGE_COUNTER = table(ChangeCounterRow)
AUDIT_ENTRY = table(AuditEntryRow)
AUDIT_HEAD = table(AuditHeadRow)

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
