"""The people of a ceremony at one terminal of 80 columns: read-aloud lines, typed confirmations, shares on paper.

Everything works without colour and without a network. What is typed wrongly is asked again; what belongs to another
step or another person stops the ceremony.
"""

import re
import select
import sys
import unicodedata
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final, Protocol, TextIO

from pydantic import JsonValue

from ca.ceremony.errors import ConfirmationRefused, TimedOut
from ca.ceremony.presence import Confirmation, confirm
from ca.ceremony.room import Facts
from ca.ceremony.script import Person, Script, TokenPlan
from ca.ceremony.steps import Step, steps
from ca.statement import Domain, PrivateKey, sign
from cli.output import display_width

__all__ = [
    "Papers",
    "Screen",
    "SilentPeople",
    "TerminalPeople",
    "TypedPapers",
    "WrittenPapers",
    "standard_screen",
    "wrapped",
]

WIDTH = 78
REHEARSAL = "REHEARSAL  "

_PIECE: Final = re.compile(r"[\u3000-\u9fff\uff00-\uffef]|[^\s\u3000-\u9fff\uff00-\uffef]+\s*|\s+")
"""What a line is broken between: one wide character, or a word with the space after it."""

_CLOSING: Final = "、。」』)】・ー"

_DIGEST: Final = re.compile(r"[0-9a-f]{64}")

Credentials = Mapping[str, PrivateKey]
"""The key of each person's credential, by the person's code."""


class Screen:
    """Where lines are shown and read. `limit` is for how many seconds an answer is waited for."""

    def __init__(self, out: TextIO, typed: TextIO, limit: int, *, rehearsal: bool) -> None:
        self._out = out
        self._typed = typed
        self._limit = limit
        self._mark = REHEARSAL if rehearsal else ""

    @property
    def limit(self) -> int:
        """Seconds that an answer is waited for."""
        return self._limit

    def show(self, text: str = "", indent: int = 0) -> None:
        """Show a paragraph broken at 80 columns, wide characters counting two; a rehearsal marks every line."""
        for line in wrapped(text, WIDTH - indent - display_width(self._mark)) or [""]:
            self._out.write(f"{self._mark}{' ' * indent}{line}".rstrip() + "\n")
        self._out.flush()

    def fact(self, name: str, value: str) -> None:
        """A named value, its further lines below its first; a digest in two halves."""
        halves = [value[:32], value[32:]] if _DIGEST.fullmatch(value) else [value]
        room = WIDTH - display_width(self._mark) - 19
        for place, line in enumerate(each for half in halves for each in wrapped(half, room)):
            self.show(f"{'' if place else name:15} {line}", 3)

    def rule(self, left: str, right: str) -> None:
        """A line across the screen with a word at each end."""
        filling = "=" * (WIDTH - display_width(self._mark + left + right) - 8)
        self._out.write(f"{self._mark}== {left} {filling} {right} ==\n")

    def ask(self, prompt: str) -> str | None:
        """The line that is typed after the prompt; None when nobody typed one in time or the input has ended."""
        self.show(prompt)
        self._out.write(f"{self._mark}> ")
        self._out.flush()
        line = self._typed.readline(4096) if self._ready() else ""
        if not (line and self._typed.isatty()):
            self._out.write(line.rstrip("\r\n") + "\n")  # nobody's terminal has echoed it
        return line.rstrip("\r\n") if line else None

    def ask_hidden(self, prompt: str) -> str:
        """The line that is typed without being shown; an ordinary line where the input is no terminal."""
        if not self._typed.isatty():
            return self.ask(prompt) or ""
        from getpass import getpass

        self.show(prompt)
        return getpass(f"{self._mark}> ", stream=self._out)

    def wipe(self) -> None:
        """Clear the screen and what scrolled off it, where the output is a terminal."""
        if self._out.isatty():
            self._out.write("\x1b[2J\x1b[3J\x1b[H")
            self._out.flush()

    def _ready(self) -> bool:
        if not self._typed.isatty():
            return True
        return bool(select.select([self._typed], [], [], self._limit)[0])


