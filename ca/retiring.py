"""Retirements carried out and found again: entered once, believed by signature, never forgotten.

A program knows the union of its folder and the database. The database is believed for the administrators' signatures.
The folder is the program's own: only what was believed was ever written there, so it counts even when those
administrators have left the configuration since, and a database restored from before takes nothing back.
"""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime

from ca.document_errors import DocumentRefused
from ca.errors import CAError, KeyOfAnotherAuthority
from ca.retirement import LIMIT, Retired, RetirementStatement, open_retirement, parse_retirement, retirement_digest
from ca.signed_document import Administrators, pack, unpack
from ca.trail import serial_text
from store.audit import AuditChain, Fact
from store.authorities import authority
from store.certificates import CertificateFilter, CertificateRecord, block_key, find, key_owner
from store.database import Database, Transaction
from store.errors import NotPublished, RetiredRefused, UnknownAuthority
from store.journal import count_change
from store.publication import Publication
from store.retired import RetiredFolder, RetirementRecord, add_retirement, retirement_digests, retirement_records
from store.revocations import Revocation, revoke_many
from store.rosters import DocumentSignature
from store.status import CA_COMPROMISE

__all__ = [
    "FILE_LIMIT",
    "KnownRetirements",
    "enter_missing",
    "enter_retirement",
    "publish_retirements",
    "retire",
    "retirement_file",
    "retirement_record",
]

FILE_LIMIT = 2 * LIMIT
"""Octets of a retirement's file: the statement with its signatures."""

_MOST_CERTIFICATES = 1000


def retirement_file(document: bytes, signatures: Iterable[DocumentSignature]) -> bytes:
    """Return the file that carries a signed retirement: what is published and kept in the folder. Canonical JSON."""
    return pack(document, signatures, limit=FILE_LIMIT)


def retirement_record(document: bytes, signatures: Iterable[DocumentSignature], now: datetime) -> RetirementRecord:
    """Return what the database keeps of a retirement; raises TooLarge, DocumentMalformed."""
    named = parse_retirement(document).authority
    return RetirementRecord(retirement_digest(document), named, document, tuple(signatures), now)


class KnownRetirements:
    """What one program knows of ended keys: everything it ever saw, here or in its folder. Threads may share it.

    `administrators` and `deployment` are those of the program's configuration.
    """

    def __init__(self, folder: RetiredFolder, administrators: Administrators, deployment: str) -> None:
        self._folder = folder
        self._administrators = administrators
        self._deployment = deployment
        self._known: Mapping[bytes, RetirementStatement] = {}
        self._files: Mapping[bytes, bytes] = {}

    @property
    def retired(self) -> Retired:
        """What the last look knew."""
        return Retired(tuple(self._known.values()))

    @property
    def files(self) -> Mapping[str, bytes]:
        """For each authority the file of its worst retirement, to be published."""
        retired = self.retired
        worst = {one.authority: retired.worst(one.key_hash) for one in retired.statements}
        digests = {statement: digest for digest, statement in self._known.items()}
        return {name: self._files[digests[one]] for name, one in worst.items() if one is not None}

    def look(self, tx: Transaction) -> Retired:
        """Look at the folder and the database; write down in the folder what is believed from the database.

        A row that is not believed counts for nothing. Raises RetiredRefused when the folder cannot be believed or
        written; what the database says counts from then on nevertheless.
        """
        there = self._folder.digests()
        self._remember(self._folder.files(there - self._known.keys()))
        believed = {}
        for record in retirement_records(tx):
            if record.digest not in self._known and self._believes(record):
                believed[record.digest] = retirement_file(record.document, record.signatures)
        self._remember(believed)
        for digest in self._known.keys() - there:
            self._folder.add(digest, self._files[digest])
        return self.retired

    def keep(self, record: RetirementRecord) -> None:
        """Write a retirement down in the folder, before it is entered; raises what `open_retirement` does."""
        open_retirement(record.document, record.signatures, self._administrators, deployment=self._deployment)
        file = retirement_file(record.document, record.signatures)
        self._folder.add(record.digest, file)
        self._remember({record.digest: file})

    def missing(self, tx: Transaction, now: datetime) -> tuple[RetirementRecord, ...]:
        """What is known and not in the database, as after the restore of an old copy; of authorities that it has."""
        there = set(retirement_digests(tx))
        unpacked = [
            unpack(self._files[digest], limit=FILE_LIMIT)
            for digest, statement in self._known.items()
            if digest not in there and _is_there(tx, statement)
        ]
        return tuple(retirement_record(document, signatures, now) for document, signatures in unpacked)

    def _believes(self, record: RetirementRecord) -> bool:
        try:
            open_retirement(record.document, record.signatures, self._administrators, deployment=self._deployment)
        except (DocumentRefused, CAError):
            return False
        return retirement_digest(record.document) == record.digest

    def _remember(self, files: Mapping[bytes, bytes]) -> None:
        if files:
            self._files = {**self._files, **files}
            self._known = {**self._known, **{digest: _read(digest, file) for digest, file in files.items()}}


