"""The terminal of a ceremony: answers are waited for only so long, and shares are seen by nobody else (design 3)."""

import io
import os
import pty
import sys
import termios
import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from time import monotonic
from typing import TextIO

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from ca.ceremony.errors import InputEnded, TimedOut
from ca.ceremony.script import load_script
from ca.ceremony.steps import steps
from cli.ceremony.people import TerminalPeople, ThrowAwayKeys, TypedPapers
from cli.ceremony.screen import Screen, standard_screen
from cli.exits import Exit, exit_of
from tests.fixtures.home import CHECKOUT

SCRIPT = load_script((CHECKOUT / "docs" / "ceremonies" / "one-tier-ca.toml").read_bytes())
STEP = steps(SCRIPT)[0]
SATO, TOKEN = SCRIPT.person("sato"), SCRIPT.tokens[0]
SHARE = " ".join(f"word{number:02}" for number in range(1, 21))
NOBODY = ThrowAwayKeys({})
WIPED = "\x1b[2J\x1b[3J\x1b[H"


@dataclass
class Terminal:
    """Both ends of a terminal: `typed` and `out` are the program's, the rest is what a person does and sees."""

    master: int
    typed: TextIO
    out: TextIO

    def screen(self, limit: int, *, rehearsal: bool = False) -> Screen:
        """The program's screen, which waits `limit` seconds."""
        return Screen(self.out, self.typed, limit, rehearsal=rehearsal)

    def type(self, text: str) -> None:
        """Type it."""
        os.write(self.master, text.encode())

    def type_unseen(self, text: str) -> None:
        """Type it as soon as the terminal shows no typing."""
        while termios.tcgetattr(self.typed.fileno())[3] & termios.ECHO:
            pass
        self.type(text)

    def shown(self) -> str:
        """Everything on the screen so far."""
        self.out.flush()
        os.set_blocking(self.master, False)
        parts = []
        with suppress(BlockingIOError):
            while part := os.read(self.master, 65_536):
                parts.append(part)
        return b"".join(parts).decode()


@pytest.fixture
def terminal() -> Iterator[Terminal]:
    """A terminal that nobody has typed on."""
    master, slave = pty.openpty()
    with os.fdopen(os.dup(slave), "r", encoding="utf-8") as typed, os.fdopen(slave, "w", encoding="utf-8") as out:
        yield Terminal(master, typed, out)
    os.close(master)


def test_a_confirmation_is_waited_for_until_the_limit(terminal: Terminal) -> None:
    """Nobody types for a second: the ceremony stops with status 6 and names whom it waited for."""
    people = TerminalPeople(SCRIPT, terminal.screen(1), NOBODY, TypedPapers(terminal.screen(1)))
    began = monotonic()
    with pytest.raises(TimedOut) as caught:
        people.confirm(STEP, SCRIPT.person("abe"), bytes(32))
    assert monotonic() - began >= 1
    assert (caught.value.person, caught.value.seconds) == ("abe", 1)
    assert "step S01" in str(caught.value)
    assert exit_of(caught.value.code) == Exit.SECOND_PERSON


def test_who_is_late_for_a_rehearsal_rehearses_again(terminal: Terminal) -> None:
    """A rehearsal leaves nothing to resume; in earnest everybody comes back and resumes."""
    late = []
    for rehearsal in (True, False):
        with pytest.raises(TimedOut) as caught:
            terminal.screen(0, rehearsal=rehearsal).ask("Anybody?", "abe", "an answer")
        late.append(caught.value.next)
    assert "ehearse again" in late[0]
    assert "resume" not in late[0]
    assert "resume the ceremony" in late[1]


