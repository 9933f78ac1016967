"""Spans of days that a reader asks for: of the ledgers, and of the trail."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from ra.dates import midnight
from ra.errors import PageError
from ra.typed_dates import read_date

__all__ = ["Span", "read_day", "read_span"]

_LONGEST: Final = timedelta(days=366)
_LETTERS: Final = 20
"""A longer text than any way to write a day."""


@dataclass(frozen=True, slots=True)
class Span:
    """Some days, the first and the last included, in Japan's time."""

    first: date
    last: date

    @property
    def since(self) -> datetime:
        """The first moment."""
        return midnight(self.first)

    @property
    def before(self) -> datetime:
        """The moment after the last."""
        return midnight(self.last + timedelta(days=1))


def read_day(text: str) -> date | None:
    """The day that was typed, None for nothing; PageError E-2103 for what is no day, or an unknown one."""
    if not text:
        return None
    try:
        return date.fromisoformat(read_date(text[:_LETTERS]) or "")
    except ValueError:
        raise PageError("E-2103") from None


def read_span(first: str, last: str, today: date) -> Span:
    """The days that were typed; a span with no last day ends today, one with no first is the last day or today.

    PageError E-2103 for one that ends before it begins or is longer than a year.
    """
    end = read_day(last) or today
    span = Span(read_day(first) or min(today, end), end)
    if not span.first <= span.last <= span.first + _LONGEST:
        raise PageError("E-2103")
    return span
