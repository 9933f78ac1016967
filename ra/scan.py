"""What the one box of the counter takes: a scanned code, a typed number or a name, in whatever width it comes."""

import re
import unicodedata
from typing import Final, Literal

from ca.holder import holder_name

__all__ = ["Scanned", "card_name", "fold_code", "scanned"]

Scanned = Literal["receipt", "serial", "card", "words"]
"""What was scanned or typed."""

_DASHES: Final = dict.fromkeys(map(ord, "‐‑‒–—―−ー－"), "-")
_RECEIPT: Final = re.compile(r"R[A-Z0-9-]*-[0-9]{6}-[0-9]{4}")
_SERIAL: Final = re.compile(r"(?:S-)?((?:[0-9A-F]{2}){8,20})")
_CARD: Final = re.compile(r"K-?(?=[A-Z0-9]*[0-9])[A-Z0-9]{4,20}")
"""With a digit at least: KHAN ALI and KENJI are names."""


def fold_code(text: str) -> str:
    """A code as it is kept: full-width letters, digits and dashes become ASCII, capitals, nothing that is not seen.

    PostgreSQL keeps no text with a zero octet and refuses to look for one.
    """
    folded = unicodedata.normalize("NFKC", text).translate(_DASHES).upper()
    return "".join(each for each in folded if each.isprintable() and each != " ")[:80]


def card_name(salt: bytes, card: str) -> bytes:
    """How a card is named in searches: a keyed digest of its number, never the number."""
    return holder_name(salt, f"card {card}")


def scanned(text: str) -> tuple[Scanned, str]:
    """What a text is, and its value: R… a receipt number, S-… or 16 and more hexadecimal digits a serial, K… a card.

    Everything else is words to search a person by.
    """
    code = fold_code(text)
    if _RECEIPT.fullmatch(code):
        return "receipt", code
    if serial := _SERIAL.fullmatch(code):
        return "serial", serial[1].lower()
    if card := _CARD.fullmatch(code):
        return "card", card[0].replace("-", "")
    return "words", " ".join(unicodedata.normalize("NFKC", text).split())[:100]
