"""The time the signer works by, refused where it cannot be right.

A list dated in the future ends all lists after it, and a certificate dated wrongly is wrong for years. So before the
signer signs it holds the machine's clock against the newest time it knows: of its audit trail, of a file outside the
database, and of a second clock that nobody sets.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

from cli.errors import CommandError
from store.audit import heads, link
from store.database import Database
from store.floor import replace_durably

BACK = timedelta(minutes=5)
"""How far the clock may be behind the newest time known; less is the correction of an ordinary time service."""

STEP = timedelta(days=1)
"""How far the clock may be set while the signer runs, in all; for more it is started again."""

AWAY = timedelta(days=30)
"""How long a signer may have stood still and be started without anybody vouching for the clock."""

KEPT_EVERY = timedelta(minutes=1)
"""How often the newest time is written to its file."""

_MOST_OCTETS = 64


class ClockRefused(CommandError):
    """The time cannot be trusted: nothing is signed and nothing recorded until it can."""

    code = "cli.clock"

    def __init__(self, why: str) -> None:
        super().__init__(f"The clock of this machine cannot be trusted: {why}.")
        self.next = "Correct it by two time servers; if it is right, start 'ninsho signer run --accept-clock'."


class SignerClock:
    """A clock that gives the time only while it can be trusted.

    `file` keeps the newest time seen. `wall` gives aware UTC times to the second, `elapsed` seconds since some moment,
    of a clock that runs while the machine sleeps and that nobody sets. `known` is the newest time of the records. With
    `accept` a person vouches for the clock as it stands. Raises ClockRefused; only giving the time writes the file.
    """

    def __init__(
        self,
        file: Path,
        wall: Callable[[], datetime],
        elapsed: Callable[[], float],
        known: datetime | None,
        *,
        accept: bool = False,
    ) -> None:
        self._file = file
        self._wall = wall
        self._elapsed = elapsed
        self._started_at, self._started = wall(), elapsed()
        times = [] if accept else [each for each in (kept_time(file), known) if each is not None]
        self._newest = max(times, default=self._started_at)
        self._kept = None if accept else kept_time(file)
        if self._started_at > self._newest + AWAY:
            raise ClockRefused(f"it is {_days(self._started_at - self._newest)} ahead of the newest time recorded")
        self._trusted()

    def __call__(self) -> datetime:
        """Now, in UTC to the second. Raises ClockRefused after a jump ahead, and back behind the newest time known."""
        now = self._trusted()
        self._newest = max(self._newest, now)
        if self._kept is None or self._newest >= self._kept + KEPT_EVERY:
            replace_durably(self._file, f"{self._newest.isoformat()}\n".encode())
            self._kept = self._newest
        return now

    def _trusted(self) -> datetime:
        now = self._wall()
        if now < self._newest - BACK:
            raise ClockRefused(f"it is {self._newest - now} behind the newest time recorded")
        passed = timedelta(seconds=self._elapsed() - self._started)
        if now > self._started_at + passed + STEP:
            raise ClockRefused(f"it was set ahead by {_days(now - self._started_at - passed)} while the signer ran")
        return now


def kept_time(file: Path) -> datetime | None:
    """The newest time in a clock's file; None without the file. Raises ClockRefused for anything but a time in it."""
    try:
        with file.open("rb") as opened:
            content = opened.read(_MOST_OCTETS)
    except FileNotFoundError:
        return None
    try:
        kept = datetime.fromisoformat(content.decode("ascii").strip())
    except ValueError:
        kept = None
    if kept is None or kept.tzinfo is None:
        raise ClockRefused(f"{file.name}, which keeps the newest time, holds none")
    return kept


def newest_signed(database: Database) -> datetime | None:
    """The time of the newest act of any signer on this database; None before the first.

    Other programs' entries are left out: the clock of a counter's machine must not stop the signer.
    """
    with database.snapshot() as tx:
        last = [link(tx, head.instance, head.sequence) for head in heads(tx) if head.program == "signer"]
    return max((each.at for each in last if each is not None), default=None)


def _days(span: timedelta) -> str:
    return f"{span / timedelta(days=1):.1f} days"
