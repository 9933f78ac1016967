"""The streaming writer of revocation lists: any number of entries, flat memory, one hash, one signature.

A CertificateList states its length before its entries (RFC 5280 section 5.1). So the entries go to a spool file first;
then the list is hashed from the spool, signed, and written out. One spool serves every generation of an authority.
"""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import BinaryIO, Protocol

from cryptography.hazmat.primitives import hashes

from crl import der
from crl.errors import EntriesNotInOrder
from crl.signature import PrivateKey, algorithm_identifier, sign_digest

REASON = der.element(der.OBJECT_IDENTIFIER, b"\x55\x1d\x15")
INVALIDITY_DATE = der.element(der.OBJECT_IDENTIFIER, b"\x55\x1d\x18")
AUTHORITY_KEY_IDENTIFIER = der.element(der.OBJECT_IDENTIFIER, b"\x55\x1d\x23")
CRL_NUMBER = der.element(der.OBJECT_IDENTIFIER, b"\x55\x1d\x14")
ISSUING_DISTRIBUTION_POINT = der.element(der.OBJECT_IDENTIFIER, b"\x55\x1d\x1c")

CHUNK = 1 << 18  # octets moved at a time; what bounds the memory
BATCH = 2048  # entries joined before one write


class RevokedEntry(Protocol):
    """What a list says of one certificate (RFC 5280 section 5.3); `store.crls.Entry` is one."""

    @property
    def serial(self) -> bytes:
        """The serial number as minimal big-endian unsigned octets."""

    @property
    def revoked_at(self) -> datetime:
        """The time of revocation."""

    @property
    def reason(self) -> int | None:
        """The CRLReason; None and 0 (unspecified) are left out of the list."""

    @property
    def invalidity_at(self) -> datetime | None:
        """Since when the certificate is thought to have been invalid, where that is known."""


@dataclass(frozen=True, slots=True)
class Heading:
    """All of a list but its entries and its signature.

    `issuer` is the DER of the authority's subject, `key_identifier` its subject key identifier, `distribution_point`
    the DER of the DistributionPointName as it stands in the certificates; None leaves the name out, which is right for
    a list that is not partitioned.
    """

    issuer: bytes
    key_identifier: bytes
    number: int
    this_update: datetime
    next_update: datetime
    distribution_point: bytes | None
    only_ca_certificates: bool = False


@dataclass(frozen=True, slots=True)
class Spool:
    """The encoded entries of one partition in a file: `size` octets, `count` entries."""

    file: BinaryIO
    size: int
    count: int


@dataclass(frozen=True, slots=True)
class WrittenList:
    """What was written: octets, entries, and the SHA-256 of the whole file."""

    size: int
    entries: int
    sha256: bytes


def spool_entries(entries: Iterable[RevokedEntry], file: BinaryIO) -> Spool:
    """Encode the entries, strictly ascending by serial octets, into an empty file; EntriesNotInOrder otherwise."""
    size = count = 0
    batch: list[bytes] = []
    for encoded in _encoded(entries):
        batch.append(encoded)
        if len(batch) == BATCH:
            size += file.write(b"".join(batch))
            count += BATCH
            batch.clear()
    size += file.write(b"".join(batch))
    return Spool(file, size, count + len(batch))


def write_list(
    heading: Heading, spool: Spool, key: PrivateKey, algorithm: hashes.HashAlgorithm, out: BinaryIO
) -> WrittenList:
    """Write the signed DER of a list to `out`; the key signs once. KeyNotUsable for another kind of key."""
    identifier = algorithm_identifier(key, algorithm)
    before, after = _around_entries(heading, identifier, spool)
    digest = hashes.Hash(algorithm)
    for piece in _tbs_pieces(before, spool, after):
        digest.update(piece)
    signature = sign_digest(key, digest.finalize(), algorithm)
    ending = identifier + der.element(der.BIT_STRING, b"\x00", signature)
    size = len(before) + spool.size + len(after) + len(ending)
    return _write(der.header(der.SEQUENCE, size), before, spool, after + ending, out)


