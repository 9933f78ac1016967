"""Where a page of a list ended, as an address or a form names it.

A certificate is "ISSUER:SERIAL", the serial in hexadecimal; a place in time is a moment and what tells apart the rows
of that moment, with a tilde between.
"""

import re
from datetime import datetime
from typing import Final

from ca.trail import serial_text
from ra.errors import PageError
from store.status import Key

__all__ = ["read_key", "read_place", "write_key", "write_place"]

_KEY: Final = re.compile(r"([a-z][a-z0-9-]{0,31}):((?:[0-9a-f]{2}){1,20})")
_LONGEST: Final = 160
"""Characters of a place in time: a moment, a name of 64, a number of 20."""


def read_key(text: str) -> Key:
    """The certificate that a text names; PageError E-5006 for what no page of ours writes."""
    found = _KEY.fullmatch(text[:80])
    if found is None or not 0 < int(found[2], 16) < 1 << 159:
        raise PageError("E-5006")
    return found[1], int(found[2], 16)


def write_key(key: Key) -> str:
    """The text that names a certificate."""
    return f"{key[0]}:{serial_text(key[1])}"


def read_place(text: str) -> tuple[datetime, str, str]:
    """The moment and the two parts of a place in time; PageError E-5006 for what no page of ours writes."""
    try:
        moment, one, other = text[:_LONGEST].split("~")
        at = datetime.fromisoformat(moment)
    except ValueError:
        raise PageError("E-5006") from None
    if at.tzinfo is None:
        raise PageError("E-5006")
    return at, one, other


def write_place(at: datetime, one: object, other: object) -> str:
    """The text that names a place in time."""
    return f"{at.isoformat()}~{one}~{other}"
