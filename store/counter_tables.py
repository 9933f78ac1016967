"""The tables of the counter (窓口): cases and their events, people to search by, sessions, heartbeats, signatures.

They stand beside `store.tables` and follow its rules. Where a name stands is decided here: in the events of a case,
which are its record, and in the entries that a search finds people by; in no other table, and never in the audit trail.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Index, LargeBinary, SmallInteger, String, Text, Uuid, text
from sqlalchemy.sql.schema import SchemaItem
from sqlmodel import SQLModel

from store import document_tables, list_tables, tables  # noqa: F401 - METADATA is to have their tables too
from store.columns import Instant, key, plain, table

# What is begun and not ended, and what waits for the centre: written once, since the partial indexes that find these
# serve only a query that says the same.
IS_OPEN = text("step <> 'closed'")
IS_DEFERRED = text("deferred")
IS_ENDED_EARLY = text("state <> 0")

# Prefixes are ranges of code points, so PostgreSQL must order these columns by code point, as SQLite does.
BY_CODE_POINT = String().with_variant(String(collation="C"), "postgresql")


class CaseRow(SQLModel, table=True):
    """What one visitor wants at the counter, and how far it is."""

    __tablename__: ClassVar[str] = "counter_case"
    __table_args__: ClassVar[Sequence[SchemaItem]] = (
        Index("counter_case_branch", "branch", "id"),
        Index("counter_case_day", "branch", "day", "id"),
        Index("counter_case_open", "branch", "id", sqlite_where=IS_OPEN, postgresql_where=IS_OPEN),
        Index("counter_case_step", "branch", "step", "id", sqlite_where=IS_OPEN, postgresql_where=IS_OPEN),
        Index("counter_case_clerk", "branch", "opened_by", "id", sqlite_where=IS_OPEN, postgresql_where=IS_OPEN),
        Index("counter_case_deferred", "branch", "id", sqlite_where=IS_DEFERRED, postgresql_where=IS_DEFERRED),
    )
    id: UUID = key(Uuid)
    receipt: str
    branch: str
    kind: str
    visitor: str
    window: str
    opened_by: str
    opened_at: datetime = plain(Instant)
    day: str
    step: str
    events: int
    updated_at: datetime = plain(Instant)
    deferred: bool


class CaseEventRow(SQLModel, table=True):
    """One thing that happened in a case, never changed: the ``number``-th of it."""

    __tablename__: ClassVar[str] = "case_event"
    __table_args__: ClassVar[Sequence[SchemaItem]] = (
        Index("case_event_step", "branch", "step", "at", "case_id", "number"),
    )
    case_id: UUID = key(Uuid)
    number: int = key(SmallInteger)
    branch: str
    step: str
    person: str
    at: datetime = plain(Instant)
    facts: str = plain(Text)


class ReceiptRow(SQLModel, table=True):
    """Whose a receipt number is."""

    __tablename__: ClassVar[str] = "case_receipt"
    receipt: str = key()
    case_id: UUID = plain(Uuid)


class ReceiptNumberRow(SQLModel, table=True):
    """The last receipt number given out in a municipality on a day."""

    __tablename__: ClassVar[str] = "receipt_number"
    place: str = key()
    day: str = key()
    number: int


class CaseSubmitRow(SQLModel, table=True):
    """Which case one press of the button opened, so that the second press opens none."""

    __tablename__: ClassVar[str] = "case_submit"
    submit_key: UUID = key(Uuid)
    case_id: UUID = plain(Uuid)


class CaseApplicationRow(SQLModel, table=True):
    """That an application was made in a case."""

    __tablename__: ClassVar[str] = "case_application"
    __table_args__: ClassVar[Sequence[SchemaItem]] = (Index("case_application_case", "case_id"),)
    application_id: UUID = key(Uuid)
    case_id: UUID = plain(Uuid)


class PersonEntryRow(SQLModel, table=True):
    """Whom a case or an application is about, as a search finds them."""

    __tablename__: ClassVar[str] = "person_entry"
    __table_args__: ClassVar[Sequence[SchemaItem]] = (
        CheckConstraint("subject IN ('case', 'application')", name="person_entry_subject"),
        Index("person_entry_name", "subject", "branch", "name_key", "id"),
        Index("person_entry_kana", "subject", "branch", "kana_key", "id"),
        Index("person_entry_birth", "subject", "branch", "birth_date", "name_key", "id"),
        Index("person_entry_card", "subject", "branch", "card", "name_key", "id"),
        Index("person_entry_case", "case_id"),
    )
    id: UUID = key(Uuid)
    subject: str
    branch: str
    name: str
    name_key: str = plain(BY_CODE_POINT)
    kana_key: str | None = plain(BY_CODE_POINT)
    birth_date: str | None
    card: bytes | None = plain(LargeBinary)
    case_id: UUID | None = plain(Uuid)


class CertificateBranchRow(SQLModel, table=True):
    """An issued certificate in the branch of its application: what a search filters by, and nothing wider."""

    __tablename__: ClassVar[str] = "certificate_branch"
    __table_args__: ClassVar[Any] = (
        Index("certificate_branch_end", "branch", "not_after", "issuer", "serial", "kind", "state"),
        Index(
            "certificate_branch_state",
            "branch",
            "state",
            "not_after",
            "issuer",
            "serial",
            sqlite_where=IS_ENDED_EARLY,
            postgresql_where=IS_ENDED_EARLY,
        ),
        Index("certificate_branch_standing", "branch", "kind", "state", "not_after"),
        Index("certificate_branch_issued", "branch", "issued_at", "issuer", "serial"),
        Index("certificate_branch_application", "application_id"),
        Index("certificate_branch_holder", "holder"),
        {"sqlite_with_rowid": False},
    )
    serial: bytes = key(LargeBinary)
    issuer: str = key()
    authority: str
    branch: str
    kind: str
    state: int = plain(SmallInteger)
    not_after: datetime = plain(Instant)
    issued_at: datetime = plain(Instant)
    holder: bytes = plain(LargeBinary)
    application_id: UUID = plain(Uuid)


class OfficerSessionRow(SQLModel, table=True):
    """An officer's session, by the SHA-256 of its cookie's secret."""

    __tablename__: ClassVar[str] = "officer_session"
    __table_args__: ClassVar[Sequence[SchemaItem]] = (
        CheckConstraint("party IN ('working', 'approval')", name="officer_session_party"),
        Index("officer_session_person", "person", "seen_at"),
        Index("officer_session_credential", "credential", "counter"),
    )
    id_hash: bytes = key(LargeBinary)
    person: str
    credential: str
    party: str
    counter: int = plain(BigInteger)
    opened_at: datetime = plain(Instant)
    seen_at: datetime = plain(Instant)
    ended_at: datetime | None = plain(Instant)


class HeartbeatRow(SQLModel, table=True):
    """When a program last said that it works."""

    __tablename__: ClassVar[str] = "heartbeat"
    program: str = key()
    at: datetime = plain(Instant)


class SignatureUseRow(SQLModel, table=True):
    """A signature of an officer's, and what the signer did with the application it stands on."""

    __tablename__: ClassVar[str] = "signature_use"
    __table_args__: ClassVar[Sequence[SchemaItem]] = (
        Index("signature_use_person", "person", "at", "application_id", "role"),
    )
    application_id: UUID = key(Uuid)
    role: str = key()
    person: str = key()
    credential: str
    digest: bytes = plain(LargeBinary)
    signed_at: datetime = plain(Instant)
    outcome: str
    at: datetime = plain(Instant)