class Papers(Protocol):
    """How shares reach their custodians and come back."""

    def hand(self, person: Person, token: TokenPlan, share: str) -> None:
        """Give a share to its custodian alone."""

    def ask(self, person: Person, token: TokenPlan) -> str:
        """The share, from the custodian."""


class TypedPapers:
    """Shares in earnest: shown once on the cleared screen, written down by hand, typed from the paper."""

    def __init__(self, screen: Screen) -> None:
        self._screen = screen

    def hand(self, person: Person, token: TokenPlan, share: str) -> None:
        """Show the share in rows of four words until its custodian presses Enter, then clear the screen."""
        self._screen.ask(f"Only {person.name} ({person.code}) looks at the screen; press Enter")
        self._screen.wipe()
        self._screen.show(f"Share of {person.name} for token {token.label}:")
        words = share.split()
        for at in range(0, len(words), 4):
            row = "  ".join(f"{number:2}. {word:10}" for number, word in enumerate(words[at : at + 4], at + 1))
            self._screen.show(row, 2)
        self._screen.ask("Write all the words down; press Enter when the paper is in its envelope")
        self._screen.wipe()

    def ask(self, person: Person, token: TokenPlan) -> str:
        """The words as typed from the paper, unseen."""
        typed = self._screen.ask_hidden(f"{person.name} ({person.code}) types the share of token {token.label}")
        return " ".join(typed.lower().split())


class WrittenPapers:
    """Shares of a rehearsal or a demonstration: files in a folder stand for the papers."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def hand(self, person: Person, token: TokenPlan, share: str) -> None:
        """Write the paper."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        paper = self._paper(person, token)
        paper.touch(mode=0o600)
        paper.write_text(share + "\n", encoding="ascii")

    def ask(self, person: Person, token: TokenPlan) -> str:
        """Read the paper; empty when there is none."""
        paper = self._paper(person, token)
        return paper.read_text(encoding="ascii").strip() if paper.is_file() else ""

    def _paper(self, person: Person, token: TokenPlan) -> Path:
        return self._folder / f"{person.code}-{token.name}.txt"


class TerminalPeople:
    """Everybody in front of one screen."""

    def __init__(self, script: Script, screen: Screen, credentials: Credentials, papers: Papers) -> None:
        self._script = script
        self._screen = screen
        self._credentials = credentials
        self._papers = papers
        self._steps = steps(script)
        self._phrases = {step.phrase(code) for step in self._steps for code in step.confirm}

    def announce(self, step: Step) -> None:
        """Show the step: what it does and what is read aloud, in both languages."""
        self._screen.show()
        self._screen.rule(f"{step.code} / S{len(self._steps):02d}", step.action)
        for words in (step.does.ja, step.does.en):
            self._screen.show(words, 3)
        self._screen.show(f"読み上げ  「{step.aloud.ja}」", 3)
        self._screen.show('Read out  "' + step.aloud.en + '"', 3)

    def done(self, step: Step, facts: Facts) -> None:
        """Show what the step has done: one line for each fact."""
        for name, value in facts.items():
            for place, line in enumerate(_lines(value)):
                self._screen.fact("" if place else name, line)
        self._screen.fact("done", step.code)

    def confirm(self, step: Step, person: Person, head: bytes) -> Confirmation:
        """Ask until the person's phrase is typed. Raises TimedOut, ConfirmationRefused for a phrase out of place."""
        phrase = step.phrase(person.code)
        while True:
            typed = self._screen.ask(f'{person.role.value.capitalize()} {person.name} types "{phrase}"')
            if typed is None:
                raise TimedOut(person.code, step.code, self._screen.limit)
            given = " ".join(unicodedata.normalize("NFKC", typed).split())
            if given == phrase:
                return confirm(self._key(person), self._script.digest, step.code, person.code, head)
            if given in self._phrases:
                raise ConfirmationRefused(person.code, step.code, "what was typed belongs to another step or person")
            self._screen.show("That is not the phrase; nothing has happened.", 2)

    def sign(self, person: Person, domain: Domain, body: bytes) -> bytes:
        """A signature by the person's credential, after the confirmation that the step asked for."""
        return sign(self._key(person), domain, body)

    def hand_share(self, person: Person, token: TokenPlan, share: str) -> None:
        """See `Papers.hand`."""
        self._papers.hand(person, token, share)

    def ask_share(self, person: Person, token: TokenPlan) -> str:
        """See `Papers.ask`."""
        return self._papers.ask(person, token)

    def reason(self, step: Step) -> str:
        """Why the step is taken again, in the operator's words; asked until there are some."""
        while True:
            typed = self._screen.ask(f"Step {step.code} was interrupted. Why is it taken again?")
            if typed is None:
                raise TimedOut("operator", step.code, self._screen.limit)
            if typed.strip():
                return typed.strip()[:500]

    def tell(self, line: str) -> None:
        """Show a line."""
        self._screen.show(line, 2)

    def _key(self, person: Person) -> PrivateKey:
        key = self._credentials.get(person.code)
        if key is None:
            raise ConfirmationRefused(person.code, "any", "no credential was given for this person")
        return key


