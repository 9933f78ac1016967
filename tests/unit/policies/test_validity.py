"""Validity: birthdays counted in Japan, renewals, cards, siblings, whole years, and never beyond the authority."""

import os
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.errors import ValidityRefused
from policies.validity import (
    BirthdayRule,
    DaysRule,
    Validity,
    YearsRule,
    fixed_validity,
    resident_validity,
)

SIGN = BirthdayRule(birthdays=5, renewal_birthdays=6, renewal_window_months=3, sibling=True)
AUTH = BirthdayRule(birthdays=5, renewal_birthdays=6, renewal_window_months=3, sibling=False)
JST = timezone(timedelta(hours=9))
FAR = date(2099, 12, 31)
CA_END = datetime(2099, 12, 31, 14, 59, 59, tzinfo=UTC)


def noon(year: int, month: int, day: int) -> datetime:
    """Noon in Japan."""
    return datetime(year, month, day, 12, tzinfo=JST)


def end(year: int, month: int, day: int) -> datetime:
    """23:59:59 JST of a day, as UTC."""
    return datetime(year, month, day, 14, 59, 59, tzinfo=UTC)


def resident(
    rule: BirthdayRule,
    birth_date: str,
    now: datetime,
    *,
    card_expiry: date = FAR,
    sibling: datetime | None = None,
    previous: datetime | None = None,
    authority: datetime = CA_END,
) -> Validity:
    """Call the rule with the usual rest."""
    return resident_validity(
        rule,
        birth_date=birth_date,
        card_expiry=card_expiry,
        sibling_not_after=sibling,
        previous_not_after=previous,
        now=now,
        authority_not_after=authority,
    )


@pytest.fixture(params=["America/New_York", "Asia/Tokyo", "Pacific/Kiritimati"])
def machine_time_zone(request: pytest.FixtureRequest) -> Iterator[str]:
    """Run the test with the process's own time zone set to another place."""
    before = os.environ.get("TZ")
    os.environ["TZ"] = request.param
    time.tzset()
    yield request.param
    if before is None:
        del os.environ["TZ"]
    else:
        os.environ["TZ"] = before
    time.tzset()


BIRTHDAYS = [
    # birth date, issued (JST), last day
    ("1984-02-17", noon(2025, 10, 27), (2030, 2, 17)),  # the test card of the fact sheet
    ("1984-10-28", noon(2025, 10, 27), (2029, 10, 28)),  # the first birthday is the next day
    ("1984-10-27", noon(2025, 10, 27), (2030, 10, 27)),  # a birthday on the day of issue is not after it
    ("1984-10-26", noon(2025, 10, 27), (2030, 10, 26)),
    ("2024-02-29", noon(2026, 11, 23), (2031, 2, 28)),  # 29 February in a common year is 28 February
    ("2024-02-29", noon(2027, 3, 1), (2032, 2, 29)),  # and in a leap year itself
    ("1988-02-29", noon(2028, 2, 28), (2032, 2, 29)),
    ("1988-02-29", noon(2027, 2, 28), (2032, 2, 29)),  # the day of issue is the birthday
    ("1988-02-29", noon(2027, 2, 27), (2031, 2, 28)),
    ("1950-01-01", noon(2025, 12, 31), (2030, 1, 1)),
    ("1950-12-31", noon(2025, 12, 31), (2030, 12, 31)),
    ("2026-11-01", noon(2026, 11, 23), (2031, 11, 1)),  # a newborn
    ("0000-07-15", noon(2026, 11, 23), (2031, 7, 15)),  # the year is not used
    ("0000-02-29", noon(2026, 11, 23), (2031, 2, 28)),
    ("1900-00-00", noon(2026, 11, 23), (2031, 1, 1)),  # unknown month and day: 1 January
    ("1900-06-00", noon(2026, 11, 23), (2031, 6, 1)),  # unknown day: the first
    ("1900-00-20", noon(2026, 11, 23), (2031, 1, 20)),  # unknown month: January
    ("0000-00-00", noon(2026, 11, 23), (2031, 1, 1)),
    ("1984-10-28", datetime(2025, 10, 27, 15, 0, 0, tzinfo=UTC), (2030, 10, 28)),  # midnight in Japan: the birthday
    ("1984-10-28", datetime(2025, 10, 27, 14, 59, 59, tzinfo=UTC), (2029, 10, 28)),  # a second before it
]


