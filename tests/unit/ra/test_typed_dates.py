"""Dates in every way in which people say them, and none that does not exist."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ra.typed_dates import read_date


@pytest.mark.parametrize(
    ("said", "date"),
    [
        ("1980-01-02", "1980-01-02"),
        ("１９８０－１－２", "1980-01-02"),
        ("19800102", "1980-01-02"),
        ("1980/1/2", "1980-01-02"),
        ("1980年1月2日", "1980-01-02"),
        ("昭和55年1月2日", "1980-01-02"),
        ("S55.1.2", "1980-01-02"),
        ("ｓ５５．１．２", "1980-01-02"),
        ("令和元年5月1日", "2019-05-01"),
        ("大正15.12.24", "1926-12-24"),
        ("1936-00-00", "1936-00-00"),
        ("1988-02-29", "1988-02-29"),
    ],
)
def test_a_date_is_read_in_whatever_form(said: str, date: str) -> None:
    """Full width, eras, their letters, unknown parts as the register has them."""
    assert read_date(said) == date


@pytest.mark.parametrize("said", ["1799-12-31", "3000-01-01", "0001-01-01", "9999-12-31"])
def test_a_year_that_nobody_means_is_no_date(said: str) -> None:
    """The calendar ends there: the day before or after could not be worked out."""
    assert read_date(said) is None


@pytest.mark.parametrize("said", ["", "2月30日", "1980-02-30", "1980-13-01", "昭和55年", "X55.1.2", "0000-01-01"])
def test_what_is_no_date_is_not_guessed_at(said: str) -> None:
    """30 February does not exist, and half a date is none."""
    assert read_date(said) is None


@given(st.text(max_size=40))
def test_nothing_that_is_typed_fails(said: str) -> None:
    """Any text at all is a date or none."""
    assert read_date(said) is None or len(str(read_date(said))) == 10
