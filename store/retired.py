"""Which authorities' keys ended: statements that administrators signed, in the database and in a folder outside it.

Neither forgets: rows are only inserted, files are written once. The folder lies beside the version floors and belongs
to this installation, so a database that is restored from before a statement does not make a key good again. The store
keeps documents and signatures; `ca.retiring` believes them and acts on them.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import select

from store.bounds import octets, utc, word
from store.database import Transaction
from store.document_tables import RETIREMENT
from store.errors import RetiredRefused
from store.floor import create_durably
from store.rosters import DocumentSignature, read, written
from store.rows import insert_new

MOST_FILE_OCTETS = 64 * 1024
MOST_FILES = 10_000

_NAME = re.compile(r"[0-9a-f]{64}\.json")


@dataclass(frozen=True, slots=True)
class RetirementRecord:
    """One signed statement; ``digest`` is the SHA-256 of its document and names it everywhere."""

    digest: bytes
    authority: str
    document: bytes
    signatures: tuple[DocumentSignature, ...]
    added_at: datetime

    def __post_init__(self) -> None:
        octets("digest", self.digest, 32, 32)
        word("authority", self.authority)
        octets("document", self.document, 1, MOST_FILE_OCTETS)
        utc("added_at", self.added_at)


def add_retirement(tx: Transaction, record: RetirementRecord) -> bool:
    """Keep a statement for ever; False when it is there already."""
    row = {
        "digest": record.digest,
        "authority": record.authority,
        "document": record.document,
        "signatures": written(record.signatures),
        "added_at": record.added_at,
    }
    return bool(insert_new(tx, RETIREMENT, [row], ("digest",)))


def retirement_records(tx: Transaction) -> tuple[RetirementRecord, ...]:
    """Give every statement on record, believed or not, in the order of their digests."""
    rows = tx.execute(select(RETIREMENT).order_by(RETIREMENT.c.digest))
    return tuple(
        RetirementRecord(row.digest, row.authority, row.document, read(row.signatures), row.added_at) for row in rows
    )


def retirement_digests(tx: Transaction) -> tuple[bytes, ...]:
    """Give the digests of all statements on record, in order."""
    return tuple(tx.execute(select(RETIREMENT.c.digest).order_by(RETIREMENT.c.digest)).scalars())


class RetiredFolder:
    """Statements as files ``<digest>.json``, each written once; a folder that does not exist yet holds none.

    RetiredRefused when something else lies there, when there is more than any installation has, or for a file system
    that fails: a program that cannot know which keys ended must not sign.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def digests(self) -> frozenset[bytes]:
        """The digests by which the files are named."""
        try:
            names = [file.name for file in self._path.iterdir() if not file.name.startswith(".")]
        except FileNotFoundError:
            return frozenset()
        except OSError as error:
            raise RetiredRefused("it cannot be read") from error
        if len(names) > MOST_FILES:
            raise RetiredRefused(f"it holds more than {MOST_FILES} files")
        if not all(map(_NAME.fullmatch, names)):
            raise RetiredRefused("a file in it is not named by a digest")
        return frozenset(bytes.fromhex(name.removesuffix(".json")) for name in names)

    def files(self, digests: frozenset[bytes]) -> Mapping[bytes, bytes]:
        """The contents of the files of these digests, each at most 64 KiB."""
        found = {}
        for digest in digests:
            try:
                with self._file(digest).open("rb") as file:
                    content = file.read(MOST_FILE_OCTETS + 1)
            except OSError as error:
                raise RetiredRefused(f"the file {digest.hex()[:16]} cannot be read") from error
            if len(content) > MOST_FILE_OCTETS:
                raise RetiredRefused(f"the file {digest.hex()[:16]} is larger than any statement")
            found[digest] = content
        return found

    def add(self, digest: bytes, content: bytes) -> None:
        """Write a statement down, durable when this returns; one that is there already stays as it is."""
        octets("digest", digest, 32, 32)
        octets("content", content, 1, MOST_FILE_OCTETS)
        try:
            self._path.mkdir(mode=0o700, exist_ok=True)
            create_durably(self._file(digest), content)
        except OSError as error:
            raise RetiredRefused("it cannot be written") from error

    def _file(self, digest: bytes) -> Path:
        return self._path / f"{digest.hex()}.json"
