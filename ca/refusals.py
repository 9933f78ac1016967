"""What refuses or interrupts an issuance, a revocation or a path validation; the form is that of `ca.errors`."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from ca.errors import CAError
from policies.finding import Finding

__all__ = [
    "CarriedOutBefore",
    "EffectDiffers",
    "FindingsRefused",
    "InvalidityInFuture",
    "PathInvalid",
    "ProfileUnfit",
    "ProgramFault",
    "RandomFailed",
    "SignatureWrong",
    "TargetDiffers",
    "TargetNotServed",
    "TooManyFailures",
    "TooManyHolds",
]


@dataclass(eq=False)
class RandomFailed(CAError):
    """The random generator gave itself away as broken; issuance stops (NIAP PP_CA FPT_FLS.1)."""

    reason: str
    code = "ca.random-failed"
    sentence = "The random generator for serial numbers cannot be trusted: {reason}"
    next = "Stop the signer and have the generator tested; nothing was signed with the number it gave"


@dataclass(eq=False)
class FindingsRefused(CAError):
    """The certificate that would be signed breaks its profile or a standard; it is not signed (requirement ISS-6)."""

    profile: str
    findings: tuple[Finding, ...]
    code = "ca.findings"
    next = "Correct the facts of the case, or the profile if every case is refused"

    def __str__(self) -> str:
        codes = ", ".join(sorted({finding.code for finding in self.findings}))
        return f"A certificate of profile {self.profile!r} would break a rule: {codes}"


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


@dataclass(eq=False)
class TargetDiffers(CAError):
    """The certificate to act on is not of the authority, profile or holder that the officers signed for."""

    issuer: str
    serial: str
    field: str
    code = "ca.target-differs"
    sentence = "Certificate {issuer} {serial} is not the one the application speaks of: {field!r} differs"
    next = "Look up the holder's certificate and enter the case anew"


@dataclass(eq=False)
class TargetNotServed(CAError):
    """A release or hand-over comes from a branch that does not serve the body the certificate was issued for."""

    branch: str
    issuer: str
    serial: str
    code = "ca.target-not-served"
    sentence = "Branch {branch!r} does not serve the municipality or body for which {issuer} {serial} was issued"
    next = "Enter the case at the branch that serves the holder; any branch may hold or revoke"


@dataclass(eq=False)
class CarriedOutBefore(CAError):
    """The signer's own file says that the application was carried out, whatever the database says."""

    application: UUID
    code = "ca.application-used"
    sentence = "The application {application} was carried out before, or its act was cut short right before its commit"
    next = "Look up the certificate; if the act did not happen, enter the case anew, else find out who wrote the rows"


@dataclass(eq=False)
class EffectDiffers(CAError):
    """The life event does not have this effect on this kind of certificate, says `policies/data/life_events.toml`."""

    event: str
    kind: str
    code = "ca.effect-differs"
    sentence = "The life event {event!r} does not have this effect on a certificate of kind {kind!r}"
    next = "Enter the case with the reason that the table of life events gives"


@dataclass(eq=False)
class InvalidityInFuture(CAError):
    """An invalidity date is when the key became doubtful, which cannot be later than now (RFC 5280 section 5.3.2)."""

    invalidity_at: datetime
    code = "ca.invalidity-in-future"
    sentence = "The invalidity date {invalidity_at} lies in the future"
    next = "Enter the case with the day on which the key became doubtful"


@dataclass(eq=False)
class TooManyFailures(CAError):
    """An application failed again and again, or its signer vanished each time; it is given up."""

    attempts: int
    code = "ca.too-many-failures"
    sentence = "The application failed {attempts} times and is parked"
    next = "Read the audit entries of its attempts, remove the cause, and let the officers submit the case again"


@dataclass(eq=False)
class TooManyHolds(CAError):
    """A hold takes one officer alone, so what one officer's credential can stop within an hour is bounded."""

    person: str
    most: int
    code = "ca.too-many-holds"
    sentence = "{person} has held {most} certificates within an hour, and one person holds no more"
    next = "Have another officer enter the case, and see whether the officer's credential is in other hands"


@dataclass(eq=False)
class ProfileUnfit(CAError):
    """A ceremony step was given a profile for another kind of certificate (2012: CA certificates to customers)."""

    profile: str
    code = "ca.profile-unfit"
    sentence = "Profile {profile!r} is not for the kind of certificate that this step makes"
    next = "Correct the profile in the ceremony script"


@dataclass(eq=False)
class ProgramFault(CAError):
    """A case made the program fail in a way nobody foresaw; `kind` is the class of the exception, never its text."""

    kind: str
    code = "ca.program-fault"
    sentence = "The program failed with {kind} on this case"
    next = "Report the fault; the case is tried again and parked when it fails three times"
