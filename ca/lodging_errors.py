"""What is refused at the counter, before anything is written; the form is that of `ca.errors`.

The signer would refuse most of it too. Here it is told while the applicant, or the officer, is still there.
"""

from dataclasses import dataclass
from uuid import UUID

from ca.errors import CAError

__all__ = ["CaseEnded", "KeyStopped", "KeyUsed", "NotExamined", "NotHandedOver", "OwnCase"]


@dataclass(eq=False)
class OwnCase(CAError):
    """Who submitted a case neither examines nor approves it (requirement ROL-2)."""

    person: str
    application: UUID
    code = "ca.own-case"
    sentence = "{person} submitted application {application} and can neither examine nor approve it"
    next = "Have another officer of the branch sign; nothing was written"


@dataclass(eq=False)
class NotExamined(CAError):
    """An approval is for an examined case: who approves answers for what the examiner found."""

    application: UUID
    code = "ca.not-examined"
    sentence = "Application {application} was not examined yet, so it cannot be approved"
    next = "Have an examiner sign first; nothing was written"


@dataclass(eq=False)
class CaseEnded(CAError):
    """A signature on a case that has come to its end would change nothing."""

    application: UUID
    state: str
    code = "ca.case-ended"
    sentence = "Application {application} is {state}, and nobody signs it any more"
    next = "Look at the case; a new wish is a new application"


@dataclass(eq=False)
class KeyUsed(CAError):
    """The subject key is another holder's already."""

    code = "ca.key-used"
    sentence = "The public key belongs to another holder's certificate, and a key has one holder"
    next = "Have the holder make a new key pair, and find out how two came to have one"


@dataclass(eq=False)
class KeyStopped(CAError):
    """The subject key was reported compromised."""

    code = "ca.key-stopped"
    sentence = "The public key was reported compromised and is blocked for ever"
    next = "Have the holder make a new key pair"


@dataclass(eq=False)
class NotHandedOver(CAError):
    """The holder has a certificate of this kind that was never handed over; `serial` in hexadecimal."""

    issuer: str
    serial: str
    code = "ca.not-handed-over"
    sentence = "The holder's certificate {issuer} {serial} of the same kind was not handed over yet"
    next = "Hand it over with 'ninsho cert hand-over', or revoke it"
