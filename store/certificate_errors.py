"""What the store refuses about one certificate: its serial, its key, its holder's places and its status."""

from store.errors import StoreError


class CertificateError(StoreError):
    """A refusal about one certificate, named by its issuer and serial."""

    def __init__(self, issuer: str, serial: int, what: str) -> None:
        """State the certificate's ``issuer`` and ``serial`` and ``what`` stands in the way."""
        self.issuer, self.serial = issuer, serial
        super().__init__(f"The certificate {issuer} {serial:x} {what}.")


class UnknownCertificate(CertificateError, LookupError):
    """No such certificate, or it was reserved and never issued."""

    code = "store.unknown-certificate"
    next = "Check the issuer and the serial."

    def __init__(self, issuer: str, serial: int) -> None:
        """State the ``issuer`` and ``serial`` asked for."""
        super().__init__(issuer, serial, "is not recorded")


class NotReserved(CertificateError):
    """The serial is not waiting for its signature."""

    code = "store.not-reserved"
    next = "Read the certificate's state; a serial is signed once."

    def __init__(self, issuer: str, serial: int) -> None:
        """State the ``issuer`` and ``serial``."""
        super().__init__(issuer, serial, "is not waiting for a signature")


class SerialInUse(CertificateError):
    """The issuer already used this serial (RFC 5280 section 4.1.2.2)."""

    code = "store.serial-in-use"
    next = "Draw another serial; if it happens again, stop and check the random source."

    def __init__(self, issuer: str, serial: int) -> None:
        """State the ``issuer`` and ``serial``."""
        super().__init__(issuer, serial, "uses a serial this issuer already used")


class HolderBusy(CertificateError):
    """The holder already has a pending certificate of this kind."""

    code = "store.holder-busy"
    next = "Hand over the pending certificate first, or revoke it."

    def __init__(self, issuer: str, serial: int) -> None:
        """State the ``issuer`` and ``serial`` that were refused."""
        super().__init__(issuer, serial, "is refused because its holder already has a pending one of this kind")


class KeyOfAnotherHolder(CertificateError):
    """The subject key already belongs to another holder."""

    code = "store.key-of-another-holder"
    next = "Have the holder make a new key pair, and find out how two came to have one."

    def __init__(self, issuer: str, serial: int) -> None:
        """State the ``issuer`` and ``serial`` that were refused."""
        super().__init__(issuer, serial, "is refused because its public key already belongs to another holder")


class KeyBlocked(CertificateError):
    """The subject key was reported compromised."""

    code = "store.key-blocked"
    next = "Have the holder make a new key pair."

    def __init__(self, issuer: str, serial: int) -> None:
        """State the ``issuer`` and ``serial`` that were refused."""
        super().__init__(issuer, serial, "is refused because its public key is blocked for ever")


class DistributionPointChanged(CertificateError):
    """The authority's certificates in this partition already name another distribution point."""

    code = "store.distribution-point-changed"
    next = "Use a new partition code: a partition is never renamed."

    def __init__(self, issuer: str, serial: int) -> None:
        """State the ``issuer`` and ``serial`` that were refused."""
        super().__init__(
            issuer, serial, "names another distribution point than its authority's others in that partition"
        )


class AlreadyRevoked(CertificateError):
    """The certificate is revoked, and revoked is for ever."""

    code = "store.already-revoked"
    next = "Nothing is left to do."

    def __init__(self, issuer: str, serial: int) -> None:
        """State the ``issuer`` and ``serial``."""
        super().__init__(issuer, serial, "is already revoked")


class AlreadyHeld(CertificateError):
    """The certificate is already on hold."""

    code = "store.already-held"
    next = "Release or revoke it."

    def __init__(self, issuer: str, serial: int) -> None:
        """State the ``issuer`` and ``serial``."""
        super().__init__(issuer, serial, "is already on hold")


class NotHeld(CertificateError):
    """Only a certificate on hold can be released (RFC 5280 section 5.3.1)."""

    code = "store.not-held"
    next = "Read the certificate's status."

    def __init__(self, issuer: str, serial: int) -> None:
        """State the ``issuer`` and ``serial``."""
        super().__init__(issuer, serial, "is not on hold, so it cannot be released")


class NoPending(StoreError, LookupError):
    """The holder has no pending certificate of this kind."""

    code = "store.no-pending"
    next = "Issue a certificate first."

    def __init__(self, kind: str) -> None:
        """State the ``kind`` of certificate; the holder is not named."""
        self.kind = kind
        super().__init__(f"This holder has no pending certificate of the kind {kind}.")
