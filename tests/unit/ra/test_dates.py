"""Days and moments as officers read them."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ra.dates import day, day_on_paper, era_day, midnight_after, minute, minute_on_paper, second


@pytest.mark.parametrize(
    ("when", "words"),
    [
        (date(2026, 11, 22), "令和8年11月22日"),
        (date(2019, 5, 1), "令和元年5月1日"),
        (date(2019, 4, 30), "平成31年4月30日"),
        (date(1989, 1, 8), "平成元年1月8日"),
        (date(1989, 1, 7), "昭和64年1月7日"),
        (date(1926, 12, 25), "昭和元年12月25日"),
        (date(1926, 12, 24), "大正15年12月24日"),
        (date(1912, 7, 30), "大正元年7月30日"),
        (date(1912, 7, 29), "明治45年7月29日"),
        (date(1873, 1, 1), "明治6年1月1日"),
        (date(1872, 12, 31), "1872-12-31"),
    ],
)
def test_the_era_changes_on_its_first_day(when: date, words: str) -> None:
    """Each era begins on the day its order says; its first year is 元年."""
    assert era_day(when) == words


def test_moments_are_shown_in_japans_time() -> None:
    """15:30 UTC is half past midnight of the next day in Japan."""
    moment = datetime(2026, 11, 22, 15, 30, 5, tzinfo=UTC)
    assert (day(moment), minute(moment), second(moment)) == ("2026-11-23", "2026-11-23 00:30", "2026-11-23 00:30:05")
    assert day_on_paper(moment) == "令和8年11月23日(2026-11-23)"


@given(st.dates(min_value=date(1873, 1, 1)))
def test_a_day_on_paper_is_always_told_in_both_ways(when: date) -> None:
    """Who does not count in eras reads the same day beside it."""
    assert day_on_paper(when) == f"{era_day(when)}({when.isoformat()})"
    assert era_day(when).endswith(f"年{when.month}月{when.day}日")


def test_a_day_of_the_lunar_calendar_has_one_form_on_paper() -> None:
    """Before Meiji 6 the month and day of Japan were others than those of ISO 8601."""
    assert {day_on_paper(date(1872, 12, 31), language) for language in ("ja", "en")} == {"1872-12-31"}


def test_in_english_the_era_stands_behind() -> None:
    """The first year is 1 in English."""
    assert day_on_paper(date(2019, 5, 1), "en") == "2019-05-01 (Reiwa 1)"


def test_a_moment_on_paper_is_told_to_the_minute() -> None:
    """Seconds are for the audit trail."""
    assert minute_on_paper(datetime(2026, 11, 23, 1, 2, 5, tzinfo=UTC), "en") == "2026-11-23 (Reiwa 8) 10:02"


def test_the_day_ends_at_midnight_in_japan() -> None:
    """Both a moment before and a moment after belong to their own day."""
    assert midnight_after(datetime(2026, 11, 23, 14, 59, 59, tzinfo=UTC)) == datetime(2026, 11, 23, 15, 0, tzinfo=UTC)
    assert midnight_after(datetime(2026, 11, 23, 15, 0, 0, tzinfo=UTC)) == datetime(2026, 11, 24, 15, 0, tzinfo=UTC)
