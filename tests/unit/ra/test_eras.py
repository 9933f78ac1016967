"""Days on paper: the era that began last, its years counted from 1, and ISO 8601 beside it."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ra.eras import GREGORIAN_SINCE, era_date, paper_date, paper_day, paper_time


@pytest.mark.parametrize(
    ("day", "written"),
    [
        (date(2026, 11, 23), "令和8年11月23日"),
        (date(2019, 5, 1), "令和元年5月1日"),
        (date(2019, 4, 30), "平成31年4月30日"),
        (date(1989, 1, 8), "平成元年1月8日"),
        (date(1989, 1, 7), "昭和64年1月7日"),
        (date(1926, 12, 25), "昭和元年12月25日"),
        (date(1926, 12, 24), "大正15年12月24日"),
        (date(1912, 7, 30), "大正元年7月30日"),
        (date(1912, 7, 29), "明治45年7月29日"),
        (date(1873, 1, 1), "明治6年1月1日"),
    ],
)
def test_an_era_begins_on_its_day(day: date, written: str) -> None:
    """The day before still belongs to the era before; the first year is 元年."""
    assert era_date(day) == written


def test_a_day_of_the_lunar_calendar_has_no_form() -> None:
    """Before Meiji 6 the month and day of Japan were others than those of ISO 8601."""
    assert era_date(date(1872, 12, 31)) == "1872-12-31"
    assert paper_date(date(1872, 12, 31), "en") == "1872-12-31"


@given(st.dates(min_value=GREGORIAN_SINCE))
def test_a_day_on_paper_is_always_told_in_both_ways(day: date) -> None:
    """Who does not count in eras reads the same day beside it."""
    assert paper_date(day) == f"{era_date(day)}({day.isoformat()})"
    assert era_date(day).endswith(f"年{day.month}月{day.day}日")


def test_in_english_the_era_stands_behind() -> None:
    """The first year is 1 in English."""
    assert paper_date(date(2019, 5, 1), "en") == "2019-05-01 (Reiwa 1)"


def test_the_day_of_a_moment_is_the_day_in_japan() -> None:
    """At 15:00 UTC the next day begins."""
    assert paper_day(datetime(2026, 11, 23, 15, 0, tzinfo=UTC)) == "令和8年11月24日(2026-11-24)"
    assert paper_day(datetime(2026, 11, 23, 14, 59, 59, tzinfo=UTC)) == "令和8年11月23日(2026-11-23)"


def test_times_are_japan_standard_time_to_the_minute() -> None:
    """Seconds are for the audit trail."""
    assert paper_time(datetime(2026, 11, 23, 1, 2, 5, tzinfo=UTC), "en") == "2026-11-23 (Reiwa 8) 10:02"
