"""What a ceremony refuses, one class and one stable code per cause; the form is that of `ca.errors`.

A share, a PIN or a word of either never stands in a refusal: shares and words are named by their place.
"""

from dataclasses import dataclass

from ca.errors import CAError

__all__ = [
    "CeremonyChanged",
    "CeremonyRefused",
    "CeremonyStopped",
    "ConfirmationRefused",
    "InputEnded",
    "MinutesRefused",
    "NotRehearsed",
    "NothingBegun",
    "PeopleRefused",
    "ScriptRefused",
    "SharesRefused",
    "TimedOut",
    "TranscriptBroken",
    "TranscriptClosed",
    "TranscriptExists",
    "TranscriptInUse",
    "TranscriptTruncated",
]


class CeremonyRefused(CAError):
    """A ceremony is not held as asked, or what it left behind is not believed."""


@dataclass(eq=False)
class ScriptRefused(CeremonyRefused):
    """The reviewed file of a ceremony is not one that can be held; `place` is the key of the file."""

    place: str
    why: str
    code = "ca.ceremony-script"
    sentence = "The ceremony's script is refused at {place}: {why}"
    next = "Correct the file, have it reviewed again, and use the new digest everywhere"


@dataclass(eq=False)
class PeopleRefused(CeremonyRefused):
    """The people of a script do not watch each other; `people` are the codes of those it is about."""

    people: tuple[str, ...]
    why: str
    code = "ca.ceremony-people"
    sentence = "The people of this ceremony are refused ({people}): {why}"
    next = "Name other people or credentials in a script reviewed again, or have a roster with them signed"


@dataclass(eq=False)
class ConfirmationRefused(CeremonyRefused):
    """A confirmation of a step is not believed; the step does not count as confirmed."""

    person: str
    step: str
    why: str
    code = "ca.ceremony-confirmation"
    sentence = "The confirmation of step {step} by {person} is refused: {why}"
    next = "Let the person whom the step names confirm it with the credential that the script names"


@dataclass(eq=False)
class SharesRefused(CeremonyRefused):
    """A secret is not put together from these shares, or not split as asked."""

    why: str
    code = "ca.ceremony-shares"
    sentence = "The shares are refused: {why}"
    next = "Compare each share with the custodian's paper, word by word, and enter them again"


@dataclass(eq=False)
class TranscriptBroken(CeremonyRefused):
    """A transcript is not as it was written; `line` is the first line that shows it, counted from 1."""

    line: int
    why: str
    code = "ca.ceremony-transcript"
    sentence = "The transcript is broken at line {line}: {why}"
    next = "Treat the transcript as tampered with: compare it with the copies that the participants keep"


@dataclass(eq=False)
class TranscriptTruncated(TranscriptBroken):
    """The end of a transcript is missing; `line` is the one that should follow, `whole` the last whole line."""

    whole: int
    code = "ca.ceremony-transcript-truncated"
    sentence = "The transcript is truncated at line {line}: {why}; the last whole line is {whole}"
    next = "Resume the ceremony if it was interrupted; otherwise find the whole transcript among the copies"


@dataclass(eq=False)
class NothingBegun(CeremonyRefused):
    """A transcript without a whole entry: there is nothing to go on with, and no step was taken."""

    code = "ca.ceremony-not-begun"
    sentence = "Nothing of this ceremony was begun: its transcript has no whole entry"
    next = (
        "Begin with 'ninsho ceremony run', which takes an empty file over and wants any other put away; "
        "if steps were taken, find the transcript among the copies"
    )


@dataclass(eq=False)
class TranscriptExists(CeremonyRefused):
    """A transcript is never written over."""

    code = "ca.ceremony-exists"
    sentence = "There is a transcript of this ceremony already"
    next = "Resume that ceremony, or hold this one under an identifier of its own"


@dataclass(eq=False)
class TranscriptInUse(CeremonyRefused):
    """Two programs never write one transcript."""

    code = "ca.ceremony-in-use"
    sentence = "Another program is writing this transcript"
    next = "Go on in the terminal where the ceremony runs, or end that program first"


@dataclass(eq=False)
class TranscriptClosed(CeremonyRefused):
    """Nothing follows the closing entry, and nothing is written after a write has failed."""

    code = "ca.ceremony-closed"
    sentence = "Nothing more is written to this transcript"
    next = "Hold a new ceremony for whatever is still to be done, or resume this one if it is not closed"


@dataclass(eq=False)
class CeremonyStopped(CeremonyRefused):
    """The room found something that must not be; what was done until then stands in the transcript."""

    why: str
    code = "ca.ceremony-stopped"
    sentence = "The ceremony stops: {why}"
    next = "Find out why with the witness watching, then resume the ceremony or hold another one"


@dataclass(eq=False)
class CeremonyChanged(CeremonyRefused):
    """Something is not what was reviewed: the script, the program, or a certificate's bytes."""

    what: str
    why: str
    code = "ca.ceremony-changed"
    sentence = "{what} is not what was reviewed: {why}"
    next = "Do not go on: compare the digests on paper with those on the screen, and have the change reviewed"


@dataclass(eq=False)
class NotRehearsed(CeremonyRefused):
    """In earnest a ceremony is rehearsed first, and what it makes is compared with what was rehearsed."""

    code = "ca.ceremony-not-rehearsed"
    sentence = "Nothing shows that this script was rehearsed"
    next = "Rehearse it with 'ceremony rehearse --transcript', and name that transcript with --rehearsal"


@dataclass(eq=False)
class TimedOut(CeremonyRefused):
    """Nobody answered in the time the script gives; `what` was waited for. A `rehearsal` leaves nothing to resume."""

    person: str
    what: str
    seconds: int
    rehearsal: bool = False
    code = "ca.ceremony-timeout"
    sentence = "There was no answer from {person} within {seconds} seconds: {what}"
    next = "Let everybody come back to the room and resume the ceremony"

    def __post_init__(self) -> None:
        if self.rehearsal:
            self.next = "Let everybody come back to the room and rehearse again from the beginning"


@dataclass(eq=False)
class InputEnded(CeremonyRefused):
    """Nothing more can be typed, and `what` was waited for. A `rehearsal` leaves nothing to resume."""

    person: str
    what: str
    rehearsal: bool = False
    code = "ca.ceremony-input-ended"
    sentence = "The input ended before {person} answered: {what}"
    next = "Resume the ceremony on a terminal where people can type"

    def __post_init__(self) -> None:
        if self.rehearsal:
            self.next = "Rehearse again from the beginning on a terminal where people can type"


@dataclass(eq=False)
class MinutesRefused(CeremonyRefused):
    """Minutes are not those of a script and a transcript; `place` is a page, an attached file or the seals."""

    place: str
    why: str
    code = "ca.ceremony-minutes"
    sentence = "The minutes are refused at {place}: {why}"
    next = "Treat the minutes as tampered with: compare them with the copies that the participants keep"