@pytest.mark.parametrize("rehearsal", [True, False])
def test_an_input_that_ends_is_told_as_that(rehearsal: bool) -> None:
    """Nobody is late where nobody can type: status 6, and the advice is to have a terminal."""
    screen = Screen(io.StringIO(), io.StringIO(), 60, rehearsal=rehearsal)
    with pytest.raises(InputEnded) as caught:
        TerminalPeople(SCRIPT, screen, NOBODY, TypedPapers(screen)).confirm(STEP, SCRIPT.person("abe"), bytes(32))
    assert str(caught.value) == "The input ended before abe answered: the confirmation of step S01."
    assert (caught.value.code, exit_of(caught.value.code)) == ("ca.ceremony-input-ended", Exit.SECOND_PERSON)
    assert "terminal" in caught.value.next
    assert ("resume the ceremony" in caught.value.next.lower()) is not rehearsal


def test_an_end_of_input_typed_at_the_terminal_is_one(terminal: Terminal) -> None:
    """Control-D at a prompt."""
    terminal.type("\x04")
    with pytest.raises(InputEnded):
        terminal.screen(30).ask("Anybody?", "abe", "an answer")


def test_a_closed_standard_input_is_one_that_has_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    """A program that is started without one has no file for it at all."""
    monkeypatch.setattr(sys, "stdin", None)
    with pytest.raises(InputEnded):
        standard_screen(60, rehearsal=True, talk=True).ask("Anybody?", "abe", "an answer")


def test_what_is_typed_unseen_is_not_shown_without_a_terminal_either() -> None:
    """A share that comes from a pipe is not repeated on the screen."""
    out = io.StringIO()
    assert Screen(out, io.StringIO(f"{SHARE}\n"), 60, rehearsal=False).ask_hidden("Share?", "sato", "it") == SHARE
    assert "word01" not in out.getvalue()


def test_a_confirmation_in_time_is_taken(terminal: Terminal) -> None:
    """The phrase, typed before the limit, lets the credential sign."""
    key = ec.generate_private_key(ec.SECP256R1())
    people = TerminalPeople(SCRIPT, terminal.screen(30), ThrowAwayKeys({"abe": key}), TypedPapers(terminal.screen(30)))
    terminal.type(f"{STEP.phrase('abe')}\n")
    assert people.confirm(STEP, SCRIPT.person("abe"), bytes(32)).person == "abe"


def test_the_reason_for_a_deviation_is_waited_for_until_the_limit(terminal: Terminal) -> None:
    """A step is not taken again without one."""
    people = TerminalPeople(SCRIPT, terminal.screen(0), NOBODY, TypedPapers(terminal.screen(0)))
    with pytest.raises(TimedOut):
        people.reason(STEP)


def test_no_share_is_shown_to_an_empty_room(terminal: Terminal) -> None:
    """A custodian who does not answer does not get a share on the screen."""
    with pytest.raises(TimedOut) as caught:
        TypedPapers(terminal.screen(0)).hand(SATO, TOKEN, SHARE)
    assert caught.value.person == "sato"
    assert "word01" not in terminal.shown()


def test_a_share_does_not_stay_on_the_screen(terminal: Terminal) -> None:
    """A custodian who goes away while the words are shown leaves a clear screen."""
    terminal.type("\n")
    with pytest.raises(TimedOut):
        TypedPapers(terminal.screen(1)).hand(SATO, TOKEN, SHARE)
    shown = terminal.shown()
    assert "word20" in shown
    assert WIPED in shown[shown.index("word20") :]


def test_a_share_that_nobody_types_is_waited_for_until_the_limit(terminal: Terminal) -> None:
    """The hidden prompt has the same limit, and the terminal shows typing again afterwards."""
    with pytest.raises(TimedOut) as caught:
        TypedPapers(terminal.screen(0)).ask(SATO, TOKEN)
    assert "the share of token issuing" in str(caught.value)
    assert termios.tcgetattr(terminal.typed.fileno())[3] & termios.ECHO


def test_a_typed_share_is_not_shown(terminal: Terminal) -> None:
    """What is typed from the paper reaches the program, in small letters, and nobody's eyes."""
    typing = threading.Thread(target=terminal.type_unseen, args=(f"  {SHARE.upper()}\n",))
    typing.start()
    typed = TypedPapers(terminal.screen(30)).ask(SATO, TOKEN)
    typing.join()
    assert typed == SHARE
    assert "word01" not in terminal.shown().lower()
