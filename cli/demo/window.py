"""The demo's counter window: a terminal, and the cards of some residents in software."""

from collections.abc import Sequence
from itertools import islice
from typing import Final

from cli.config import Config
from cli.demo.enrolment import branch_of_terminal
from cli.demo.home import MODULE, TERMINALS
from cli.demo.people import WINDOW, Resident
from cli.demo.register import entries
from hsm.soft_card import SoftReader, make_soft_card

__all__ = ["CARDS", "SCREEN_PORT", "TERMINAL", "make_cards", "terminal_arguments"]

CARDS: Final = "cards"
"""The folder of the cards in a demo home; a home made without it has no terminal."""

HOW_MANY: Final = 6
SCREEN_PORT: Final = 8563
"""Of the resident's screen, unless something else has it."""

TERMINAL: Final = TERMINALS[0]


def make_cards(config: Config, people: Sequence[Resident]) -> tuple[str, ...]:
    """Make empty cards of the first residents whom the terminal's branch serves; the first one lies on the reader.

    The keys of their certificates so far are not in them: the story's residents never came to this window.
    """
    folder = config.home / CARDS
    folder.mkdir(mode=0o700)
    place = branch_of_terminal(TERMINAL).removeprefix("branch-")
    numbers = tuple(islice((each.card for each in entries(people) if each.municipality == place), HOW_MANY))
    for number in numbers:
        make_soft_card(folder, number, MODULE)
    SoftReader(folder, MODULE).put(numbers[0])
    return numbers


def terminal_arguments(config: Config, front: str, screen: int) -> list[str]:
    """How the counter's PC starts its terminal for the front end at `front`."""
    home = config.home
    return [
        "terminal",
        *("--terminal", TERMINAL),
        *("--deployment", config.deployment),
        *("--window", WINDOW),
        *("--key", str(home / "officers" / f"{TERMINAL}.key.pem")),
        *("--front", front),
        *("--card", f"soft:{home / CARDS}"),
        *("--authorities", str(home / "public" / "ca")),
        *("--screen", str(screen)),
    ]
