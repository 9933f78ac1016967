"""What stands between a finished list and its publication: every check that a wrong list must fail (CRL-1 to CRL-5).

The list is read back from its file and compared with the authority's certificate, with the heading it was ordered
with, with the snapshot it was made from, and with the list published before.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice, zip_longest

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from crl.builder import EXTENSIONS, Heading, Spool
from crl.errors import (
    EntryLeft,
    NumberNotGreater,
    SignatureNotValid,
    SizeOutOfBounds,
    SnapshotDiffers,
    StatusTampered,
    ThisUpdateNotNewer,
    WrongExtensions,
    WrongIssuer,
    WrongUpdateTimes,
)
from crl.reader import ListFile
from store.certificates import certificate
from store.crls import count_entries
from store.database import Transaction
from store.status import Compromise, acts, conflicts, statuses

_SCOPE = EXTENSIONS["issuingDistributionPoint"].dotted_string
AT_ONCE = 500  # serials asked for in one statement


@dataclass(frozen=True, slots=True)
class Ordered:
    """What a list was ordered to be.

    `authority` with its certificate, the heading, the spooled entries of the issuer's snapshot that had not ended
    before `not_listed_past`, the most octets it may have, the certificates of all generations of the issuer, and those
    whose keys were compromised.
    """

    authority: str
    certificate: x509.Certificate
    heading: Heading
    issuer: str
    spool: Spool
    not_listed_past: datetime | None
    size_bound: int
    generations: tuple[x509.Certificate, ...]
    compromised: tuple[Compromise, ...] = ()


def check(made: ListFile, ordered: Ordered, previous: ListFile | None, snapshot: Transaction) -> None:
    """Let a finished list pass, or raise the GateClosed that says what is wrong with it.

    `previous` is the newest list of the same authority and partition that was published, `snapshot` the transaction
    the entries were read in.
    """
    if made.size > ordered.size_bound:
        raise SizeOutOfBounds(made.size, ordered.size_bound)
    _check_heading(made, ordered)
    if previous is not None:
        _check_newer(made, previous)
    _check_signature(made, ordered)
    _check_complete(made, ordered, snapshot)
    if previous is not None:
        _check_left(left(previous, made), previous, ordered, snapshot)


def check_origin(published: ListFile, ordered: Ordered) -> None:
    """The list published before is this authority's own: WrongIssuer or SignatureNotValid for another's (CRL-4)."""
    if published.heading.issuer.public_bytes() != ordered.certificate.subject.public_bytes():
        raise WrongIssuer(ordered.authority)
    _check_signature(published, ordered)


def check_journal(snapshot: Transaction, issuer: str) -> None:
    """The status table contradicts neither the insert-only journal nor the certificates' rows; else StatusTampered."""
    for serial in conflicts(snapshot, issuer):
        raise StatusTampered(issuer, serial)


def left(previous: ListFile, made: ListFile) -> Iterator[bytes]:
    """The serials that stand in the earlier list and not in the later one, both being in serial order."""
    later = made.serials()
    reached = next(later, None)
    for serial in previous.serials():
        while reached is not None and reached < serial:
            reached = next(later, None)
        if reached != serial:
            yield serial


def _check_heading(made: ListFile, ordered: Ordered) -> None:
    """Issuer, times and extensions are those ordered, octet for octet (RFC 5280 sections 5.1.2.3 to 5.2.5)."""
    heading = made.heading
    if heading.issuer.public_bytes() != ordered.certificate.subject.public_bytes():
        raise WrongIssuer(ordered.authority)
    this_update = ordered.heading.this_update.replace(microsecond=0)
    next_update = ordered.heading.next_update.replace(microsecond=0)
    if (heading.last_update_utc, heading.next_update_utc) != (this_update, next_update):
        raise WrongUpdateTimes(heading.last_update_utc, this_update)
    found = [(one.oid.dotted_string, one.critical, one.value.public_bytes()) for one in heading.extensions]
    expected = [
        (EXTENSIONS[kind].dotted_string, critical, value) for kind, critical, value in ordered.heading.extensions()
    ]
    if not any(oid == _SCOPE for oid, _, _ in found):
        raise WrongExtensions(_SCOPE)  # a list without a scope would pass for the list of all (section 5.2.5)
    for one, other in zip_longest(found, expected, fillvalue=("none", False, b"")):
        if one != other:
            raise WrongExtensions(other[0])


def _check_newer(made: ListFile, previous: ListFile) -> None:
    """The number is greater and thisUpdate later (sections 5.2.3 and 5.1.2.4)."""
    if made.number() <= previous.number():
        raise NumberNotGreater(made.number(), previous.number())
    if made.heading.last_update_utc <= previous.heading.last_update_utc:
        raise ThisUpdateNotNewer(made.heading.last_update_utc, previous.heading.last_update_utc)


def _check_signature(made: ListFile, ordered: Ordered) -> None:
    key = ordered.certificate.public_key()
    if not isinstance(key, rsa.RSAPublicKey | ec.EllipticCurvePublicKey) or not made.is_signed_by(key):
        raise SignatureNotValid(ordered.authority)


def _check_complete(made: ListFile, ordered: Ordered, snapshot: Transaction) -> None:
    """The entries in the file are the spooled ones, octet for octet, and as many as the snapshot counts.

    The spool took each entry from the snapshot in strict order, so an equal number means that none is missing.
    """
    listed = sum(1 for _ in made.serials())
    past, compromised = ordered.not_listed_past, ordered.compromised
    counted = count_entries(snapshot, ordered.issuer, ordered.heading.partition, past, compromised)
    if listed != counted or made.entries_digest() != ordered.spool.sha256:
        raise SnapshotDiffers(listed, counted)


def _check_left(gone: Iterable[bytes], previous: ListFile, ordered: Ordered, snapshot: Transaction) -> None:
    """An entry leaves by a recorded release, or once it stood in a list dated past its end (section 3.3)."""
    dated = previous.heading.last_update_utc
    gone = iter(gone)
    while some := [int.from_bytes(serial, "big") for serial in islice(gone, AT_ONCE)]:
        found = statuses(snapshot, ordered.issuer, some)
        done = acts(snapshot, ordered.issuer, some)
        for serial in some:
            status = found.get(serial)
            released = (
                status is not None
                and status.state == "good"
                and bool(done[serial])
                and done[serial][-1].act == "release"
            )
            if not released and not _ended(snapshot, ordered, serial, dated):
                raise EntryLeft(serial)


def _ended(snapshot: Transaction, ordered: Ordered, serial: int, dated: datetime) -> bool:
    """Whether the certificate ended before that date, by its own signed octets: every other date could be edited."""
    try:
        record = certificate(snapshot, ordered.issuer, serial)
        found = x509.load_der_x509_certificate(record.certificate or b"")
    except (LookupError, ValueError):
        return False
    ours = any(_is_issued_by(found, one) for one in ordered.generations)
    return ours and found.serial_number == serial and found.not_valid_after_utc < dated


def _is_issued_by(found: x509.Certificate, authority: x509.Certificate) -> bool:
    try:
        found.verify_directly_issued_by(authority)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True
