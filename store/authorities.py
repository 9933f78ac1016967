"""The generations of each issuer: certificate, key hash and the document two administrators signed."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, insert, or_, select

from store.bounds import ISSUER, octets, utc, word
from store.database import Transaction
from store.errors import AuthorityExists, RecordRefused, UnknownAuthority
from store.rosters import MOST_DOCUMENT_OCTETS, DocumentSignature, read, written
from store.tables import AUTHORITY

_MOST_CERTIFICATE_OCTETS = 64 * 1024


@dataclass(frozen=True, slots=True)
class AuthorityRecord:
    """One generation of an issuer.

    ``name`` is ``<issuer>-g<generation>``; ``subject_der`` the DER of its subject name; ``certificate`` DER;
    ``key_hash`` the SHA-256 of its SubjectPublicKeyInfo (32 octets); ``document`` the signed authority record.
    """

    name: str
    issuer: str
    generation: int
    subject_der: bytes
    certificate: bytes
    key_hash: bytes
    document: bytes
    signatures: tuple[DocumentSignature, ...]
    added_at: datetime

    def __post_init__(self) -> None:
        word("issuer", self.issuer, ISSUER)
        if self.generation < 1 or self.name != f"{self.issuer}-g{self.generation}":
            raise RecordRefused("name", "it must be <issuer>-g<generation>, from generation 1")
        octets("subject_der", self.subject_der, 2, 4096)
        octets("certificate", self.certificate, 1, _MOST_CERTIFICATE_OCTETS)
        octets("key_hash", self.key_hash, 32, 32)
        octets("document", self.document, 1, MOST_DOCUMENT_OCTETS)
        utc("added_at", self.added_at)


def add_authority(tx: Transaction, record: AuthorityRecord) -> None:
    """Keep a new generation for ever. AuthorityExists when the name or the generation is taken."""
    taken = select(AUTHORITY.c.name).where(
        or_(
            AUTHORITY.c.name == record.name,
            (AUTHORITY.c.issuer == record.issuer) & (AUTHORITY.c.generation == record.generation),
        )
    )
    if tx.execute(taken).first() is not None:
        raise AuthorityExists(record.name)
    tx.execute(
        insert(AUTHORITY),
        {
            "name": record.name,
            "issuer": record.issuer,
            "generation": record.generation,
            "subject_der": record.subject_der,
            "certificate": record.certificate,
            "key_hash": record.key_hash,
            "document": record.document,
            "signatures": written(record.signatures),
            "added_at": record.added_at,
        },
    )


def authority(tx: Transaction, name: str) -> AuthorityRecord:
    """Give the authority of this name. UnknownAuthority when there is none."""
    row = tx.execute(select(AUTHORITY).where(AUTHORITY.c.name == name)).one_or_none()
    if row is None:
        raise UnknownAuthority(name)
    return _record(row)


def authorities(tx: Transaction, issuer: str | None = None) -> tuple[AuthorityRecord, ...]:
    """Give every generation of ``issuer`` (None: of all issuers), in order of issuer and generation."""
    statement = select(AUTHORITY)
    if issuer is not None:
        statement = statement.where(AUTHORITY.c.issuer == issuer)
    records = [_record(row) for row in tx.execute(statement)]
    return tuple(sorted(records, key=lambda record: (record.issuer, record.generation)))


def _record(row: Row[Any]) -> AuthorityRecord:
    return AuthorityRecord(
        row.name,
        row.issuer,
        row.generation,
        row.subject_der,
        row.certificate,
        row.key_hash,
        row.document,
        read(row.signatures),
        row.added_at,
    )