@pytest.mark.parametrize(("birth_date", "now", "last"), BIRTHDAYS)
def test_fifth_birthday(machine_time_zone: str, birth_date: str, now: datetime, last: tuple[int, int, int]) -> None:
    """It ends at 23:59:59 JST of the fifth birthday after the day of issue, wherever the machine is (c.2, TIM-2)."""
    validity = resident(AUTH, birth_date, now)
    assert validity.not_after == end(*last), machine_time_zone
    assert validity.not_after.isoformat().endswith("T14:59:59+00:00")


@pytest.mark.parametrize(
    ("now", "last"),
    [
        (noon(2029, 11, 16), (2034, 2, 17)),  # a day before the window: the fifth birthday
        (noon(2029, 11, 17), (2035, 2, 17)),  # the window opens three months before: the sixth
        (noon(2030, 2, 16), (2035, 2, 17)),
        (noon(2030, 2, 17), (2036, 2, 17)),  # on the birthday itself the first birthday after it is next year's
        (noon(2030, 2, 18), (2035, 2, 17)),  # after the end it is no renewal: the fifth
    ],
)
def test_renewal_in_the_last_three_months(now: datetime, last: tuple[int, int, int]) -> None:
    """A renewal within the last three months reaches the sixth birthday, so that nobody loses days by coming early."""
    assert resident(AUTH, "1984-02-17", now, previous=end(2030, 2, 17)).not_after == end(*last)


def test_renewal_window_of_a_long_month() -> None:
    """Three months before 31 May is the last of February."""
    previous = end(2030, 5, 31)
    assert resident(AUTH, "1984-05-31", noon(2030, 2, 27), previous=previous).not_after == end(2034, 5, 31)
    assert resident(AUTH, "1984-05-31", noon(2030, 2, 28), previous=previous).not_after == end(2035, 5, 31)


def test_card_ends_first() -> None:
    """The card's last day limits both certificates (c.2)."""
    validity = resident(AUTH, "1984-02-17", noon(2026, 11, 23), card_expiry=date(2027, 3, 31))
    assert validity.not_after == end(2027, 3, 31)
    assert validity.reason == "It ends with the card."
    assert validity.reason_ja == "カードの有効期限までです。"


def test_birthday_is_named_when_the_card_ends_on_it() -> None:
    """Cards end on a birthday too; the birthday is the reason then."""
    validity = resident(AUTH, "1984-02-17", noon(2026, 11, 23), card_expiry=date(2031, 2, 17))
    assert validity.reason == "It ends on the fifth birthday after the day of issue."
    assert validity.reason_ja == "発行の日後の5回目の誕生日までです。"


def test_card_of_today_is_good_to_its_last_second() -> None:
    """The last day counts whole."""
    now = datetime(2026, 11, 23, 23, 59, 59, 900_000, tzinfo=JST)
    validity = resident(AUTH, "1984-02-17", now, card_expiry=date(2026, 11, 23))
    assert validity.not_before == validity.not_after == end(2026, 11, 23)


def test_expired_card() -> None:
    """No certificate goes on a card that has expired."""
    with pytest.raises(ValidityRefused) as caught:
        resident(AUTH, "1984-02-17", noon(2026, 11, 23), card_expiry=date(2026, 11, 22))
    assert caught.value.code == "validity.card-expired"


def test_signing_certificate_ends_with_its_sibling() -> None:
    """A signing certificate never outlives the user-authentication certificate (c.2)."""
    validity = resident(SIGN, "1984-02-17", noon(2026, 11, 23), sibling=end(2028, 2, 17))
    assert validity.not_after == end(2028, 2, 17)
    assert validity.reason == "It ends with the user-authentication certificate."


def test_authentication_certificate_ignores_a_sibling() -> None:
    """Only the signing rule has a sibling."""
    assert resident(AUTH, "1984-02-17", noon(2026, 11, 23), sibling=end(2028, 2, 17)).not_after == end(2031, 2, 17)


def test_sibling_that_has_ended_does_not_count() -> None:
    """Only a valid sibling limits (c.2: if there is one)."""
    assert resident(SIGN, "1984-02-17", noon(2026, 11, 23), sibling=end(2026, 11, 22)).not_after == end(2031, 2, 17)


