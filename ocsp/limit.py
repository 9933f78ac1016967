"""Bounds on how often something may happen, and on how much of it at once."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta


class TokenBucket:
    """At most `burst` at once and `rate` a second in the long run; both positive."""

    def __init__(self, rate: float, burst: int) -> None:
        self._rate = rate
        self._burst = float(burst)
        self._tokens = float(burst)
        self._filled_at: datetime | None = None
        self._lock = threading.Lock()

    def take(self, now: datetime) -> bool:
        """Whether it may happen once more at `now`; a clock set back fills nothing."""
        with self._lock:
            if self._filled_at is not None:
                seconds = max(0.0, (now - self._filled_at).total_seconds())
                self._tokens = min(self._burst, self._tokens + seconds * self._rate)
            self._filled_at = now
            if self._tokens < 1:
                return False
            self._tokens -= 1
            return True


class Places:
    """At most `count` at once, for work that may hang.

    Whoever finds all places taken waits for one for `patience` at most, and not at all while somebody has held one for
    longer than that: whatever is worked with does not answer then.
    """

    def __init__(self, count: int, patience: timedelta) -> None:
        self._free = threading.BoundedSemaphore(count)
        self._patience = patience
        self._taken: dict[object, datetime] = {}
        self._lock = threading.Lock()

    @contextmanager
    def one(self, now: datetime) -> Iterator[None]:
        """A place for the block, from `now` on; raises TimeoutError (an OSError) where there is none."""
        if not self._free.acquire(timeout=0 if self._hangs(now) else self._patience.total_seconds()):
            raise TimeoutError
        mine = object()
        with self._lock:
            self._taken[mine] = now
        try:
            yield
        finally:
            with self._lock:
                del self._taken[mine]
            self._free.release()

    def _hangs(self, now: datetime) -> bool:
        with self._lock:
            return any(now - since > self._patience for since in self._taken.values())
