"""How long a certificate lives: the rules a profile may name, counted in Japan Standard Time."""

from dataclasses import dataclass
from typing import Literal

__all__ = ["BirthdayRule", "DaysRule", "ValidityRule", "YearsRule"]


@dataclass(frozen=True, slots=True)
class BirthdayRule:
    """A resident's certificate: it ends on a birthday, or earlier when the card or the sibling certificate ends.

    `birthdays`: which birthday after the day of issue is the last valid day (5). `renewal_birthdays`: the same
    for a renewal (6) asked for within the last `renewal_window_months` months (3) of the certificate it replaces.
    `sibling`: it also ends with the holder's valid user-authentication certificate (true for signing certificates).
    """

    birthdays: int
    renewal_birthdays: int
    renewal_window_months: int
    sibling: bool


@dataclass(frozen=True, slots=True)
class YearsRule:
    """A CA, staff or server certificate: whole years, ending at 23:59:59 JST.

    `starts`: "now" takes the second of issue as the beginning (the JPKI CAs), "day" takes 00:00:00 JST of the day
    of issue (the LGPKI CAs).
    """

    years: int
    starts: Literal["now", "day"]


@dataclass(frozen=True, slots=True)
class DaysRule:
    """A responder certificate: exactly `days` times 86,400 seconds from the second of issue, both ends counted."""

    days: int


ValidityRule = BirthdayRule | YearsRule | DaysRule
"""What the `[validity]` table of a profile becomes."""
