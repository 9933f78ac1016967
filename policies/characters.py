"""Which characters may stand in the name and the address of a resident's certificate, and what replaces the others.

Permitted are the kanji of JIS levels 1 and 2 and the supplementary kanji (fact sheet b.2), with the kana, full-width
letters and digits and the punctuation of JIS X 0208. Both sets come out of Python's codec `euc_jp`, which holds
JIS X 0208 in two octets and JIS X 0212 in three. `euc_jis_2004` will not do: its three-octet codes are plane 2 of
JIS X 0213, another set than the supplementary kanji.
"""

import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from policies.errors import CharacterRefused

__all__ = ["GETA", "Replaced", "Substituted", "is_permitted", "replaced", "substitute", "substitutes"]

GETA = "〓"
"""The geta mark: what printers set for a sort they do not have; it replaces a character that has no substitute."""

_PUNCTUATION_TO_KATAKANA = (1, 3, 4, 5)  # rows of JIS X 0208; 2, 6, 7, 8 are symbols, Greek, Cyrillic and rules
_KANJI = range(16, 95)  # rows of JIS X 0208 and of JIS X 0212
# Cells 1-29, 1-33 and 1-61 of JIS X 0208 have another code point on Windows than in the codec; the register's terminals
# send either, so both stay as they are.
_OTHER_CODE_POINTS = "—～－"
_REFUSED = {
    "Cc": ("characters.control", "it is a control character"),
    "Cf": ("characters.format", "it is an invisible formatting or text direction character"),
    "Cs": ("characters.surrogate", "it is half of a surrogate pair"),
    "Co": ("characters.private-use", "it has a private code that means nothing elsewhere"),
    "Cn": ("characters.unassigned", "no character has its code"),
    "Zl": ("characters.line-separator", "it ends a line"),
    "Zp": ("characters.line-separator", "it ends a paragraph"),
}


@dataclass(frozen=True, slots=True)
class Substituted:
    """A text as it stands in a certificate, and its substitution map.

    `map` has one digit for each character of `text`: 0 for a character of the register, 1 for a substitute.
    """

    text: str
    map: str


@dataclass(frozen=True, slots=True)
class Replaced:
    """One character of the register and what stands for it in a certificate.

    `position` counts the characters of the certificate's text from 1; `written` has its marks and variation selector.
    """

    position: int
    written: str
    shown: str


def substitute(text: str, *, limit: int) -> Substituted:
    """Replace what may not stand in a certificate, and say where; at most `limit` characters come out (fact sheet b.2).

    Width is no difference: half-width letters and kana become full-width ones and count as real. Combining marks
    are composed (NFC). A character outside the permitted set, a singleton that NFC would change, a glyph chosen by
    a variation selector and the geta mark itself count as substituted: they become the entry of the packaged table,
    else the one permitted character they decompose to, else the geta mark. What comes out is NFC and of the Basic
    Multilingual Plane, so it has as many characters in every encoding.

    Raises CharacterRefused for controls, formatting and direction marks, private, unassigned and surrogate codes,
    marks and variation selectors that follow nothing, and for an empty or too long text.
    """
    if not text:
        raise CharacterRefused("characters.empty", 1, "there is no text")
    if len(text) > 4 * limit:  # a bound on work; the length that counts is taken at the end
        raise CharacterRefused("characters.too-long", limit + 1, f"at most {limit} characters are allowed")
    _refuse_meaningless(text)
    replaced = [_replace(*cluster) for cluster in _clusters(_widen(text))]
    if len(replaced) > limit:
        raise CharacterRefused("characters.too-long", limit + 1, f"at most {limit} characters are allowed")
    return Substituted("".join(shown for shown, _ in replaced), "".join(digit for _, digit in replaced))


def replaced(text: str, *, limit: int) -> tuple[Replaced, ...]:
    """Say which characters of a text `substitute` replaces, as it was written and by what. Raises as it does."""
    done = substitute(text, limit=limit)
    written = _written(_widen(text))
    marks = zip(written, done.text, done.map, strict=True)
    return tuple(Replaced(at, old, new) for at, (old, new, digit) in enumerate(marks, 1) if digit == "1")


