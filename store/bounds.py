"""Bounds of what enters the store: checked before a row is made, since table models do not validate."""

import re
from datetime import datetime, timedelta

from store.errors import RecordRefused

WORD = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,127}")
ISSUER = re.compile(r"[a-z][a-z0-9-]{0,31}")
MOST_SERIAL_OCTETS = 20


def octets(field: str, value: bytes, low: int, high: int) -> None:
    """Refuse ``value`` unless it has ``low`` to ``high`` octets."""
    if not low <= len(value) <= high:
        raise RecordRefused(field, f"it must have {low} to {high} octets")


def word(field: str, value: str, pattern: re.Pattern[str] = WORD) -> None:
    """Refuse ``value`` unless it is one machine-made word: no spaces, so no name and no sentence fits."""
    if not pattern.fullmatch(value):
        raise RecordRefused(field, "it must be one word of letters, digits and . _ : -")


def utc(field: str, value: datetime) -> None:
    """Refuse ``value`` unless it knows that it is UTC."""
    if value.utcoffset() != timedelta(0):
        raise RecordRefused(field, "it must be a time in UTC")


def serial_octets(serial: int) -> bytes:
    """Write a serial as the fewest big-endian octets.

    RFC 5280 section 4.1.2.2: positive, and at most 20 octets of DER, so below 2^159. RecordRefused otherwise.
    """
    if not 0 < serial < 1 << (8 * MOST_SERIAL_OCTETS - 1):
        raise RecordRefused("serial", "it must be positive and below 2^159")
    return serial.to_bytes((serial.bit_length() + 7) // 8)


def serial_of(octets: bytes) -> int:
    """Read a serial from its octets."""
    return int.from_bytes(octets)
