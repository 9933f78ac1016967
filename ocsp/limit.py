"""A bound on how often something may happen."""

import threading
from datetime import datetime


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