def _write(start: bytes, before: bytes, spool: Spool, ending: bytes, out: BinaryIO) -> WrittenList:
    sha256 = hashlib.sha256()
    size = 0
    for piece in (start, *_tbs_pieces(before, spool, ending)):
        sha256.update(piece)
        size += out.write(piece)
    return WrittenList(size, spool.count, sha256.digest())


def _tbs_pieces(before: bytes, spool: Spool, after: bytes) -> Iterator[bytes]:
    yield before
    spool.file.seek(0)
    while piece := spool.file.read(CHUNK):
        yield piece
    yield after


def _around_entries(heading: Heading, identifier: bytes, spool: Spool) -> tuple[bytes, bytes]:
    """The octets of the TBSCertList before and after its entries (section 5.1.2)."""
    fields = (
        der.integer(1)  # version 2
        + identifier
        + heading.issuer
        + der.time(heading.this_update)
        + der.time(heading.next_update)
    )
    if spool.count:  # an empty list of entries is left out altogether (section 5.1.2.6)
        fields += der.header(der.SEQUENCE, spool.size)
    after = der.element(der.CONTEXT_0, der.element(der.SEQUENCE, *_extensions(heading)))
    return der.header(der.SEQUENCE, len(fields) + spool.size + len(after)) + fields, after


def _extensions(heading: Heading) -> Iterator[bytes]:
    """The three extensions in their order; only issuingDistributionPoint is critical (section 5.2)."""
    yield _extension(
        AUTHORITY_KEY_IDENTIFIER,
        der.element(der.SEQUENCE, der.element(der.CONTEXT_PRIMITIVE_0, heading.key_identifier)),
    )
    yield _extension(CRL_NUMBER, der.integer(heading.number))
    if heading.distribution_point is not None or heading.only_ca_certificates:
        yield _extension(ISSUING_DISTRIBUTION_POINT, issuing_distribution_point(heading), critical=True)


def issuing_distribution_point(heading: Heading) -> bytes:
    """The DER of the IssuingDistributionPoint (section 5.2.5): the stored name, unchanged, and onlyContainsCACerts."""
    name = heading.distribution_point
    return der.element(
        der.SEQUENCE,
        b"" if name is None else der.element(der.CONTEXT_0, name),
        der.element(der.CONTEXT_PRIMITIVE_2, b"\xff") if heading.only_ca_certificates else b"",
    )


def _extension(identifier: bytes, value: bytes, *, critical: bool = False) -> bytes:
    return der.element(der.SEQUENCE, identifier, der.TRUE if critical else b"", der.element(der.OCTET_STRING, value))


def _encoded(entries: Iterable[RevokedEntry]) -> Iterator[bytes]:
    """Each entry's DER. Mass revocations share date and reason, so the last such part is kept."""
    previous = b""
    shared: tuple[datetime, int | None, datetime | None] | None = None
    rest = b""
    for entry in entries:
        serial = entry.serial
        if serial <= previous:
            raise EntriesNotInOrder(serial, previous)
        previous = serial
        said = (entry.revoked_at, entry.reason, entry.invalidity_at)
        if said != shared:
            shared, rest = said, _date_and_extensions(*said)
        yield der.element(der.SEQUENCE, der.serial_number(serial), rest)


def _date_and_extensions(revoked_at: datetime, reason: int | None, invalidity_at: datetime | None) -> bytes:
    extensions = b""
    if reason:
        extensions += _extension(REASON, der.element(der.ENUMERATED, bytes((reason,))))
    if invalidity_at is not None:
        extensions += _extension(INVALIDITY_DATE, der.generalized_time(invalidity_at))
    return der.time(revoked_at) + (der.element(der.SEQUENCE, extensions) if extensions else b"")
