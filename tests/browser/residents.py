"""The people of the browser tests: the first of the demo's residents, with a register and some cards."""

from random import Random

from cli.demo.people import Resident, residents
from cli.demo.register import enter_register
from cli.demo.run import LOT
from cli.demo.window import make_cards
from cli.wiring import utc_now
from tests.fixtures.home import Home

PEOPLE = 60
WITH_CARDS = (0, 7, 8)
"""Nobody has a certificate yet. The card of number 8 ends so soon that its certificates can be renewed at once."""


def people() -> list[Resident]:
    """The residents of these tests, by their numbers."""
    return list(residents(PEOPLE, utc_now().date(), Random(LOT)))  # noqa: S311 - a lot, no secret


def furnish(home: Home) -> None:
    """Give the home a resident register, and the cards of some residents, before its front end starts."""
    found = people()
    enter_register(home.config.home, found)
    make_cards(home.config, [found[number] for number in WITH_CARDS])
