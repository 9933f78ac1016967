"""Days and moments as officers read them: ISO in Japan's time on screens, the era's year as well on paper."""

from datetime import date, datetime, timedelta, timezone
from typing import Final

__all__ = ["JST", "day", "day_on_paper", "era_day", "midnight_after", "minute", "second"]

JST: Final = timezone(timedelta(hours=9), "JST")

_ERAS: Final = (
    (date(2019, 5, 1), "令和"),
    (date(1989, 1, 8), "平成"),
    (date(1926, 12, 25), "昭和"),
    (date(1912, 7, 30), "大正"),
    (date(1873, 1, 1), "明治"),
)
"""First day and name of each era since the solar calendar (元号法 and its cabinet orders), newest first."""


def day(moment: datetime | date) -> str:
    """The day in Japan, ISO: "2026-11-22"."""
    return _day(moment).isoformat()


def minute(moment: datetime) -> str:
    """The minute in Japan, ISO with a space: "2026-11-22 10:02"."""
    return moment.astimezone(JST).strftime("%Y-%m-%d %H:%M")


def second(moment: datetime) -> str:
    """The second in Japan: "2026-11-22 10:02:31"; for the audit trail."""
    return moment.astimezone(JST).strftime("%Y-%m-%d %H:%M:%S")


def era_day(moment: datetime | date) -> str:
    """The day by the era: "令和8年11月22日"; 元年 for the first year. ISO for a day before 1873."""
    when = _day(moment)
    for first, era in _ERAS:
        if when >= first:
            year = when.year - first.year + 1 if era != "明治" else when.year - 1867
            return f"{era}{'元' if year == 1 else year}年{when.month}月{when.day}日"
    return when.isoformat()


def day_on_paper(moment: datetime | date) -> str:
    """Both: "令和8年11月22日(2026-11-22)"."""
    return f"{era_day(moment)}({day(moment)})"


def midnight_after(moment: datetime) -> datetime:
    """The first moment of the next day in Japan: when every session of the day has ended."""
    return datetime.combine(_day(moment) + timedelta(days=1), datetime.min.time(), JST)


def _day(moment: datetime | date) -> date:
    return moment.astimezone(JST).date() if isinstance(moment, datetime) else moment
