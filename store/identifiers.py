"""Identifiers that sort by the time they were made (RFC 9562 section 5.7, UUID version 7)."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from uuid import UUID

from store.bounds import utc

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


def uuid7(now: datetime, random: Callable[[int], bytes]) -> UUID:
    """Make a UUID of version 7: 48 bits of milliseconds since 1970, then 74 bits from ``random(10)``."""
    utc("now", now)
    noise = int.from_bytes(random(10)) & ((1 << 74) - 1)
    high, low = noise >> 62, noise & ((1 << 62) - 1)
    return UUID(int=(now - _EPOCH) // _MILLISECOND << 80 | 0x7 << 76 | high << 64 | 0b10 << 62 | low)
