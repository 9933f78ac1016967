"""Why a person's or a terminal's signature does not count, though it may verify: its kind, its place, its time.

Persons, credentials, terminals and branches appear as their codes in the roster; the form is that of `ca.errors`.
"""

from dataclasses import dataclass
from datetime import datetime

from ca.warrant_errors import WarrantRefused

__all__ = [
    "DemoPasskeyRefused",
    "EvidenceKindDiffers",
    "NotificationInvalid",
    "PasskeysNotExpected",
    "TerminalElsewhere",
    "TerminalMissing",
    "TerminalNotValid",
    "TerminalUnknown",
]


@dataclass(eq=False)
class EvidenceKindDiffers(WarrantRefused):
    """Evidence says that another kind of credential signed than the roster enrols under that code."""

    credential: str
    kind: str
    code = "ca.evidence-kind-differs"
    sentence = "{credential!r} does not sign as a credential of kind {kind!r}"


@dataclass(eq=False)
class DemoPasskeyRefused(WarrantRefused):
    """A passkey made by software signs in demo homes only: its key lies in a file."""

    credential: str
    code = "ca.demo-passkey"
    sentence = "{credential!r} is a passkey of a demonstration and signs nothing here"
    next = "Sign with a passkey of an authenticator, and take the demonstration's out of the roster"


@dataclass(eq=False)
class PasskeysNotExpected(WarrantRefused):
    """The program that verifies knows no relying party, so no passkey can be believed."""

    credential: str
    code = "ca.passkeys-not-expected"
    sentence = "{credential!r} is a passkey, and this program knows no pages where passkeys sign"
    next = "Enter the front end's origins ([ra]) in the signer's own configuration"


@dataclass(eq=False)
class TerminalMissing(WarrantRefused):
    """The branch has enrolled terminals, and no terminal says that the resident's card made this key there."""

    branch: str
    code = "ca.terminal-missing"
    sentence = "No terminal of branch {branch!r} signed the notification of the resident's key"
    next = "Have the key made at a terminal of the branch"


@dataclass(eq=False)
class TerminalUnknown(WarrantRefused):
    """The terminal is not in the newest roster: never enrolled, or gone since."""

    terminal: str
    code = "ca.terminal-unknown"
    sentence = "{terminal!r} is no terminal of the roster"
    next = "Have the key made at an enrolled terminal"


@dataclass(eq=False)
class TerminalElsewhere(WarrantRefused):
    """The terminal stands in another branch or at another window than the application names."""

    terminal: str
    branch: str
    code = "ca.terminal-elsewhere"
    sentence = "{terminal!r} does not stand at the window of branch {branch!r} that the application names"
    next = "Have the key made at the window where the case is taken"


@dataclass(eq=False)
class TerminalNotValid(WarrantRefused):
    """The terminal did not count when the application was made, or does not now."""

    terminal: str
    valid_from: datetime
    valid_until: datetime
    code = "ca.terminal-not-valid"
    sentence = "The terminal {terminal!r} is valid from {valid_from} until {valid_until} only"
    next = "Renew the terminal in the roster and have the key made again"


@dataclass(eq=False)
class NotificationInvalid(WarrantRefused):
    """The terminal's signature is not one over this application's key and proof: another key was put in its place."""

    terminal: str
    code = "ca.notification-invalid"
    sentence = "The key notification signed by {terminal!r} does not verify"
