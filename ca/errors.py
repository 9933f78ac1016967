"""What the certification authority refuses, and what can go wrong while it issues.

Every error carries facts as attributes, a stable `code`, one English sentence as its text (what and why, never a
name, address, birth date or key) and `next`: what to do about it, in one sentence.
"""

from typing import ClassVar

__all__ = ["AuthorityError", "PathInvalid", "RandomFailed", "SignatureWrong"]


class AuthorityError(Exception):
    """The base of every error of this package."""

    code: ClassVar[str] = "ca.error"
    next: ClassVar[str] = "Read the audit entry of the act."


class RandomFailed(AuthorityError):
    """The random generator gave itself away as broken; issuance stops (NIAP PP_CA FPT_FLS.1)."""

    code = "ca.random-failed"
    next = "Stop the signer and have the generator tested; nothing was signed with the number it gave."

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(f"The random generator for serial numbers cannot be trusted: {reason}.")


class SignatureWrong(AuthorityError):
    """What came back from the key is not a signature over the recorded bytes; it is not released."""

    code = "ca.signature-wrong"
    next = "Take the token out of service and test it; the serial number will be recorded as revoked."

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(f"The token's signature is not over the recorded certificate: {reason}.")


class PathInvalid(AuthorityError):
    """The certificate has no valid path to the roots given (RFC 5280 section 6)."""

    code = "ca.path-invalid"
    next = "Check that the roots, the intermediate certificates and the lists are of the same generation."

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(f"There is no valid path: {reason}.")
