"""Reading a revocation list from a file without holding its entries.

Everything but the entries is read by cryptography, from the same list with its entries left out; so what the writer of
this package wrote is judged by other code. The entries are walked one after the other (RFC 5280 section 5.1.2.6).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from cryptography import x509
from cryptography.hazmat.primitives import hashes

from crl import der
from crl.errors import MalformedCRL
from crl.signature import PublicKey, digest_is_signed

EDGE = 1 << 16  # octets: more than names, extensions and signature of a list ever need
CHUNK = 1 << 18


@dataclass(frozen=True, slots=True)
class ListFile:
    """A list in a file: `size` octets, what cryptography reads of it without entries, and where its parts lie."""

    file: BinaryIO
    size: int
    heading: x509.CertificateRevocationList
    tbs: range
    entries: range

    def number(self) -> int:
        """The CRL number (section 5.2.3)."""
        return self.heading.extensions.get_extension_for_class(x509.CRLNumber).value.crl_number

    def is_signed_by(self, key: PublicKey) -> bool:
        """Whether the signature over the whole list, entries included, is this key's."""
        algorithm = self.heading.signature_hash_algorithm
        if algorithm is None:
            return False
        digest = hashes.Hash(algorithm)
        for piece in _pieces(self.file, self.tbs):
            digest.update(piece)
        return digest_is_signed(key, self.heading.signature, digest.finalize(), algorithm)

    def entries_digest(self) -> bytes:
        """The SHA-256 of all entries."""
        digest = hashes.Hash(hashes.SHA256())
        for piece in _pieces(self.file, self.entries):
            digest.update(piece)
        return digest.finalize()

    def serials(self) -> Iterator[bytes]:
        """The minimal octets of each entry's serial, in order; MalformedCRL where an entry has not its usual form."""
        rest = b""
        for piece in _pieces(self.file, self.entries):
            block = rest + piece
            at, stop = 0, len(block)
            # An entry of ours has less than 128 octets, so its length and its serial's are one octet each.
            while at + 4 <= stop and (end := at + 2 + block[at + 1]) <= stop:
                first = at + 4
                after = first + block[at + 3]
                if block[at] != der.SEQUENCE or block[at + 2] != der.INTEGER or not first < after <= end:
                    raise MalformedCRL("an entry is not in its usual form")
                yield block[first if block[first] else first + 1 : after]
                at = end
            rest = block[at:]
        if rest:
            raise MalformedCRL("the last entry is cut off")


def open_list(file: BinaryIO) -> ListFile:
    """Read all of a list but its entries; MalformedCRL for a file that is none, or is cut off, or goes on after it."""
    size = file.seek(0, 2)
    edge = _read(file, range(min(size, EDGE)))
    whole = _inside(edge, 0, der.SEQUENCE)
    tbs = _inside(edge, whole.start, der.SEQUENCE)
    if whole.stop != size or tbs.stop > size:
        raise MalformedCRL("its length is not that of the file")
    fields_end = _skip_fields(edge, tbs.start)
    entries = range(fields_end, fields_end)
    if edge[fields_end : fields_end + 1] == bytes((der.SEQUENCE,)):
        entries = _inside(edge, fields_end, der.SEQUENCE)
    if entries.stop > tbs.stop or size - entries.stop > EDGE:
        raise MalformedCRL("its entries or its extensions are too long")
    fields = edge[tbs.start : fields_end]
    extensions = _read(file, range(entries.stop, tbs.stop))
    ending = _read(file, range(tbs.stop, size))
    without_entries = der.element(der.SEQUENCE, der.element(der.SEQUENCE, fields, extensions), ending)
    try:
        heading = x509.load_der_x509_crl(without_entries)
        heading.extensions  # noqa: B018 - read now, since it is here that a fault in them is a malformed list
    except (ValueError, x509.InvalidVersion, x509.DuplicateExtension, x509.UnsupportedGeneralNameType) as error:
        raise MalformedCRL("what stands around its entries cannot be read") from error
    return ListFile(file, size, heading, range(whole.start, tbs.stop), entries)


def _skip_fields(edge: bytes, at: int) -> int:
    """The offset after version, signature, issuer, thisUpdate and nextUpdate (section 5.1.2)."""
    times = (0x17, der.GENERALIZED_TIME)
    for tags in ((der.INTEGER,), (der.SEQUENCE,), (der.SEQUENCE,), times, times):
        if edge[at : at + 1] not in [bytes((tag,)) for tag in tags]:
            raise MalformedCRL("a field before its entries is missing")
        at = _inside(edge, at, edge[at]).stop
    return at


def _inside(data: bytes, at: int, tag: int) -> range:
    """Where the content of the element at this offset lies."""
    if len(data) < at + 2 or data[at] != tag:
        raise MalformedCRL(f"an element with tag {tag:#04x} is missing")
    length, start = data[at + 1], at + 2
    if length >= 0x80:
        octets = data[start : start + (length & 0x7F)]
        if not 1 <= len(octets) <= 5 or len(octets) != length & 0x7F:
            raise MalformedCRL("a length cannot be read")
        start += len(octets)
        length = int.from_bytes(octets, "big")
    return range(start, start + length)


def _read(file: BinaryIO, where: range) -> bytes:
    file.seek(where.start)
    return file.read(len(where))


def _pieces(file: BinaryIO, where: range) -> Iterator[bytes]:
    at = where.start
    while at < where.stop:
        piece = _read(file, range(at, min(at + CHUNK, where.stop)))
        if not piece:
            raise MalformedCRL("the file is cut off")
        yield piece
        at += len(piece)
