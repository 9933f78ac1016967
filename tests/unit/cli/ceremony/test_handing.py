"""Handing shares out: each custodian proves the paper once, and may mistype it (design section 3)."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from ca.ceremony.errors import CeremonyStopped
from ca.ceremony.room import Attempt, Facts, Room
from ca.ceremony.script import Person, TokenPlan
from ca.ceremony.steps import steps
from ca.ceremony.token_acts import SHARES_KEPT, initialise_token, reopen
from ca.issuance import passed
from cli.ceremony.hall import filled_room
from cli.ceremony.people import SilentPeople, WrittenPapers
from tests.fixtures.ceremonies import Hall, make_hall, tells


class MistypedPapers(WrittenPapers):
    """Papers of which sato mistypes one word, so many times."""

    def __init__(self, folder: Path, times: int) -> None:
        super().__init__(folder)
        self._left = times

    def ask(self, person: Person, token: TokenPlan) -> str:
        """What was typed from the paper."""
        share = super().ask(person, token)
        if person.code != "sato" or not self._left:
            return share
        self._left -= 1
        first, others = share.split(maxsplit=1)
        return f"{'acid' if first != 'acid' else 'acne'} {others}"


@dataclass
class Handing:
    """A hall whose first token is to be made, and what was said and noted meanwhile."""

    hall: Hall
    said: list[str] = field(default_factory=list)
    noted: list[tuple[str, Facts]] = field(default_factory=list)

    def initialise(self, mistyped: int) -> Facts:
        """Take the step that hands the shares out."""
        script = self.hall.script
        step = next(each for each in steps(script) if each.action == "token.initialise")
        papers = MistypedPapers(self.hall.papers, mistyped)
        people = SilentPeople(script, self.hall.credentials(), papers, self.said.append)
        with self._room(people) as room:
            return initialise_token(
                room, Attempt(step, (), lambda event, facts: self.noted.append((event, facts)), passed)
            )

    def open_again(self, mistyped: int) -> Facts:
        """Make the token, then open it with the shares of a quorum."""
        self.initialise(0)
        papers = MistypedPapers(self.hall.papers, mistyped)
        people = SilentPeople(self.hall.script, self.hall.credentials(), papers, self.said.append)
        with self._room(people) as room:
            return {"serial": reopen(room, self.hall.script.tokens[0]).serial}

    @contextmanager
    def _room(self, people: SilentPeople) -> Iterator[Room]:
        hall = self.hall
        with (
            filled_room(hall.config, hall.script, people, hall.script_file.parent, hall.memory) as room,
            room.closed_at_the_end(),
        ):
            yield room

    def told_by(self, text: str) -> bool:
        """Whether a text tells of what stands on a custodian's paper."""
        return any(tells(text, paper.read_text("ascii").split()) for paper in self.hall.papers.iterdir())


@pytest.fixture
def handing(tmp_path: Path) -> Handing:
    """Nobody has a share yet."""
    return Handing(make_hall("one-tier-ca", tmp_path / "hall"))


def test_a_mistyped_share_is_typed_again(handing: Handing) -> None:
    """Twice mistyped and then right: the token is made, and the transcript tells what it tells of everybody."""
    assert handing.initialise(2)["secret_bits"] == 128
    handed = [dict(facts)["person"] for event, facts in handing.noted if event == "share.handed"]
    assert handed == ["sato", "suzuki", "tanaka"]
    assert [line for line in handing.said if "sato" in line]


def test_a_share_mistyped_three_times_stops_the_ceremony(handing: Handing) -> None:
    """The paper itself may be wrong: no token learns of a secret that nobody could put together again."""
    with pytest.raises(CeremonyStopped, match="sato") as caught:
        handing.initialise(3)
    assert SHARES_KEPT not in dict(handing.noted)
    assert not handing.told_by(f"{caught.value} {' '.join(handing.said)} {handing.noted}")


def test_nothing_of_a_mistyped_share_is_told(handing: Handing) -> None:
    """What the room is told names the person and how often is left, never a word."""
    handing.initialise(1)
    told = " ".join(handing.said)
    assert "sato" in told
    assert not handing.told_by(f"{told} {handing.noted}")


def test_a_mistyped_share_is_typed_again_when_a_token_is_opened(handing: Handing) -> None:
    """A sitting that goes on does not end by a slip of the fingers."""
    assert handing.open_again(2)["serial"]
    assert sum("sato" in line for line in handing.said) == 2


def test_a_share_that_never_reads_opens_no_token(handing: Handing) -> None:
    """After three tries the custodian has another paper; the refusal holds no word of it."""
    with pytest.raises(CeremonyStopped, match="sato") as caught:
        handing.open_again(3)
    assert not handing.told_by(f"{caught.value} {' '.join(handing.said)}")