class SelfCheckRow(SQLModel, table=True):
    """The answers of a branch to the questions of a self-check (自己点検)."""

    __tablename__: ClassVar[str] = "self_check"
    __table_args__: ClassVar[Sequence[SchemaItem]] = (Index("self_check_branch", "branch", "id"),)
    id: UUID = key(Uuid)
    branch: str
    person: str
    at: datetime = plain(Instant)
    answers: str = plain(Text)


class ExpiryNoticeRow(SQLModel, table=True):
    """That the holder of a certificate was told when it ends (有効期限通知)."""

    __tablename__: ClassVar[str] = "expiry_notice"
    serial: bytes = key(LargeBinary)
    issuer: str = key()
    branch: str
    person: str
    at: datetime = plain(Instant)


METADATA = SQLModel.metadata  # complete once this module is imported
CASE = table(CaseRow)
CASE_EVENT = table(CaseEventRow)
CASE_RECEIPT = table(ReceiptRow)
RECEIPT_NUMBER = table(ReceiptNumberRow)
CASE_SUBMIT = table(CaseSubmitRow)
CASE_APPLICATION = table(CaseApplicationRow)
PERSON_ENTRY = table(PersonEntryRow)
CERTIFICATE_BRANCH = table(CertificateBranchRow)
OFFICER_SESSION = table(OfficerSessionRow)
HEARTBEAT = table(HeartbeatRow)
SIGNATURE_USE = table(SignatureUseRow)
SELF_CHECK = table(SelfCheckRow)
EXPIRY_NOTICE = table(ExpiryNoticeRow)