def test_begins_now_to_the_second() -> None:
    """The first second is that of issue (b.2)."""
    now = datetime(2026, 11, 23, 1, 2, 3, 999_999, tzinfo=UTC)
    assert resident(AUTH, "1984-02-17", now).not_before == datetime(2026, 11, 23, 1, 2, 3, tzinfo=UTC)


@pytest.mark.parametrize("birth_date", ["1990-02-30", "1990-13-01", "1991-02-29", "2026-11-24", "", "x-y-z"])
def test_impossible_birth_dates(birth_date: str) -> None:
    """A day that no calendar has, or that has not come, is refused."""
    with pytest.raises(ValidityRefused) as caught:
        resident(AUTH, birth_date, noon(2026, 11, 23))
    assert caught.value.code == "validity.birth-date-impossible"
    assert "1990" not in str(caught.value)


def test_an_authority_with_one_year_left_refuses() -> None:
    """Nothing outlives its issuer (ISS-7)."""
    with pytest.raises(ValidityRefused) as caught:
        resident(AUTH, "1984-02-17", noon(2026, 11, 23), authority=end(2027, 11, 23))
    assert caught.value.code == "validity.beyond-authority"


def test_the_authoritys_last_second_is_the_limit() -> None:
    """The same last second passes; one second less does not."""
    last = end(2031, 2, 17)
    assert resident(AUTH, "1984-02-17", noon(2026, 11, 23), authority=last).not_after == last
    with pytest.raises(ValidityRefused):
        resident(AUTH, "1984-02-17", noon(2026, 11, 23), authority=last - timedelta(seconds=1))


@pytest.mark.parametrize(
    ("rule", "now", "not_before", "not_after"),
    [
        # the three real JPKI certificates of fact sheet b.1
        (YearsRule(10, "now"), "2015-10-20T03:08:13", "2015-10-20T03:08:13", "2025-10-19T14:59:59"),
        (YearsRule(10, "now"), "2015-10-20T02:40:28", "2015-10-20T02:40:28", "2025-10-19T14:59:59"),
        (YearsRule(10, "now"), "2023-07-16T00:50:27", "2023-07-16T00:50:27", "2033-07-15T14:59:59"),
        # the three real LGPKI certificates of fact sheet b.7
        (YearsRule(10, "day"), "2006-04-01T01:00:00", "2006-03-31T15:00:00", "2016-03-31T14:59:59"),
        (YearsRule(20, "day"), "2014-06-04T01:00:00", "2014-06-03T15:00:00", "2034-06-03T14:59:59"),
        (YearsRule(10, "day"), "2014-06-04T01:00:00", "2014-06-03T15:00:00", "2024-06-03T14:59:59"),
        # 15:00 UTC is the next day in Japan
        (YearsRule(3, "day"), "2026-11-22T15:00:00", "2026-11-22T15:00:00", "2029-11-22T14:59:59"),
        (YearsRule(3, "day"), "2026-11-22T14:59:59", "2026-11-21T15:00:00", "2029-11-21T14:59:59"),
        # leap days
        (YearsRule(1, "day"), "2028-02-29T01:00:00", "2028-02-28T15:00:00", "2029-02-28T14:59:59"),
        (YearsRule(4, "day"), "2028-02-29T01:00:00", "2028-02-28T15:00:00", "2032-02-28T14:59:59"),
        (YearsRule(3, "day"), "2025-03-01T01:00:00", "2025-02-28T15:00:00", "2028-02-29T14:59:59"),
        # responders
        (DaysRule(90), "2026-11-23T01:02:03", "2026-11-23T01:02:03", "2027-02-21T01:02:02"),
        (DaysRule(1), "2026-11-23T01:02:03", "2026-11-23T01:02:03", "2026-11-24T01:02:02"),
    ],
)
def test_fixed_periods(
    machine_time_zone: str, rule: YearsRule | DaysRule, now: str, not_before: str, not_after: str
) -> None:
    """Whole years end at 23:59:59 JST of the day before the anniversary; days end a second early, both ends count."""
    validity = fixed_validity(rule, now=datetime.fromisoformat(now + "+00:00"), authority_not_after=None)
    found = (validity.not_before.isoformat(), validity.not_after.isoformat())
    assert found == (not_before + "+00:00", not_after + "+00:00"), machine_time_zone


