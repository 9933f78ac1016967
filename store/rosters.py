"""Versions of the signed roster. The store keeps documents and signatures; `ca.roster` believes or refuses them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, insert, select

from store.bounds import octets, utc, word
from store.database import Transaction
from store.document_tables import ROSTER
from store.errors import RecordRefused, RosterExists

MOST_DOCUMENT_OCTETS = 4 * 1024 * 1024
MOST_SIGNATURE_OCTETS = 16 * 1024


@dataclass(frozen=True, slots=True)
class DocumentSignature:
    """An administrator's signature on a document: the credential's name and the raw signature (at most 16 KiB)."""

    credential: str
    signature: bytes

    def __post_init__(self) -> None:
        word("credential", self.credential)
        octets("signature", self.signature, 1, MOST_SIGNATURE_OCTETS)


@dataclass(frozen=True, slots=True)
class RosterRecord:
    """One version of the roster as it was signed: a document of at most 4 MiB, version 1 and up."""

    version: int
    document: bytes
    signatures: tuple[DocumentSignature, ...]
    added_at: datetime

    def __post_init__(self) -> None:
        if not 1 <= self.version < 1 << 31:
            raise RecordRefused("version", "it must be 1 or more")
        octets("document", self.document, 1, MOST_DOCUMENT_OCTETS)
        utc("added_at", self.added_at)


def add_roster(tx: Transaction, record: RosterRecord) -> None:
    """Keep a new roster. RosterExists unless its version is above every one recorded."""
    newest = tx.execute(select(func.max(ROSTER.c.version))).scalar()
    if newest is not None and record.version <= newest:
        raise RosterExists(record.version)
    tx.execute(
        insert(ROSTER),
        {
            "version": record.version,
            "document": record.document,
            "signatures": written(record.signatures),
            "added_at": record.added_at,
        },
    )


def newest_roster(tx: Transaction) -> RosterRecord | None:
    """Give the roster of the highest version, or None when there is none yet."""
    row = tx.execute(select(ROSTER).order_by(ROSTER.c.version.desc()).limit(1)).one_or_none()
    if row is None:
        return None
    return RosterRecord(row.version, row.document, read(row.signatures), row.added_at)


def written(signatures: Sequence[DocumentSignature]) -> list[list[str]]:
    """Turn signatures into what a JSON column holds: pairs of credential and hex."""
    return [[one.credential, one.signature.hex()] for one in signatures]


def read(pairs: Sequence[Sequence[str]]) -> tuple[DocumentSignature, ...]:
    """Turn a JSON column back into signatures."""
    return tuple(DocumentSignature(credential, bytes.fromhex(signature)) for credential, signature in pairs)
