"""Dates as people say them, and as a register keeps them: "YYYY-MM-DD", unknown parts zeros."""

import re
import unicodedata
from datetime import date
from typing import Final

__all__ = ["read_date"]

_ERAS: Final = {"明治": 1867, "大正": 1911, "昭和": 1925, "平成": 1988, "令和": 2018}
_LETTERS: Final = {"M": "明治", "T": "大正", "S": "昭和", "H": "平成", "R": "令和"}
_YEARS: Final = range(1800, 3000)
"""Years that people mean; the calendar's own ends leave no room for the day before or after."""

_JAPANESE: Final = re.compile(r"(明治|大正|昭和|平成|令和|[MTSHR])(元|\d{1,2})[年./-](\d{1,2})[月./-](\d{1,2})日?")
_WESTERN: Final = re.compile(r"(\d{4})[年./-](\d{1,2})[月./-](\d{1,2})日?|(\d{4})(\d{2})(\d{2})")


def read_date(text: str) -> str | None:
    """The date in a text of any width: "1980-01-02", "19800102", "昭和55年1月2日", "S55.1.2"; None for another.

    Years are those of 1800 to 2999. An unknown month or day is 0 in it, as in the register.
    """
    said = "".join(unicodedata.normalize("NFKC", text).upper().split())
    said = re.sub("[‐‑‒–—―−ー]", "-", said)
    if found := _JAPANESE.fullmatch(said):
        era, year, month, day = found.groups()
        return _kept(_ERAS[_LETTERS.get(era, era)] + (1 if year == "元" else int(year)), int(month), int(day))
    if found := _WESTERN.fullmatch(said):
        year, month, day = (part for part in found.groups() if part is not None)
        return _kept(int(year), int(month), int(day))
    return None


def _kept(year: int, month: int, day: int) -> str | None:
    if year not in _YEARS:
        return None
    try:
        date(year, month or 1, day or 1)
    except ValueError:
        return None
    return f"{year:04d}-{month:02d}-{day:02d}"