def test_fixed_periods_stay_inside_the_authority() -> None:
    """A staff certificate of three years needs an authority of three years (ISS-7)."""
    now = noon(2026, 11, 23)
    same_end = fixed_validity(YearsRule(3, "day"), now=now, authority_not_after=end(2029, 11, 22))
    assert same_end.not_after == end(2029, 11, 22)
    with pytest.raises(ValidityRefused) as caught:
        fixed_validity(YearsRule(3, "day"), now=now, authority_not_after=end(2029, 11, 21))
    assert caught.value.code == "validity.beyond-authority"


def test_a_responder_ends_with_its_authority() -> None:
    """RFC 5280 6.1.3 and RFC 6960 4.2.2.2: answers are needed to the authority's last day, and no longer."""
    now, rule = noon(2026, 11, 23), DaysRule(30, cut_short=True)
    assert fixed_validity(rule, now=now, authority_not_after=end(2026, 12, 1)).not_after == end(2026, 12, 1)
    full = now.replace(microsecond=0) + timedelta(days=30, seconds=-1)
    assert fixed_validity(rule, now=now, authority_not_after=end(2027, 12, 1)).not_after == full
    for ended in (end(2026, 11, 22), now):
        with pytest.raises(ValidityRefused):
            fixed_validity(rule, now=now, authority_not_after=ended)


def test_nobody_elses_days_are_cut_short() -> None:
    """ISS-7: whoever asked for a certificate of 90 days is refused rather than given fewer."""
    with pytest.raises(ValidityRefused):
        fixed_validity(DaysRule(90), now=noon(2026, 11, 23), authority_not_after=end(2026, 12, 1))


def test_a_moment_without_a_time_zone_is_a_programming_error() -> None:
    """A naive time would be read in the machine's zone."""
    naive = noon(2026, 11, 23).replace(tzinfo=None)
    with pytest.raises(ValueError, match="time zone"):
        fixed_validity(DaysRule(1), now=naive, authority_not_after=None)
    with pytest.raises(ValueError, match="time zone"):
        resident(AUTH, "1984-02-17", naive)


moments = st.datetimes(datetime(2020, 1, 1), datetime(2080, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - hypothesis adds the zone
births = st.dates(date(1900, 1, 1), date(2019, 12, 31))


@given(births, moments)
def test_five_birthdays_lie_in_the_period(born: date, now: datetime) -> None:
    """Exactly five birthdays fall after the day of issue, the last one on the last day: four to five years."""
    validity = resident(AUTH, born.isoformat(), now)
    first, last = now.astimezone(JST).date(), validity.not_after.astimezone(JST).date()
    leap_born = (born.month, born.day) == (2, 29)
    days = (first + timedelta(days=n) for n in range(1, (last - first).days + 1))
    birthdays = [
        day
        for day in days
        if (day.month, day.day) == (born.month, born.day)
        or (leap_born and (day.month, day.day) == (2, 28) and (day + timedelta(days=1)).month == 3)
    ]
    assert len(birthdays) == 5
    assert birthdays[-1] == last
    assert timedelta(days=4 * 365) < last - first <= timedelta(days=5 * 365 + 2)


@given(births, moments, st.dates(date(2020, 1, 1), date(2099, 12, 31)), st.none() | moments, st.none() | moments)
def test_the_earliest_end_wins(
    born: date, now: datetime, card: date, sibling: datetime | None, previous: datetime | None
) -> None:
    """The end never passes the card or a living sibling, never precedes notBefore, and has no fraction."""
    if card < now.astimezone(JST).date():
        card = now.astimezone(JST).date()
    validity = resident(SIGN, born.isoformat(), now, card_expiry=card, sibling=sibling, previous=previous)
    assert validity.not_before <= validity.not_after <= end(card.year, card.month, card.day)
    assert sibling is None or sibling <= now or validity.not_after <= sibling
    assert validity.not_before.microsecond == validity.not_after.microsecond == 0
    assert validity.reason.endswith(".")
    assert validity.reason_ja.endswith("。")
