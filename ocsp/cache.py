"""Signed answers that may be given again, and how it is known that they are still true.

An answer carries the change counter, read before the status it states. The counter is raised in the
transaction that changes a status. So an answer whose counter is still the current one is true; and the current one is
known as long as the last look at it is under a second old.
"""

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Generic, TypeVar

from ocsp.response import Standing

POLL_INTERVAL = timedelta(milliseconds=200)
POLL_LIMIT = timedelta(seconds=1)
RETRY_AFTER = timedelta(seconds=1)


K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


@dataclass(frozen=True, slots=True)
class Answer:
    """The octets to send and, for a signed answer that states one known status, what may be said of its keeping.

    `this_update` and `next_update` are None where nobody may keep the answer; `final` means that the status can
    never change again.
    """

    der: bytes
    this_update: datetime | None = None
    next_update: datetime | None = None
    final: bool = False


@dataclass(frozen=True, slots=True)
class Kept:
    """A signed answer that may be given again: what it states, under which counter, and when it should be renewed."""

    answer: Answer
    standing: Standing
    authority: str
    counter: int
    this_update: datetime
    renew_at: datetime
    next_update: datetime


class Recent(Generic[K, V]):
    """At most `capacity` values; what was not asked for longest goes first."""

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity
        self._values: OrderedDict[K, V] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: K) -> V | None:
        """The value kept under this key."""
        with self._lock:
            value = self._values.get(key)
            if value is not None:
                self._values.move_to_end(key)
            return value

    def put(self, key: K, value: V) -> None:
        """Keep a value, in place of an older one."""
        with self._lock:
            self._values[key] = value
            self._values.move_to_end(key)
            if len(self._values) > self._capacity:
                self._values.popitem(last=False)

    def clear(self) -> None:
        """Keep nothing of it."""
        with self._lock:
            self._values.clear()

    def __len__(self) -> int:
        """How many values are kept."""
        return len(self._values)


class ChangeWatch:
    """The change counter, looked at every 200 ms at most and never believed when a second old.

    `read` raises ConnectionError while the database cannot be asked; then it is left alone for a second. A database
    that neither answers nor refuses holds up who looks, and the others for a second at most: then it counts as away.
    `fell` is called when the counter went down, as after the restore of an old copy: it will come to the same numbers
    again, with other changes.
    """

    def __init__(self, read: Callable[[], int], fell: Callable[[], None] = lambda: None) -> None:
        self._read = read
        self._fell = fell
        self._lock = threading.Lock()
        self._counter = 0
        self._looking_since: datetime | None = None
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
        waits = not self._younger_than(POLL_LIMIT, now) and not self._hangs(now)
        if self._lock.acquire(timeout=POLL_LIMIT.total_seconds() if waits else 0):
            try:
                self._looking_since = now
                self._poll(now)
            finally:
                self._looking_since = None
                self._lock.release()
        return self._counter if self._younger_than(POLL_LIMIT, now) else None

    def failed(self, now: datetime) -> None:
        """Somebody met the database away: leave it alone for a second."""
        self._failed_at = now

    def _younger_than(self, age: timedelta, now: datetime) -> bool:
        """A clock that was set back makes the last look too old, not young."""
        return self._failed_at is None and self._seen_at is not None and timedelta(0) <= now - self._seen_at < age

    def _hangs(self, now: datetime) -> bool:
        """Whether another thread has been looking for longer than a look may take, or since a moment to come."""
        since = self._looking_since
        return since is not None and not timedelta(0) <= now - since < POLL_LIMIT

    def _poll(self, now: datetime) -> None:
        if self._younger_than(POLL_INTERVAL, now):
            return  # another thread looked while this one waited
        if self._failed_at is not None and timedelta(0) <= now - self._failed_at < RETRY_AFTER:
            return
        try:
            counter = self._read()
        except ConnectionError:
            self._failed_at = now
        else:
            if counter < self._counter:
                self._fell()
            self._counter = counter
            self._seen_at, self._failed_at = now, None
