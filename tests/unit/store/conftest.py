"""Records of synthetic people, made short for tests of the store."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from uuid import UUID

import pytest

from store.applications import ApplicationRecord, Evidence, Role
from store.certificates import CertificateRecord
from store.database import Database, Program

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
ISSUER = "jpki-sign"


@pytest.fixture
def now() -> datetime:
    """Give the time of every test."""
    return NOW


@pytest.fixture
def open_as() -> Iterator[Callable[[str, Program], Database]]:
    """Give the function that opens a database as a program; what it opened is closed after the test."""
    opened: list[Database] = []

    def open_(url: str, program: Program) -> Database:
        opened.append(Database(url, program))
        return opened[-1]

    yield open_
    for database in opened:
        database.close()


@pytest.fixture
def database(database_url: str, open_as: Callable[[str, Program], Database]) -> Database:
    """Open a fresh database as its owner, on both engines."""
    return open_as(database_url, "owner")


@pytest.fixture
def certificate() -> Callable[..., CertificateRecord]:
    """Make a reserved certificate of one holder; equal words make equal holders and keys."""

    def make(
        serial: int,
        *,
        holder: str | None = None,
        key: str | None = None,
        kind: str | None = "sign",
        partition: str = "13101",
        distribution_point: bytes = b"Chiyoda-ku CRLDP",
        issuer: str = ISSUER,
        generation: int = 1,
        application_id: UUID | None = None,
        not_after: datetime = NOW + timedelta(days=100),
        reserved_at: datetime = NOW,
    ) -> CertificateRecord:
        return CertificateRecord(
            issuer=issuer,
            serial=serial,
            authority=f"{issuer}-g{generation}",
            profile="resident-sign",
            profile_digest=bytes(32),
            application_id=application_id,
            holder=sha256((holder or f"holder {serial}").encode()).digest(),
            kind=kind,
            partition=partition,
            distribution_point=distribution_point,
            key_hash=sha256((key or f"key {serial}").encode()).digest(),
            tbs=b"to be signed %d" % serial,
            certificate=None,
            state="reserved",
            not_before=NOW,
            not_after=not_after,
            reserved_at=reserved_at,
            issued_at=None,
        )

    return make


@pytest.fixture
def application() -> Callable[..., tuple[ApplicationRecord, Evidence]]:
    """Make an application and its submission."""

    def make(
        number: int,
        *,
        examinations: int = 0,
        approvals: int = 1,
        branch: str = "13101",
        expires_at: datetime = NOW + timedelta(days=1),
    ) -> tuple[ApplicationRecord, Evidence]:
        id = UUID(int=number)
        canonical = b'{"number":%d}' % number
        record = ApplicationRecord(
            id=id,
            action="issue",
            authority=f"{ISSUER}-g1",
            profile="resident-sign",
            holder=sha256(b"holder %d" % number).digest(),
            kind="sign",
            branch=branch,
            canonical=canonical,
            digest=sha256(canonical).digest(),
            examinations_required=examinations,
            approvals_required=approvals,
            requester="clerk-1",
            created_at=NOW,
            expires_at=expires_at,
        )
        return record, _signed(id, "submission", "clerk-1")

    return make


@pytest.fixture
def signature() -> Callable[[UUID, Role, str], Evidence]:
    """Make one person's evidence on an application."""
    return _signed


def _signed(id: UUID, role: Role, person: str) -> Evidence:
    return Evidence(id, role, person, f"{person}-key", "key", b"signature", bytes(32), NOW)
