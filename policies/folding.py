"""How names are folded for a search, so that what a clerk types by hearing finds what the register writes.

A folded name (a key) is never shown and never stands in a certificate. Two names with one key are the same to a search
and to nothing else.
"""

import unicodedata
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

from policies.characters import substitutes

__all__ = ["MOST_CHARACTERS", "fold_kana", "fold_name"]

MOST_CHARACTERS = 200
"""A key has at most as many characters, and only as many of a text are read: beyond the longest name of a register."""

_HIRAGANA = {code: code + 0x60 for code in (*range(0x3041, 0x3097), 0x309D, 0x309E)}
_LARGE = str.maketrans("ァィゥェォッャュョヮヵヶ", "アイウエオツヤユヨワカケ")
_SOUND = str.maketrans("ヂヅヲヰヱ", "ジズオイエ")
_DASHES = frozenset("‐‑‒–—―−-")
_VOICED = "\u3099"


def fold_name(text: str) -> str:
    """Give the key of a name as it is written.

    Width and case are no difference (NFKC, case folded), nor are hiragana and katakana, large and small kana, accents
    on letters, the repetition signs 々ゝゞ, spaces, middle dots and other punctuation, nor the variants of a character
    in data/substitutes.tsv and data/variants.tsv. The key of a name's beginning is the beginning of the name's key.
    """
    letters = unicodedata.normalize("NFKC", text[:MOST_CHARACTERS]).casefold()
    kept = "".join(_kept(unicodedata.normalize("NFKC", letters)))
    return _repeated(unicodedata.normalize("NFC", kept).translate(_forms()))[:MOST_CHARACTERS]


def fold_kana(text: str) -> str:
    """Give the key of a name as it is heard: `fold_name`, and kana that sound alike are one (ヂ, ヅ, ヲ, ヰ, ヱ)."""
    return fold_name(text).translate(_SOUND)


@cache
def _forms() -> Mapping[int, str | int]:
    """What each character is folded to, in one step: its substitute's first form, its first form, or its katakana."""
    lines = files("policies").joinpath("data/variants.tsv").read_text("utf-8").splitlines()
    groups = [line.split("\t") for line in lines if not line.startswith("#")]
    first = {other: group[0] for group in groups for other in group[1]}
    forms: dict[int, str | int] = {ord(character): form for character, form in first.items()}
    forms |= {ord(character): first.get(form, form) for character, form in substitutes().items()}
    small = {code: _LARGE.get(katakana, katakana) for code, katakana in _HIRAGANA.items()}
    return forms | small | _LARGE


def _kept(text: str) -> list[str]:
    """Letters and digits without their accents, and dashes after a kana, which stand for its long sound."""
    kept: list[str] = []
    for character in text:
        if character in _DASHES and kept and _is_kana(kept[-1]):
            kept.append("ー")
        elif unicodedata.category(character)[0] in "LN" or unicodedata.category(character) == "Co":
            kept.append(_without_accents(character))
    return kept


def _is_kana(character: str) -> bool:
    return "\u3041" <= character <= "\u30ff"


def _without_accents(character: str) -> str:
    decomposed = unicodedata.normalize("NFD", character)
    marks = decomposed[1:]
    is_accented = marks and not _is_kana(character) and all(unicodedata.category(mark) == "Mn" for mark in marks)
    return decomposed[0] if is_accented else character


def _repeated(text: str) -> str:
    """Write what a repetition sign repeats; one that follows nothing stays."""
    written = ""
    for character in text:
        if written and character in "々ヽ":
            written += written[-1]
        elif written and character == "ヾ":
            written += unicodedata.normalize("NFC", written[-1] + _VOICED)
        else:
            written += character
    return written
