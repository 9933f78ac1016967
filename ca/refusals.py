"""What refuses or interrupts an issuance, a revocation or a path validation; the form is that of `ca.errors`."""

from dataclasses import dataclass

from ca.errors import CAError

__all__ = ["PathInvalid", "RandomFailed", "SignatureWrong"]


@dataclass(eq=False)
class RandomFailed(CAError):
    """The random generator gave itself away as broken; issuance stops (NIAP PP_CA FPT_FLS.1)."""

    reason: str
    code = "ca.random-failed"
    sentence = "The random generator for serial numbers cannot be trusted: {reason}"
    next = "Stop the signer and have the generator tested; nothing was signed with the number it gave"


@dataclass(eq=False)
class SignatureWrong(CAError):
    """What came back from the key is not a signature over the recorded bytes; it is not released."""

    reason: str
    code = "ca.signature-wrong"
    sentence = "The token's signature is not one over the recorded certificate: {reason}"
    next = "Take the token out of service and test it; the serial number will be recorded as revoked"


@dataclass(eq=False)
class PathInvalid(CAError):
    """The certificate has no valid path to the roots given (RFC 5280 section 6)."""

    reason: str
    code = "ca.path-invalid"
    sentence = "There is no valid path: {reason}"
    next = "Check that the roots, the intermediate certificates and the lists are of the same generation"
