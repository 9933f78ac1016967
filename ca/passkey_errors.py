"""Why a passkey's assertion is not believed: one class and one code for each step of the verification.

The form is that of `ca.errors`; the steps are those of WebAuthn Level 2 section 7.2.
"""

from dataclasses import dataclass

from ca.errors import CAError

__all__ = [
    "AssertionMalformed",
    "AssertionOfAnotherChallenge",
    "AssertionOfAnotherOrigin",
    "AssertionOfAnotherParty",
    "AssertionOfAnotherType",
    "AssertionSignatureInvalid",
    "AssertionWithinAnotherPage",
    "PasskeyRefused",
    "UserNotPresent",
    "UserNotVerified",
]


class PasskeyRefused(CAError):
    """An assertion does not say what it should; nobody is taken to have signed anything."""

    next = "Look into it before anything else: an honest browser and passkey never fail this check"


@dataclass(eq=False)
class AssertionMalformed(PasskeyRefused):
    """The octets are no assertion as an authenticator and a browser make it, or more of them than are read."""

    defect: str
    code = "ca.passkey-malformed"
    sentence = "The passkey's assertion is malformed: {defect}"


@dataclass(eq=False)
class AssertionOfAnotherType(PasskeyRefused):
    """The browser made something else for the page than an assertion, as a registration."""

    code = "ca.passkey-type"
    sentence = "The passkey was asked for something else than an assertion"


@dataclass(eq=False)
class AssertionOfAnotherChallenge(PasskeyRefused):
    """The passkey signed another statement: another application, role, person or moment, or a mere login."""

    code = "ca.passkey-challenge"
    sentence = "The passkey's assertion is about something else than it is given for"


@dataclass(eq=False)
class AssertionOfAnotherOrigin(PasskeyRefused):
    """The page that asked for the assertion lies elsewhere than where this kind of signature is given."""

    origin: str
    code = "ca.passkey-origin"
    sentence = "The passkey's assertion was not made on the pages of {origin}"


@dataclass(eq=False)
class AssertionWithinAnotherPage(PasskeyRefused):
    """The page stood in a frame of another origin, which decides what its reader sees."""

    code = "ca.passkey-framed"
    sentence = "The passkey was asked by a page within a page of another origin"


@dataclass(eq=False)
class AssertionOfAnotherParty(PasskeyRefused):
    """The passkey is one for another relying party: it is the working pages' where an approval is to be signed."""

    party: str
    code = "ca.passkey-party"
    sentence = "The assertion was not made with a passkey for {party}"
    next = "Sign with the passkey that is enrolled for this kind of signature"


@dataclass(eq=False)
class UserNotPresent(PasskeyRefused):
    """Nobody touched the authenticator (flag UP)."""

    code = "ca.passkey-user-absent"
    sentence = "Nobody was present at the passkey when it signed"
    next = "Sign again and touch the authenticator"


@dataclass(eq=False)
class UserNotVerified(PasskeyRefused):
    """The authenticator did not verify who touched it (flag UV): a found device would sign for its owner."""

    code = "ca.passkey-user-not-verified"
    sentence = "The passkey did not verify by PIN, finger or face who used it"
    next = "Sign again with an authenticator that verifies its user"


@dataclass(eq=False)
class AssertionSignatureInvalid(PasskeyRefused):
    """The signature is not the enrolled key's over these octets."""

    code = "ca.passkey-signature-invalid"
    sentence = "The passkey's signature does not verify with the enrolled key"
