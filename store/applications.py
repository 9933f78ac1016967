"""Applications, the signatures on them, and that each application is carried out once.

The front end inserts a row and the signatures on it; `store.claims` is how the signer takes it up.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Literal, TypeAlias
from uuid import UUID

from sqlalchemy import select

from store.application_errors import ApplicationExists, ApplicationUsed, EvidenceExists, UnknownApplication
from store.bounds import octets, serial_octets, utc, word
from store.database import Transaction
from store.errors import RecordRefused
from store.legible import EVIDENCE_LEGIBLE, MOST_CANONICAL_OCTETS, MOST_PERSONS
from store.rosters import MOST_SIGNATURE_OCTETS
from store.rows import among, insert_new
from store.tables import APPLICATION, APPLICATION_USE, EVIDENCE

State: TypeAlias = Literal["open", "done", "refused", "parked"]
Role: TypeAlias = Literal["submission", "examination", "approval"]


@dataclass(frozen=True, slots=True)
class ApplicationRecord:
    """What somebody asks for.

    ``canonical`` is the signed form (RFC 8785, at most 64 KiB) and ``digest`` its SHA-256; the other fields repeat what
    the database must search by. ``examinations_required`` and ``approvals_required`` (0 to 16) tell the signer when to
    look. ``attempts`` counts the times it failed or its signer vanished.
    """

    id: UUID
    action: str
    authority: str
    profile: str
    holder: bytes
    kind: str | None
    branch: str
    canonical: bytes
    digest: bytes
    examinations_required: int
    approvals_required: int
    requester: str
    created_at: datetime
    expires_at: datetime
    state: State = "open"
    attempts: int = 0
    outcome: str | None = None

    def __post_init__(self) -> None:
        for field in ("action", "authority", "profile", "branch", "requester"):
            word(field, getattr(self, field))
        if self.kind is not None:
            word("kind", self.kind)
        octets("holder", self.holder, 32, 32)
        octets("canonical", self.canonical, 2, MOST_CANONICAL_OCTETS)
        octets("digest", self.digest, 32, 32)
        for field in ("examinations_required", "approvals_required"):
            if not 0 <= getattr(self, field) <= MOST_PERSONS:
                raise RecordRefused(field, f"it must be 0 to {MOST_PERSONS}")
        utc("created_at", self.created_at)
        utc("expires_at", self.expires_at)


@dataclass(frozen=True, slots=True)
class Evidence:
    """One person's signature on an application's ``digest`` (SHA-256, 32 octets), bound to a ``role``."""

    application_id: UUID
    role: Role
    person: str
    credential: str
    kind: str
    signature: bytes
    digest: bytes
    signed_at: datetime

    def __post_init__(self) -> None:
        for field in ("person", "credential", "kind"):
            word(field, getattr(self, field))
        octets("signature", self.signature, 1, MOST_SIGNATURE_OCTETS)
        octets("digest", self.digest, 32, 32)
        utc("signed_at", self.signed_at)


@dataclass(frozen=True, slots=True)
class Use:
    """That an application led to this certificate (the one issued, or the one acted on) at this time."""

    application_id: UUID
    at: datetime
    issuer: str
    serial: int


@dataclass(frozen=True, slots=True)
class ApplicationFilter:
    """Which applications to find; None does not restrict."""

    branch: str | None = None
    state: State | None = None
    action: str | None = None
    requester: str | None = None
    holder: bytes | None = None


def add_applications(tx: Transaction, pairs: Sequence[tuple[ApplicationRecord, Evidence]]) -> None:
    """Save many open applications with their submissions, in two statements; all or none."""
    rows = [_asked(record) for record, _ in pairs]
    new = insert_new(tx, APPLICATION, rows, ("id",))
    for record, submission in pairs:
        if (record.id,) not in new or submission.application_id != record.id:
            raise ApplicationExists(record.id)
    add_evidence_many(tx, [submission for _, submission in pairs])


def add_evidence_many(tx: Transaction, many: Sequence[Evidence]) -> None:
    """Save many signatures in one statement; all or none."""
    new = insert_new(
        tx,
        EVIDENCE,
        [{name: getattr(one, name) for name in Evidence.__slots__} for one in many],
        ("application_id", "role", "person"),
    )
    for one in many:
        if (one.application_id, one.role, one.person) not in new:
            raise EvidenceExists(one.application_id, one.role)


def evidence(tx: Transaction, id: UUID) -> tuple[Evidence, ...]:
    """Give every signature on one application, oldest first."""
    return evidence_of(tx, [id])[id]


def evidence_of(tx: Transaction, ids: Collection[UUID]) -> Mapping[UUID, tuple[Evidence, ...]]:
    """Give every signature on each of many applications, oldest first, in one statement; () for one without any.

    A row that is no evidence, whoever wrote it, is left out.
    """
    found: dict[UUID, list[Evidence]] = {id: [] for id in ids}
    statement = select(EVIDENCE).where(among(tx, EVIDENCE.c.application_id, list(found)), EVIDENCE_LEGIBLE)
    for row in tx.execute(statement.order_by(EVIDENCE.c.signed_at)):
        found[row.application_id].append(Evidence(*row))
    return {id: tuple(many) for id, many in found.items()}


def application(tx: Transaction, id: UUID) -> ApplicationRecord:
    """Give one application. UnknownApplication when there is none."""
    row = tx.execute(select(*RECORD).where(APPLICATION.c.id == id)).one_or_none()
    if row is None:
        raise UnknownApplication(id)
    return ApplicationRecord(*row)


def find_applications(
    tx: Transaction, wanted: ApplicationFilter, *, before: UUID | None = None, limit: int = 100
) -> tuple[ApplicationRecord, ...]:
    """Give applications, newest first, at most ``limit``; the next page begins ``before`` the last id of this one."""
    statement = select(*RECORD).order_by(APPLICATION.c.id.desc()).limit(limit)
    for field, value in asdict(wanted).items():
        if value is not None:
            statement = statement.where(APPLICATION.c[field] == value)
    if before is not None:
        statement = statement.where(APPLICATION.c.id < before)
    return tuple(ApplicationRecord(*row) for row in tx.execute(statement))


def use(tx: Transaction, id: UUID, at: datetime, issuer: str, serial: int) -> None:
    """Record that the application is carried out, in the act's own transaction. ApplicationUsed the second time."""
    if id not in use_many(tx, [Use(id, at, issuer, serial)]):
        raise ApplicationUsed(id)


def use_many(tx: Transaction, uses: Sequence[Use]) -> frozenset[UUID]:
    """Record many uses in one statement; an application that is not in the answer was used before."""
    rows = [
        {
            "application_id": one.application_id,
            "at": one.at,
            "issuer": one.issuer,
            "serial": serial_octets(one.serial),
        }
        for one in uses
    ]
    return frozenset(key[0] for key in insert_new(tx, APPLICATION_USE, rows, ("application_id",)))


# The columns that make an `ApplicationRecord`, in its order.
RECORD = [APPLICATION.c[name] for name in ApplicationRecord.__slots__]


def _asked(record: ApplicationRecord) -> dict[str, Any]:
    """Give the columns the front end may write; state and attempts take their defaults."""
    return {name: getattr(record, name) for name in ApplicationRecord.__slots__[:-3]}
