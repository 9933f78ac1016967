"""Where a page of certificates ended, as an address or a form names it: "ISSUER:SERIAL", the serial in hexadecimal."""

import re
from typing import Final

from ca.trail import serial_text
from ra.errors import PageError
from store.status import Key

__all__ = ["read_key", "write_key"]

_KEY: Final = re.compile(r"([a-z][a-z0-9-]{0,31}):((?:[0-9a-f]{2}){1,20})")


def read_key(text: str) -> Key:
    """The certificate that a text names; PageError E-5006 for what no page of ours writes."""
    found = _KEY.fullmatch(text[:80])
    if found is None or not 0 < int(found[2], 16) < 1 << 159:
        raise PageError("E-5006")
    return found[1], int(found[2], 16)


def write_key(key: Key) -> str:
    """The text that names a certificate."""
    return f"{key[0]}:{serial_text(key[1])}"