def is_permitted(character: str) -> bool:
    """Say whether this one character may stand in a certificate as it is."""
    return character in _permitted()


@cache
def _permitted() -> frozenset[str]:
    """Decode the permitted rows; only what NFC leaves alone is kept, since names are NFC."""
    cells = [(b"", row, cell) for row in (*_PUNCTUATION_TO_KATAKANA, *_KANJI) for cell in range(1, 95)]
    cells += [(b"\x8f", row, cell) for row in _KANJI for cell in range(1, 95)]
    decoded = (
        (plane + bytes((0xA0 + row, 0xA0 + cell))).decode("euc_jp", errors="ignore") for plane, row, cell in cells
    )
    found = {text for text in decoded if len(text) == 1 and unicodedata.is_normalized("NFC", text)}
    return frozenset(found | set(_OTHER_CODE_POINTS))


@cache
def substitutes() -> Mapping[str, str]:
    """Give the packaged table of substitutes: a character outside the permitted set, and the one that stands for it."""
    text = files("policies").joinpath("data/substitutes.tsv").read_text("utf-8")
    rows = (line.split("\t") for line in text.splitlines() if not line.startswith("#"))
    return {row[0]: row[1] for row in rows}


def _refuse_meaningless(text: str) -> None:
    before = ""
    for position, character in enumerate(text, start=1):
        category = unicodedata.category(character)
        if category in _REFUSED and not _is_later_ideograph(character):
            code, reason = _REFUSED[category]
            raise CharacterRefused(code, position, reason)
        if category[0] == "M" and (not before or before.isspace()):
            raise CharacterRefused("characters.stray-mark", position, "it is a mark without a character before it")
        if _is_selector(character) and (_is_selector(before) or unicodedata.category(before) != "Lo"):
            reason = "it is a variation selector that follows no ideograph"
            raise CharacterRefused("characters.stray-variation-selector", position, reason)
        before = character


def _is_selector(character: str) -> bool:
    return "\ufe00" <= character <= "\ufe0f" or "\U000e0100" <= character <= "\U000e01ef"


def _is_later_ideograph(character: str) -> bool:
    """Say whether it lies in the planes of ideographs, which grow with every Unicode version, Python's or a later one.

    The last two codes of each plane are never characters.
    """
    return 0x20000 <= ord(character) <= 0x3FFFF and ord(character) & 0xFFFF < 0xFFFE


def _widen(text: str) -> str:
    """Write half-width forms in full width; a half-width voiced kana is two characters and becomes one."""
    halves = {code: chr(code + 0xFEE0) for code in range(0x21, 0x7F)} | {0x20: "\u3000"}
    halves |= {code: unicodedata.normalize("NFKC", chr(code)) for code in range(0xFF61, 0xFFA0)}
    return text.translate(halves)


def _written(text: str) -> Iterator[str]:
    """Give each character with the marks and variation selectors that follow it."""
    position = 0
    while position < len(text):
        end = position + 1
        while end < len(text) and unicodedata.category(text[end])[0] == "M":
            end += 1
        yield text[position:end]
        position = end


def _clusters(text: str) -> Iterator[tuple[str, bool]]:
    """Give each character with its combining marks, and whether a variation selector follows it."""
    for written in _written(text):
        kept = "".join(each for each in written if not _is_selector(each))
        yield kept, len(kept) < len(written)


def _replace(cluster: str, chosen_glyph: bool) -> tuple[str, str]:
    """Give the character that stands for a cluster, and its digit in the map."""
    composed = unicodedata.normalize("NFC", cluster) if len(cluster) > 1 else cluster
    real = len(composed) == 1 and composed != GETA and is_permitted(composed)
    if real and not chosen_glyph:
        return composed, "0"
    return (composed if real else _stand_in(composed)), "1"


def _stand_in(composed: str) -> str:
    if composed in substitutes():
        return substitutes()[composed]
    decomposed = unicodedata.normalize("NFKD", composed)
    letters = _widen("".join(each for each in decomposed if unicodedata.category(each)[0] != "M"))
    return letters if len(letters) == 1 and is_permitted(letters) else GETA
