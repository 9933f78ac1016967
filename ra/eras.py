"""Days and moments as they stand on paper: the year of the era, and the same day in ISO 8601 beside it.

An era begins on a day (Era Name Act of 1979, article 2, and the orders before it), so one year may belong to two.
"""

from datetime import date, datetime
from typing import Final

from policies.names import JST

__all__ = ["GREGORIAN_SINCE", "era_date", "paper_date", "paper_day", "paper_time"]

GREGORIAN_SINCE: Final = date(1873, 1, 1)
"""Meiji 6: the first day whose month and day in Japan are those of the Gregorian calendar (edict 337 of 1872)."""

_ERAS: Final = (
    (date(2019, 5, 1), "令和", "Reiwa"),
    (date(1989, 1, 8), "平成", "Heisei"),
    (date(1926, 12, 25), "昭和", "Showa"),
    (date(1912, 7, 30), "大正", "Taisho"),
    (date(1868, 10, 23), "明治", "Meiji"),
)


def era_date(day: date) -> str:
    """令和8年11月23日; the first year of an era is 元年. A day before GREGORIAN_SINCE has no such form: ISO 8601."""
    if day < GREGORIAN_SINCE:
        return day.isoformat()
    began, name, _ = _era(day)
    number = day.year - began.year + 1
    return f"{name}{'元' if number == 1 else number}年{day.month}月{day.day}日"


def paper_date(day: date, language: str = "ja") -> str:
    """令和8年11月23日(2026-11-23), or "2026-11-23 (Reiwa 8)" in English."""
    if day < GREGORIAN_SINCE:
        return day.isoformat()
    if language == "ja":
        return f"{era_date(day)}({day.isoformat()})"
    began, _, name = _era(day)
    return f"{day.isoformat()} ({name} {day.year - began.year + 1})"


def paper_day(at: datetime, language: str = "ja") -> str:
    """The day in Japan of a moment (aware), as `paper_date` writes it."""
    return paper_date(at.astimezone(JST).date(), language)


def paper_time(at: datetime, language: str = "ja") -> str:
    """The day in Japan of a moment (aware), with hour and minute of Japan Standard Time."""
    return f"{paper_day(at, language)} {at.astimezone(JST):%H:%M}"


def _era(day: date) -> tuple[date, str, str]:
    return next(each for each in _ERAS if day >= each[0])
