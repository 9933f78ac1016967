"""Identifiers that sort by the time they were made (RFC 9562 section 5.7, UUID version 7)."""

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from store.bounds import utc

_MILLISECONDS = 1000


def uuid7(now: datetime, random: Callable[[int], bytes]) -> UUID:
    """Make a UUID of version 7: 48 bits of milliseconds since 1970, then 74 bits from ``random(10)``."""
    utc("now", now)
    milliseconds = int(now.timestamp() * _MILLISECONDS)
    noise = int.from_bytes(random(10))
    high = noise >> 68
    low = noise & ((1 << 62) - 1)
    return UUID(int=milliseconds << 80 | 0x7 << 76 | high << 64 | 0b10 << 62 | low)
