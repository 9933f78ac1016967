"""The generations of each issuer: certificate, key hash and the document two administrators signed.

A document gets newer versions, which authorise or withdraw a profile or a responder's key; all else about a generation
stays for ever.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, insert, or_, select

from store.bounds import ISSUER, octets, utc, word
from store.database import Transaction
from store.document_tables import AUTHORITY, AUTHORITY_VERSION
from store.errors import AuthorityExists, RecordRefused, UnknownAuthority, VersionNotNewer
from store.rosters import MOST_DOCUMENT_OCTETS, DocumentSignature, read, written

_MOST_CERTIFICATE_OCTETS = 64 * 1024
_LASTING = ("issuer", "generation", "subject_der", "certificate", "key_hash")


@dataclass(frozen=True, slots=True)
class AuthorityRecord:
    """One generation of an issuer.

    ``name`` is ``<issuer>-g<generation>``; ``subject_der`` the DER of its subject name; ``certificate`` DER;
    ``key_hash`` the SHA-256 of its SubjectPublicKeyInfo (32 octets); ``document`` the signed authority record in its
    newest ``version``, and ``signatures`` and ``added_at`` belong to that.
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
    version: int

    def __post_init__(self) -> None:
        word("issuer", self.issuer, ISSUER)
        if self.generation < 1 or self.name != f"{self.issuer}-g{self.generation}":
            raise RecordRefused("name", "it must be <issuer>-g<generation>, from generation 1")
        if not 1 <= self.version < 1 << 31:
            raise RecordRefused("version", "it must be 1 or more")
        octets("subject_der", self.subject_der, 2, 4096)
        octets("certificate", self.certificate, 1, _MOST_CERTIFICATE_OCTETS)
        octets("key_hash", self.key_hash, 32, 32)
        octets("document", self.document, 1, MOST_DOCUMENT_OCTETS)
        utc("added_at", self.added_at)


def issuer_of(authority: str) -> str:
    """Give the issuer that ``authority``, named ``<issuer>-g<generation>``, is a generation of."""
    return authority.rpartition("-g")[0]


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
            "version": record.version,
        },
    )


def add_version(tx: Transaction, record: AuthorityRecord) -> None:
    """Keep a newer version of an authority's document, which `authority` gives from now on.

    VersionNotNewer unless its version is above every one recorded and nothing else about the authority changes;
    UnknownAuthority for one that is not there.
    """
    newest = authority(tx, record.name)
    if record.version <= newest.version:
        raise VersionNotNewer(record.name, f"version {newest.version} is there and {record.version} is not above it")
    for field in _LASTING:
        if getattr(record, field) != getattr(newest, field):
            raise VersionNotNewer(record.name, f"it changes {field}, which never changes")
    tx.execute(
        insert(AUTHORITY_VERSION),
        {
            "name": record.name,
            "version": record.version,
            "document": record.document,
            "signatures": written(record.signatures),
            "added_at": record.added_at,
        },
    )


def authority(tx: Transaction, name: str) -> AuthorityRecord:
    """Give the authority of this name, with its newest version. UnknownAuthority when there is none."""
    row = tx.execute(select(AUTHORITY).where(AUTHORITY.c.name == name)).one_or_none()
    if row is None:
        raise UnknownAuthority(name)
    return _record(row, _newest_versions(tx, name).get(name))


def authorities(tx: Transaction, issuer: str | None = None) -> tuple[AuthorityRecord, ...]:
    """Give every generation of ``issuer`` (None: of all), in its newest version, in order of issuer and generation."""
    statement = select(AUTHORITY)
    if issuer is not None:
        statement = statement.where(AUTHORITY.c.issuer == issuer)
    newest = _newest_versions(tx)
    records = [_record(row, newest.get(row.name)) for row in tx.execute(statement)]
    return tuple(sorted(records, key=lambda record: (record.issuer, record.generation)))


def _newest_versions(tx: Transaction, name: str | None = None) -> dict[str, Row[Any]]:
    """The newest of the later versions of each authority, or of the one."""
    statement = select(AUTHORITY_VERSION).order_by(AUTHORITY_VERSION.c.version)
    if name is not None:
        statement = statement.where(AUTHORITY_VERSION.c.name == name)
    return {row.name: row for row in tx.execute(statement)}


def _record(row: Row[Any], newer: Row[Any] | None) -> AuthorityRecord:
    signed = row if newer is None else newer
    return AuthorityRecord(
        row.name,
        row.issuer,
        row.generation,
        row.subject_der,
        row.certificate,
        row.key_hash,
        signed.document,
        read(signed.signatures),
        signed.added_at,
        signed.version,
    )
