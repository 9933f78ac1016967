"""Ceremonies whose people confirm with cards of their own, behind the same module as the ceremony's tokens."""

import io
from collections.abc import Iterator
from pathlib import Path

import pytest

from ca.ceremony.confirmations import check_confirmations
from ca.ceremony.run import Run
from ca.ceremony.script import Role, Script
from ca.ceremony.steps import steps
from ca.ceremony.transcript import Transcript
from cli.ceremony.credentials import GivenKeys
from cli.ceremony.hall import filled_room
from cli.ceremony.people import TerminalPeople, WrittenPapers
from cli.ceremony.screen import Screen
from cli.wiring import elapsed_seconds
from hsm.errors import TokenAlreadyOpen
from hsm.provision import closed_token
from tests.fixtures.ceremonies import Hall, card_pin, give_cards, make_hall

SIGNED = frozenset({"authority.record", "roster.sign"})
"""The actions in which the administrators sign what they have confirmed."""


def typed(script: Script) -> Iterator[str]:
    """What the people type: a phrase and a PIN for each confirmation, a PIN for each signature."""
    for step in steps(script):
        for who in step.confirm:
            yield step.phrase(who)
            yield card_pin(who)
        if step.action in SIGNED:
            yield from (card_pin(each.code) for each in script.with_role(Role.ADMINISTRATOR))


class Watched(io.StringIO):
    """Lines that are typed; whenever one is waited for, the card of the last person to type must be closed."""

    def __init__(self, hall: Hall) -> None:
        self._lines = list(typed(hall.script))
        self._cards = {each.code: hall.card(each.code) for each in hall.script.people}
        self.last: str | None = None
        self.left_open: list[str] = []
        super().__init__("".join(f"{line}\n" for line in self._lines))

    def readline(self, size: int | None = -1, /) -> str:
        """The next line."""
        if self.last is not None:
            try:
                with closed_token(self._cards[self.last]):
                    pass
            except TokenAlreadyOpen:
                self.left_open.append(self.last)
        line = super().readline(-1 if size is None else size)
        self.last = next((code for code in self._cards if line.strip() == card_pin(code)), None)
        return line


@pytest.mark.parametrize("kind", ["one-tier-ca", "backup", "roster"])
def test_a_ceremony_is_held_with_cards(kind: str, tmp_path: Path) -> None:
    """Each PIN is typed for one signature, and no card is open while anybody is waited for.

    So a backup is restored beside them: a throw-away token needs the module for itself.
    """
    hall = make_hall(kind, tmp_path / "hall")
    given = give_cards(hall)
    lines = Watched(hall)
    screen = Screen(io.StringIO(), lines, 60, rehearsal=False)
    keys = GivenKeys(hall.config, hall.script, given, screen)
    people = TerminalPeople(hall.script, screen, keys, WrittenPapers(hall.papers))
    with (
        filled_room(hall.config, hall.script, people, hall.script_file.parent, hall.memory) as room,
        Transcript.create(hall.transcript, rehearsal=False) as transcript,
    ):
        Run(room, transcript, elapsed_seconds).hold()
    check_confirmations(hall.script, hall.entries())
    assert lines.read() == ""
    assert lines.left_open == []
