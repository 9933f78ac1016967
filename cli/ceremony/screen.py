"""The terminal of a ceremony: 80 columns, no colour, answers that are waited for only so long."""

import re
import select
import sys
import termios
from io import StringIO
from typing import Final, TextIO

from ca.ceremony.errors import InputEnded, TimedOut
from cli.output import display_width, wrapped

__all__ = ["Screen", "standard_screen"]

WIDTH = 78
REHEARSAL = "REHEARSAL  "

_DIGEST: Final = re.compile(r"[0-9a-f]{64}")


class Screen:
    """Where lines are shown and read. `limit` is for how many seconds an answer is waited for."""

    def __init__(self, out: TextIO, typed: TextIO, limit: int, *, rehearsal: bool) -> None:
        self._out = out
        self._typed = typed
        self._limit = limit
        self._rehearsal = rehearsal
        self._mark = REHEARSAL if rehearsal else ""

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

    def ask(self, prompt: str, person: str, what: str) -> str:
        """The line that is typed after the prompt, where `what` is waited for from the person of this code.

        Raises TimedOut when nobody typed one in time, InputEnded when nobody can.
        """
        return self._asked(prompt, person, what, shown=True)

    def ask_hidden(self, prompt: str, person: str, what: str) -> str:
        """What `ask` gives, typed without being shown."""
        if not self._typed.isatty():
            return self._asked(prompt, person, what, shown=False)
        terminal = self._typed.fileno()
        shown = termios.tcgetattr(terminal)
        unseen = [*shown[:3], shown[3] & ~termios.ECHO, *shown[4:]]
        try:
            termios.tcsetattr(terminal, termios.TCSAFLUSH, unseen)
            return self._asked(prompt, person, what, shown=False)
        finally:
            termios.tcsetattr(terminal, termios.TCSAFLUSH, shown)
            self._out.write("\n")  # the one that was typed has not moved the cursor

    def wipe(self) -> None:
        """Clear the screen and what scrolled off it, where the output is a terminal."""
        if self._out.isatty():
            self._out.write("\x1b[2J\x1b[3J\x1b[H")
            self._out.flush()

    def _asked(self, prompt: str, person: str, what: str, *, shown: bool) -> str:
        self.show(prompt)
        self._out.write(f"{self._mark}> ")
        self._out.flush()
        in_time = self._ready()
        line = self._typed.readline(4096) if in_time else ""
        if not (line and self._typed.isatty()):
            self._out.write((line.rstrip("\r\n") if shown else "") + "\n")  # nobody's terminal has echoed it
        if not in_time:
            raise TimedOut(person, what, self._limit, self._rehearsal)
        if not line:
            raise InputEnded(person, what, self._rehearsal)
        return line.rstrip("\r\n")

    def _ready(self) -> bool:
        if not self._typed.isatty():
            return True
        return bool(select.select([self._typed], [], [], self._limit)[0])


def standard_screen(limit: int, *, rehearsal: bool, talk: bool) -> Screen:
    """The terminal the program was started on; `talk` keeps standard output free for a document."""
    typed = sys.stdin or StringIO()  # there is none in a program that was started with it closed
    return Screen(sys.stderr if talk else sys.stdout, typed, limit, rehearsal=rehearsal)