def retire(
    known: KnownRetirements, database: Database, record: RetirementRecord, audit: AuditChain, now: datetime
) -> None:
    """Carry out a signed retirement: written down in the folder first, then entered in one transaction.

    Stopped in between, the key has ended nevertheless, and `enter_missing` enters it. Raises DocumentRefused's
    subclasses for a document that is not believed, RetiredRefused, and what `enter_retirement` does.
    """
    known.keep(record)
    with database.transaction() as tx:
        enter_retirement(tx, record, audit, now)


def enter_missing(known: KnownRetirements, database: Database, audit: AuditChain, now: datetime) -> int:
    """Enter what is known and the database lost, as after a restore; return how many. Raises RetiredRefused."""
    with database.snapshot() as tx:
        known.look(tx)
        missing = known.missing(tx, now)
    for record in missing:
        with database.transaction() as tx:
            enter_retirement(tx, record, audit, now)
    return len(missing)


def publish_retirements(known: KnownRetirements, publication: Publication) -> tuple[str, ...]:
    """Publish each authority's worst retirement as ca/<authority>.retired; return whose were not there yet."""
    published = []
    for name, file in known.files.items():
        place = f"ca/{name}.retired"
        with suppress(NotPublished):
            if publication.get(place) == file:
                continue
        document, _ = unpack(file, limit=FILE_LIMIT)
        publication.put(place, file, retirement_digest(document).hex())
        published.append(name)
    return tuple(published)


def enter_retirement(tx: Transaction, record: RetirementRecord, audit: AuditChain, now: datetime) -> bool:
    """Enter a retirement that the caller believes; False when it is in the database already.

    A compromise revokes in the same transaction (cACompromise) every certificate that another key signed for the
    compromised one: in its parent's journal a subordinate's, so that the parent's next list holds it, and those that
    cross-certify it. The key is blocked for ever. The change counter is raised, so that answers follow within a second.

    Raises UnknownAuthority, and KeyOfAnotherAuthority when the authority on record has another key.
    """
    statement = parse_retirement(record.document)
    if authority(tx, statement.authority).key_hash != statement.key_hash:
        raise KeyOfAnotherAuthority(statement.authority, "the retirement names another key than its record")
    if not add_retirement(tx, record):
        return False
    facts: dict[str, Fact] = {
        "authority": statement.authority,
        "key": statement.key_hash.hex(),
        "reason": statement.reason,
        "at": statement.at.isoformat(),
        "digest": record.digest.hex(),
    }
    audit.append(tx, "authority.ended", facts, now)
    count_change(tx, statement.issuer)
    if statement.reason == "compromised":
        block_key(tx, statement.key_hash, now)
        _revoke_certificates_of(tx, statement, audit, now)
    return True


def _revoke_certificates_of(tx: Transaction, statement: RetirementStatement, audit: AuditChain, now: datetime) -> None:
    """Revoke what other keys certified of the key; its own signature on itself nobody can revoke but by publication."""
    signed = [row for row in _certificates_of(tx, statement.key_hash) if row.authority != statement.authority]
    many = [Revocation(row.issuer, row.serial, CA_COMPROMISE, statement.invalidity_at, None) for row in signed]
    refused = revoke_many(tx, many, statement.at)
    for row in signed:
        if (row.issuer, row.serial) not in refused:  # otherwise it was revoked before
            facts: dict[str, Fact] = {
                "issuer": row.issuer,
                "serial": serial_text(row.serial),
                "profile": row.profile,
                "reason": CA_COMPROMISE,
            }
            audit.append(tx, "certificate.revoked", facts, now)


def _certificates_of(tx: Transaction, key_hash: bytes) -> Sequence[CertificateRecord]:
    """Every issued certificate of a key; all have the key's one holder, by which an index finds them."""
    owner = key_owner(tx, key_hash)
    wanted = CertificateFilter(holder=owner, key_hash=key_hash, state="issued")
    return () if owner is None else find(tx, wanted, limit=_MOST_CERTIFICATES)


def _is_there(tx: Transaction, statement: RetirementStatement) -> bool:
    try:
        return authority(tx, statement.authority).key_hash == statement.key_hash
    except UnknownAuthority:
        return False


def _read(digest: bytes, file: bytes) -> RetirementStatement:
    """The statement in a file; RetiredRefused for a file that is not what its name says."""
    try:
        document, _ = unpack(file, limit=FILE_LIMIT)
        if retirement_digest(document) == digest:
            return parse_retirement(document)
    except CAError:
        pass
    raise RetiredRefused(f"the file {digest.hex()[:16]} does not hold the statement it is named by")
