"""What a terminal could not do, in words for the counter, with what to do."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from ra.case_file import CaseFile
from ra.languages import mark
from ra.records import Trouble

__all__ = ["TROUBLES", "trouble_of"]

TROUBLES: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        "card": (
            mark("The card did not do what the terminal asked of it."),
            mark(
                "Lay the card on the reader again and press \u201cTry again\u201d on the resident's screen. "
                "If it fails again, try another reader; a broken card has to be replaced."
            ),
        ),
        "certificate": (
            mark("What should be written is not this card's, or is of an authority that the terminal does not know."),
            mark(
                "Nothing was written. Tell the administrators before anything else, and keep the card at the counter."
            ),
        ),
        "refused": (
            mark("What the terminal reported does not fit this case."),
            mark(
                "Press \u201cTry again\u201d on the resident's screen. If it is refused again, see that the card "
                "on the reader is the visitor's, and tell the administrators the code."
            ),
        ),
    }
)
"""What failed and what to do, by the word of the report: message ids."""


def trouble_of(file: CaseFile) -> Trouble | None:
    """The trouble in which the case's terminal is now; None once anything else has happened."""
    return file.latest(Trouble) if file.events and "trouble" in file.events[-1].facts else None
