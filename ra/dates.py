"""Days and moments as officers read them: ISO in Japan's time on screens, the era's year as well on paper."""

from datetime import UTC, date, datetime, time, timedelta, timezone
from typing import Final

__all__ = [
    "JST",
    "day",
    "day_in_japan",
    "day_on_paper",
    "era_day",
    "midnight",
    "midnight_after",
    "minute",
    "minute_on_paper",
    "second",
]

JST: Final = timezone(timedelta(hours=9), "JST")

_ERAS: Final = (
    (date(2019, 5, 1), "令和", "Reiwa"),
    (date(1989, 1, 8), "平成", "Heisei"),
    (date(1926, 12, 25), "昭和", "Showa"),
    (date(1912, 7, 30), "大正", "Taisho"),
    (date(1868, 10, 23), "明治", "Meiji"),
)
"""First day and names of each era (元号法 and its cabinet orders, and the orders before them), newest first."""

_SOLAR: Final = date(1873, 1, 1)
"""Meiji 6: the first day whose month and day in Japan are those of the solar calendar."""


def day_in_japan(moment: datetime | date) -> date:
    """The day that a moment falls on in Japan; a day is its own."""
    return moment.astimezone(JST).date() if isinstance(moment, datetime) else moment


def day(moment: datetime | date) -> str:
    """The day in Japan, ISO: "2026-11-22"."""
    return day_in_japan(moment).isoformat()


def minute(moment: datetime) -> str:
    """The minute in Japan, ISO with a space: "2026-11-22 10:02"."""
    return moment.astimezone(JST).strftime("%Y-%m-%d %H:%M")


def second(moment: datetime) -> str:
    """The second in Japan: "2026-11-22 10:02:31"; for the audit trail."""
    return moment.astimezone(JST).strftime("%Y-%m-%d %H:%M:%S")


def era_day(moment: datetime | date) -> str:
    """The day by the era: "令和8年11月22日"; 元年 for the first year. ISO for a day before 1873."""
    when = day_in_japan(moment)
    if when < _SOLAR:
        return when.isoformat()
    era, _, year = _era(when)
    return f"{era}{'元' if year == 1 else year}年{when.month}月{when.day}日"


def day_on_paper(moment: datetime | date, language: str = "ja") -> str:
    """Both: "令和8年11月22日(2026-11-22)", in English "2026-11-22 (Reiwa 8)"; ISO alone for a day before 1873."""
    when = day_in_japan(moment)
    if when < _SOLAR:
        return when.isoformat()
    _, era, year = _era(when)
    return f"{era_day(when)}({when.isoformat()})" if language == "ja" else f"{when.isoformat()} ({era} {year})"


def minute_on_paper(moment: datetime, language: str = "ja") -> str:
    """The day on paper, and the minute in Japan: "令和8年11月22日(2026-11-22) 10:02"."""
    return f"{day_on_paper(moment, language)} {moment.astimezone(JST):%H:%M}"


def _era(when: date) -> tuple[str, str, int]:
    first, ja, en = next(each for each in _ERAS if when >= each[0])
    return ja, en, when.year - first.year + 1


def midnight(day: date) -> datetime:
    """The first moment of a day in Japan, in UTC."""
    return datetime.combine(day, time(), JST).astimezone(UTC)


def midnight_after(moment: datetime) -> datetime:
    """The first moment of the next day in Japan: when every session of the day has ended."""
    return datetime.combine(day_in_japan(moment) + timedelta(days=1), datetime.min.time(), JST)
