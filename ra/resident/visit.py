"""What the resident's screen shows, and what it may ask of the program that holds the card.

The screen knows no card, no key and no front end. It passes a new PIN on in one call and forgets it.
"""

from dataclasses import dataclass
from typing import Final, Literal, Protocol, TypeAlias, get_args

__all__ = ["LANGUAGES", "MOVING", "Bench", "Language", "Page", "Slot", "View", "Visit"]

Language: TypeAlias = Literal["ja", "en", "easy"]
"""日本語, English, やさしい日本語."""

LANGUAGES: Final[tuple[Language, ...]] = get_args(Language)

Slot: TypeAlias = Literal["sign", "auth"]
"""署名用, 利用者証明用: which of a card's two applications."""

Page: TypeAlias = Literal[
    "waiting", "language", "consent", "card", "pin", "working", "sending", "seat", "writing", "written", "done", "error"
]

MOVING: Final[frozenset[Page]] = frozenset(
    {"waiting", "card", "working", "sending", "seat", "writing", "written", "done"}
)
"""Pages that ask nothing and go on by themselves; the others stay as long as the resident needs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """One page. `stamp` (32 hexadecimal digits) is another one for every page and stands in its forms.

    `receipt` is the case's number; `task`: "keys" for a new certificate, "pin" for new PINs only. `slot` and `place`
    (this one, of how many) belong to a PIN's page, `defect` says why the PINs just typed were refused. `card` gives the
    last four characters of the card that is awaited, `wrong` says that another one lies on the reader. `trouble` names
    an error page's words, `code` is for the staff. `away`: the front end does not answer.
    """

    page: Page
    stamp: str
    language: Language = "ja"
    receipt: str | None = None
    task: Literal["keys", "pin"] = "keys"
    slot: Slot | None = None
    place: tuple[int, int] = (1, 1)
    defect: str | None = None
    card: str | None = None
    wrong: bool = False
    trouble: str | None = None
    code: str | None = None
    away: bool = False


class Visit(Protocol):
    """One resident's turn at the terminal. Each act is for the page that is shown; on another page it does nothing."""

    def view(self) -> View:
        """The page to show now."""
        ...

    def choose(self, language: Language) -> None:
        """The resident chose a language."""
        ...

    def agree(self) -> None:
        """The resident agreed to what will be done."""
        ...

    def enter(self, stamp: str, first: str, second: str) -> None:
        """The resident typed a new PIN twice on the page of that stamp. Returns when the card is done with it."""
        ...

    def again(self) -> None:
        """Try again what failed."""
        ...


class Bench(Protocol):
    """A reader in software, whose cards are put down by a button of the demonstration."""

    def numbers(self) -> tuple[str, ...]:
        """The cards there are."""
        ...

    def lying(self) -> str | None:
        """The card that lies on the reader."""
        ...

    def put(self, number: str | None) -> None:
        """Lay another card on it, or none; raises LookupError for a card that does not exist."""
        ...
