"""The streaming writer of revocation lists: any number of entries, flat memory, one hash, one signature.

A CertificateList states its length before its entries (RFC 5280 section 5.1). So the entries go to a spool file first;
then the list is hashed from the spool, signed, and written out. One spool serves every generation of an authority.
"""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from itertools import islice
from typing import BinaryIO

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.x509.oid import CRLEntryExtensionOID, ExtensionOID

from crl import der
from crl.errors import EntriesNotInOrder, KeyNotUsable
from crl.signature import PrivateKey, algorithm_identifier, sign_digest
from policies.profile import CRLProfile, hash_algorithm
from store.crls import Entry

EXTENSIONS: Mapping[str, x509.ObjectIdentifier] = {
    "authorityKeyIdentifier": ExtensionOID.AUTHORITY_KEY_IDENTIFIER,
    "cRLNumber": ExtensionOID.CRL_NUMBER,
    "issuingDistributionPoint": ExtensionOID.ISSUING_DISTRIBUTION_POINT,
}
"""The extensions by their names in the profile."""

CHUNK = 1 << 18  # octets moved at a time; what bounds the memory
BATCH = 2048  # entries joined before one write

# Headers by the length of what follows. A serial that would read as a negative number gets an octet of zero in front.
_ENTRY = [der.header(der.SEQUENCE, length) for length in range(128)]
_POSITIVE = [der.header(der.INTEGER, length) for length in range(21)]
_NEGATIVE = [der.header(der.INTEGER, length + 1) + b"\x00" for length in range(21)]


@dataclass(frozen=True, slots=True)
class Heading:
    """All of a list but its entries and its signature.

    `issuer` is the DER of the authority's subject, `key_identifier` its subject key identifier, `distribution_point`
    the DER of the DistributionPointName as it stands in the certificates (b"" where they name none). The profile says
    the extensions, their order, and nextUpdate; `partition` is the code, "ca" for the list of CA certificates.
    """

    profile: CRLProfile
    partition: str
    issuer: bytes
    key_identifier: bytes
    distribution_point: bytes
    number: int
    this_update: datetime

    @property
    def next_update(self) -> datetime:
        """When this list is stale (RFC 5280 section 5.1.2.5)."""
        return self.this_update + timedelta(hours=self.profile.next_update_hours)

    @property
    def only_ca_certificates(self) -> bool:
        """Whether the profile says onlyContainsCACerts of this kind of partition."""
        kind = self.partition if self.partition in ("all", "ca") else "municipality"
        return kind in self.profile.only_contains_ca_certs

    def issuing_distribution_point(self) -> bytes:
        """The DER IssuingDistributionPoint (section 5.2.5) around the stored name, which is not touched."""
        name = self.distribution_point
        return der.element(
            der.SEQUENCE,
            der.element(der.CONTEXT_0, name) if name else b"",
            der.element(der.CONTEXT_PRIMITIVE_2, b"\xff") if self.only_ca_certificates else b"",
        )

    def extensions(self) -> Iterator[tuple[str, bool, bytes]]:
        """Each extension by its name in the profile, whether it is critical, and its DER value (section 5.2).

        An issuingDistributionPoint that would say nothing is left out, since it must not be empty (section 5.2.5).
        """
        key = der.element(der.SEQUENCE, der.element(der.CONTEXT_PRIMITIVE_0, self.key_identifier))
        point = self.issuing_distribution_point()
        values = {
            "authorityKeyIdentifier": key,
            "cRLNumber": der.integer(self.number),
            "issuingDistributionPoint": point if len(point) > len(b"\x30\x00") else None,
        }
        for extension in self.profile.extensions:
            value = values[extension.type]
            if value is not None:
                yield extension.type, extension.critical, value


@dataclass(frozen=True, slots=True)
class Spool:
    """The encoded entries of one partition in a file: `size` octets, `count` entries, and the SHA-256 of all."""

    file: BinaryIO
    size: int
    count: int
    sha256: bytes


@dataclass(frozen=True, slots=True)
class WrittenList:
    """What was written: octets, entries, and the SHA-256 of the whole file."""

    size: int
    entries: int
    sha256: bytes


def spool_entries(entries: Iterable[Entry], profile: CRLProfile, file: BinaryIO) -> Spool:
    """Encode the entries, strictly ascending by serial octets, into an empty file; EntriesNotInOrder otherwise."""
    size = count = 0
    sha256 = hashlib.sha256()
    encoded = encoded_entries(entries, profile)
    while batch := list(islice(encoded, BATCH)):
        block = b"".join(batch)
        sha256.update(block)
        size += file.write(block)
        count += len(batch)
    return Spool(file, size, count, sha256.digest())


def write_list(heading: Heading, spool: Spool, key: PrivateKey, out: BinaryIO) -> WrittenList:
    """Write the signed DER of a list to `out`; the key signs once. KeyNotUsable for another kind of key."""
    algorithm = hash_algorithm(heading.profile, key.public_key())
    if algorithm is None:
        raise KeyNotUsable(type(key).__name__)
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
    extensions = [
        _extension(EXTENSIONS[kind], value, critical=critical) for kind, critical, value in heading.extensions()
    ]
    after = der.element(der.CONTEXT_0, der.element(der.SEQUENCE, *extensions))
    return der.header(der.SEQUENCE, len(fields) + spool.size + len(after)) + fields, after


def _extension(identifier: x509.ObjectIdentifier, value: bytes, *, critical: bool = False) -> bytes:
    encoded = der.element(
        der.OBJECT_IDENTIFIER, b"\x55\x1d", bytes((int(identifier.dotted_string.rpartition(".")[2]),))
    )
    return der.element(der.SEQUENCE, encoded, der.TRUE if critical else b"", der.element(der.OCTET_STRING, value))


def encoded_entries(entries: Iterable[Entry], profile: CRLProfile) -> Iterator[bytes]:
    """Each entry's DER (section 5.1.2.6), with the extensions the profile wants; EntriesNotInOrder.

    This runs once for each entry of each list, so headers are taken from tables: an entry has less than 128 octets
    (23 of serial, 17 of date, 14 of reason and 30 of invalidity date at most, with their headers).
    """
    reasons, dates, time_of = profile.reason_code, profile.invalidity_date, der.time_of
    previous = b""
    for serial, revoked_at, reason, invalidity_at in entries:
        if serial <= previous:
            raise EntriesNotInOrder(serial, previous)
        previous = serial
        content = (
            (_NEGATIVE if serial[0] & 0x80 else _POSITIVE)[len(serial)]
            + serial
            + time_of(revoked_at)
            + _entry_extensions(reason if reasons else None, invalidity_at if dates else None)
        )
        yield _ENTRY[len(content)] + content


@lru_cache(maxsize=4096)
def _entry_extensions(reason: int | None, invalidity_at: int | None) -> bytes:
    """The extensions of an entry, none of them critical (section 5.3); unspecified (0) is left out (5.3.1)."""
    extensions = b""
    if reason:
        extensions += _extension(CRLEntryExtensionOID.CRL_REASON, der.element(der.ENUMERATED, bytes((reason,))))
    if invalidity_at is not None:
        extensions += _extension(CRLEntryExtensionOID.INVALIDITY_DATE, der.generalized_time_of(invalidity_at))
    return der.element(der.SEQUENCE, extensions) if extensions else b""
