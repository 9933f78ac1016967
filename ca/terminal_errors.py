"""Why a request of a counter's terminal is not believed; the form is that of `ca.errors`."""

from dataclasses import dataclass

from ca.errors import CAError

__all__ = [
    "TerminalRequestMalformed",
    "TerminalRequestOutOfTime",
    "TerminalRequestRefused",
    "TerminalRequestReplayed",
    "TerminalRequestSignatureInvalid",
    "TerminalRequestUnknown",
]


class TerminalRequestRefused(CAError):
    """A request is not one that an enrolled terminal just made; nothing of it is looked at."""


@dataclass(eq=False)
class TerminalRequestMalformed(TerminalRequestRefused):
    """The request carries no authorisation of a terminal, or one of another form."""

    code = "ca.terminal-request-malformed"
    sentence = "The request carries no terminal's authorisation"
    next = "Ask with 'ninsho terminal' of the same edition as the front end"


@dataclass(eq=False)
class TerminalRequestUnknown(TerminalRequestRefused):
    """The roster enrols no such terminal now."""

    terminal: str
    code = "ca.terminal-request-unknown"
    sentence = "The terminal {terminal} is not enrolled now"
    next = "Have the roster signed anew with this terminal's key"


@dataclass(eq=False)
class TerminalRequestOutOfTime(TerminalRequestRefused):
    """The request was made too long ago, or in the future. `seconds` from its time to now."""

    seconds: int
    code = "ca.terminal-request-out-of-time"
    sentence = "The request was made {seconds} s ago by the terminal's clock"
    next = "Set the clocks of the terminal and of the front end by the same source"


@dataclass(eq=False)
class TerminalRequestSignatureInvalid(TerminalRequestRefused):
    """The signature is not the enrolled key's over this request."""

    terminal: str
    code = "ca.terminal-request-signature-invalid"
    sentence = "The signature on the request is not the terminal {terminal}'s over what was received"
    next = "Start the terminal with the key that the roster enrols"


@dataclass(eq=False)
class TerminalRequestReplayed(TerminalRequestRefused):
    """The same request was received before."""

    terminal: str
    code = "ca.terminal-request-replayed"
    sentence = "The same request of the terminal {terminal} was received before"
    next = "Look into it: an honest terminal never sends a request twice"
