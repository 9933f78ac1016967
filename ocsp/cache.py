"""Signed answers that may be given again, and how it is known that they are still true.

An answer carries the change counter, read before the status it states. The counter is raised in the
transaction that changes a status. So an answer whose counter is still the current one is true; and the current one is
known as long as the last look at it is under a second old.
"""

import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from ocsp.status import Standing

POLL_INTERVAL = timedelta(milliseconds=200)
POLL_LIMIT = timedelta(seconds=1)
RETRY_AFTER = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Kept:
    """A signed answer: what it states, under which counter, and until when it may be given or should be renewed."""

    der: bytes
    standing: Standing
    authority: str
    counter: int
    this_update: datetime
    renew_at: datetime
    next_update: datetime


class AnswerCache:
    """At most `capacity` answers by the octets of their question; what was not asked for longest goes first."""

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity
        self._kept: OrderedDict[bytes, Kept] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, question: bytes) -> Kept | None:
        """The answer kept for these octets."""
        with self._lock:
            kept = self._kept.get(question)
            if kept is not None:
                self._kept.move_to_end(question)
            return kept

    def put(self, question: bytes, kept: Kept) -> None:
        """Keep an answer in place of an older one."""
        with self._lock:
            self._kept[question] = kept
            self._kept.move_to_end(question)
            if len(self._kept) > self._capacity:
                self._kept.popitem(last=False)

    def __len__(self) -> int:
        """How many answers are kept."""
        return len(self._kept)


class ChangeWatch:
    """The change counter, looked at every 200 ms at most and never believed when a second old.

    `read` raises ConnectionError while the database cannot be asked; then it is left alone for a second.
    """

    def __init__(self, read: Callable[[], int]) -> None:
        self._read = read
        self._lock = threading.Lock()
        self._counter = 0
        self._seen_at: datetime | None = None
        self._failed_at: datetime | None = None

    @property
    def seen_at(self) -> datetime | None:
        """When the database last told the counter; None before the first time."""
        return self._seen_at

    def counter(self, now: datetime) -> int | None:
        """The counter as it stood at most a second before `now`; None while the database is away."""
        if self._younger_than(POLL_INTERVAL, now):
            return self._counter
        if self._lock.acquire(blocking=not self._younger_than(POLL_LIMIT, now)):
            try:
                self._poll(now)
            finally:
                self._lock.release()
        return self._counter if self._younger_than(POLL_LIMIT, now) else None

    def failed(self, now: datetime) -> None:
        """Somebody met the database away: leave it alone for a second."""
        self._failed_at = now

    def _younger_than(self, age: timedelta, now: datetime) -> bool:
        """A clock that was set back makes the last look too old, not young."""
        return self._failed_at is None and self._seen_at is not None and timedelta(0) <= now - self._seen_at < age

    def _poll(self, now: datetime) -> None:
        if self._younger_than(POLL_INTERVAL, now):
            return  # another thread looked while this one waited
        if self._failed_at is not None and timedelta(0) <= now - self._failed_at < RETRY_AFTER:
            return
        try:
            self._counter = self._read()
        except ConnectionError:
            self._failed_at = now
        else:
            self._seen_at, self._failed_at = now, None
