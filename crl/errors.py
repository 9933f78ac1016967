"""Refusals of this package. Each carries its facts, a stable code and what to do next; none names a person."""

from datetime import datetime
from typing import ClassVar


class CRLError(Exception):
    """A revocation list was not made or not published; what is published stays as it is."""

    code: ClassVar[str] = "crl.failed"
    next: ClassVar[str] = "Read the sentence above; the list published before stays in force."


class NoFolderForDrafts(OSError):
    """The machine gives this program no folder for temporary files, where a list is made before it is published."""

    code: ClassVar[str] = "crl.no-folder-for-drafts"
    next: ClassVar[str] = (
        "Let the signer write in /tmp or in the folder that TMPDIR names, as by systemd's PrivateTmp=yes."
    )

    def __init__(self) -> None:
        super().__init__("No revocation list can be made: there is no folder for temporary files.")


class KeyNotUsable(CRLError):
    """The signing key is of a kind or hash that this package does not sign lists with."""

    code = "crl.key-not-usable"
    next = "Sign revocation lists with an RSA or elliptic curve key and SHA-256, SHA-384 or SHA-512."

    def __init__(self, kind: str) -> None:
        super().__init__(f"A revocation list cannot be signed with {kind}.")
        self.kind = kind


class SignerEnded(CRLError):
    """A list is to be signed by a key on record as destroyed or compromised, of which a copy may be anybody's."""

    code = "crl.signer-ended"
    next = "Let the other generations of this name sign; this one's end is told by its published statement."

    def __init__(self, authority: str) -> None:
        super().__init__(f"The key of {authority} is on record as ended, so it signs no list.")
        self.authority = authority


class EntriesNotInOrder(CRLError):
    """Two entries are out of serial order or one serial stands twice."""

    code = "crl.entries-not-in-order"
    next = "Check the status table of this issuer: each serial may be listed once."

    def __init__(self, serial: bytes, previous: bytes) -> None:
        super().__init__(f"Serial {serial.hex()} follows {previous.hex()}, so the entries are not in strict order.")
        self.serial = serial
        self.previous = previous


class MalformedCRL(CRLError):
    """Bytes that should be a revocation list are none, or none this package would write."""

    code = "crl.malformed"
    next = "Do not publish this file; make the list again."

    def __init__(self, where: str) -> None:
        super().__init__(f"The file is not a revocation list of this authority's form: {where}.")
        self.where = where


class GateClosed(CRLError):
    """A finished list failed a check that stands between it and its publication (RFC 5280 section 5)."""

    code = "crl.gate-closed"
    next = "The list published before stays in force; find out why before trying again."


class StatusTampered(CRLError):
    """The status table contradicts the insert-only journal of revocations or the certificate's own row."""

    code = "crl.status-tampered"
    next = "Run `ninsho audit verify`, find out who wrote to the database, and revoke the certificate again."

    def __init__(self, issuer: str, serial: int) -> None:
        super().__init__(f"The status of {issuer} {serial:x} contradicts its journal or its certificate.")
        self.issuer = issuer
        self.serial = serial


class ScopeDiffers(GateClosed):
    """The database binds a partition to another name than its code has, or its code has none (section 5.2.5)."""

    code = "crl.scope-differs"
    next = "Run `ninsho audit verify` and find out who wrote to the database; no such list is signed."

    def __init__(self, authority: str, partition: str) -> None:
        super().__init__(f"The stored name of the list {authority} {partition} is not the one that its code has.")
        self.authority = authority
        self.partition = partition


class ScopeShared(GateClosed):
    """Two partitions of an authority would be published under one name, so each would pass for the other's list."""

    code = "crl.scope-shared"
    next = "Correct the profiles: the distribution point must tell the partitions apart."

    def __init__(self, authority: str, partition: str, other: str) -> None:
        super().__init__(f"The lists {partition} and {other} of {authority} would have one name.")
        self.authority = authority
        self.partition = partition
        self.other = other


class NumberNotGreater(GateClosed):
    """The number is not greater than the published one (RFC 5280 section 5.2.3)."""

    code = "crl.number-not-greater"
    next = "The database is older than what is published; restore the newest backup or raise the stored number."

    def __init__(self, number: int, published: int) -> None:
        super().__init__(f"CRL number {number} is not greater than {published}, the CRL number published.")
        self.number = number
        self.published = published


class ThisUpdateNotNewer(GateClosed):
    """The list would be dated no later than the one published (RFC 5280 section 5.1.2.4)."""

    code = "crl.this-update-not-newer"
    next = "Check the clock of this machine against its time source."

    def __init__(self, this_update: datetime, published: datetime) -> None:
        super().__init__(
            f"thisUpdate {this_update.isoformat()} is not later than the published {published.isoformat()}."
        )
        self.this_update = this_update
        self.published = published


class WrongUpdateTimes(GateClosed):
    """The times in the finished list are not those it was ordered with."""

    code = "crl.wrong-update-times"

    def __init__(self, found: datetime, ordered: datetime) -> None:
        super().__init__(f"The list is dated {found.isoformat()} and was ordered for {ordered.isoformat()}.")
        self.found = found
        self.ordered = ordered


class WrongIssuer(GateClosed):
    """The issuer name is not the authority's subject, byte for byte (RFC 5280 section 5.1.2.3)."""

    code = "crl.wrong-issuer"

    def __init__(self, authority: str) -> None:
        super().__init__(f"The issuer name of the list is not, byte for byte, the subject of {authority}.")
        self.authority = authority


class WrongExtensions(GateClosed):
    """An extension is missing, unasked for, or not what the profile and the partition say (RFC 5280 section 5.2)."""

    code = "crl.wrong-extensions"

    def __init__(self, extension: str) -> None:
        super().__init__(f"The extension {extension} of the list is not what its partition and profile say.")
        self.extension = extension


class SignatureNotValid(GateClosed):
    """The signature does not verify with the authority's public key (RFC 5280 section 5.1.1.3)."""

    code = "crl.signature-not-valid"
    next = "The key on the token is not the key of the authority's certificate; check the token's labels."

    def __init__(self, authority: str) -> None:
        super().__init__(f"The signature of the list does not verify with the public key of {authority}.")
        self.authority = authority


class SizeOutOfBounds(GateClosed):
    """The file is larger than the profile allows."""

    code = "crl.size-out-of-bounds"
    next = "Look for the cause of so many revocations; then raise the bound in the profile."

    def __init__(self, size: int, bound: int) -> None:
        super().__init__(f"The list has {size} octets, more than the {bound} allowed.")
        self.size = size
        self.bound = bound


class SnapshotDiffers(GateClosed):
    """The finished list lacks, adds or alters an entry of the snapshot it was made from."""

    code = "crl.snapshot-differs"

    def __init__(self, listed: int, counted: int) -> None:
        super().__init__(
            f"The {listed} entries listed are not, octet for octet, the {counted} of the snapshot they were made from."
        )
        self.listed = listed
        self.counted = counted


class EntryLeft(GateClosed):
    """An entry of the published list is gone though it was neither released nor listed past its end (section 3.3)."""

    code = "crl.entry-left"
    next = "Compare the status table with the published list; a restored database lacks newer revocations."

    def __init__(self, serial: int) -> None:
        super().__init__(
            f"Serial {serial:x} would leave the list though it was neither released nor listed after its end."
        )
        self.serial = serial
