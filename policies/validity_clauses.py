"""How late a certificate may end by its profile's rule: the second opinion on `policies.validity`."""

from datetime import date, datetime, time, timedelta

from policies.extension_clauses import Reading
from policies.names import JST
from policies.validity import BirthdayRule, DaysRule, PeerRule

__all__ = ["latest_end"]


def latest_end(reading: Reading, begins: datetime) -> tuple[datetime | None, bool]:
    """The latest end a rule allows at all, None where it sets none, and whether it ends with a day in Japan."""
    rule = reading.profile.validity
    if isinstance(rule, DaysRule):
        return begins + timedelta(days=rule.days) - timedelta(seconds=1), False
    day = begins.astimezone(JST).date()
    if isinstance(rule, BirthdayRule):
        # The last day is a birthday, so at most this many years after the day of issue, that day included.
        return _midnight(day.year + rule.renewal_birthdays, day) + timedelta(days=1) - timedelta(seconds=1), True
    by_years = None if rule.years is None else _midnight(day.year + rule.years, day) - timedelta(seconds=1)
    if isinstance(rule, PeerRule):
        ends = [by_years, None if reading.peer is None else reading.peer.not_after]
        return min((end for end in ends if end is not None), default=None), False
    return by_years, True


def _midnight(year: int, day: date) -> datetime:
    leap_day_is_lost = (day.month, day.day) == (2, 29) and not _is_leap(year)
    return datetime.combine(date(year, 3, 1) if leap_day_is_lost else day.replace(year=year), time.min, JST)


def _is_leap(year: int) -> bool:
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