class SilentPeople:
    """Everybody in agreement, for the preparations of a rehearsal and for the demonstration; no hand is needed."""

    def __init__(self, script: Script, credentials: Credentials, papers: Papers, tell: Callable[[str], None]) -> None:
        self._script = script
        self._credentials = credentials
        self._papers = papers
        self._tell = tell

    def announce(self, step: Step) -> None:
        """Say nothing."""

    def done(self, step: Step, facts: Facts) -> None:
        """Say nothing."""

    def confirm(self, step: Step, person: Person, head: bytes) -> Confirmation:
        """Confirm at once."""
        return confirm(self._credentials[person.code], self._script.digest, step.code, person.code, head)

    def sign(self, person: Person, domain: Domain, body: bytes) -> bytes:
        """Sign at once."""
        return sign(self._credentials[person.code], domain, body)

    def hand_share(self, person: Person, token: TokenPlan, share: str) -> None:
        """See `Papers.hand`."""
        self._papers.hand(person, token, share)

    def ask_share(self, person: Person, token: TokenPlan) -> str:
        """See `Papers.ask`."""
        return self._papers.ask(person, token)

    def reason(self, step: Step) -> str:
        """The only one there is."""
        return "the program was interrupted"

    def tell(self, line: str) -> None:
        """Pass the line on."""
        self._tell(line)


def wrapped(text: str, width: int) -> list[str]:
    """The lines of a paragraph, none wider than `width` columns; Japanese breaks anywhere, other text between words."""
    lines = [""]
    for piece in _PIECE.findall(text):
        if display_width(lines[-1] + piece.rstrip()) > width:
            # no line begins with what closes the one before (JIS X 4051)
            carried = lines[-1][-1:] if piece[0] in _CLOSING else ""
            lines[-1] = lines[-1].removesuffix(carried)
            lines.append(carried)
            piece = piece.lstrip()
        while display_width(piece) > width:
            lines[-1], piece = piece[:width], piece[width:]
            lines.append("")
        lines[-1] += piece
    return [line.rstrip() for line in lines if line.strip()]


def _lines(value: JsonValue) -> list[str]:
    """A fact as lines: names and values of a table, items of a list side by side."""
    if isinstance(value, dict):
        return [f"{name} {each}" for name, each in value.items()]
    if isinstance(value, list):
        return [" ".join(map(str, value)) or "none"]
    return [str(value)]


def standard_screen(limit: int, *, rehearsal: bool, talk: bool) -> Screen:
    """The terminal the program was started on; `talk` keeps standard output free for a document."""
    return Screen(sys.stderr if talk else sys.stdout, sys.stdin, limit, rehearsal=rehearsal)
