"""How long a certificate lives: the rules a profile may name, counted in Japan Standard Time.

Days are days in Japan (UTC+9, without summer time since 1952), whatever the machine's time zone is; what comes out is
aware UTC. A last valid day lasts to 23:59:59 JST, which is 14:59:59Z, and notAfter is that second (RFC 5280 4.1.2.5
counts both ends).

Whoever was born on 29 February has the birthday on 28 February in common years, as Japan's Road Traffic Act takes it
for driving licences. An unknown month of birth counts as January and an unknown day as the first; the year is not used.
"""

import calendar
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone
from typing import Literal

from policies.errors import ValidityRefused

__all__ = [
    "BirthdayRule",
    "DaysRule",
    "PeerRule",
    "Validity",
    "ValidityRule",
    "YearsRule",
    "fixed_validity",
    "peer_validity",
    "resident_validity",
]

_JST = timezone(timedelta(hours=9), "JST")
_ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth", "eleventh")


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
    """A responder's or web server's certificate: `days` times 86,400 seconds from its second of issue, ends included.

    `cut_short`: it ends with its authority where that ends earlier, instead of being refused. Only a responder's may:
    it is renewed by a program, and nobody was promised its days.
    """

    days: int
    cut_short: bool = False


@dataclass(frozen=True, slots=True)
class PeerRule:
    """A certificate for another authority's key, or another generation's: it ends with the first of several ends.

    These are the end of the issuing authority, the end of the certificate that the peer gave itself, and that of so
    many `years`, where they are given. `begins`: "peer" takes the beginning of the peer's own certificate, since RFC
    4210 4.4.1 has a link certificate live from the generation of the key in it; "day" takes 00:00:00 JST of the day
    of issue.
    """

    begins: Literal["peer", "day"]
    years: int | None = None


ValidityRule = BirthdayRule | YearsRule | DaysRule | PeerRule
"""What the `[validity]` table of a profile becomes."""


@dataclass(frozen=True, slots=True)
class Validity:
    """First and last second of a certificate, aware UTC without fractions, and why it ends then.

    `reason` and `reason_ja` are one sentence each for the officer's screen; they hold no date and no name.
    """

    not_before: datetime
    not_after: datetime
    reason: str
    reason_ja: str


def resident_validity(
    rule: BirthdayRule,
    *,
    birth_date: str,
    card_expiry: date,
    sibling_not_after: datetime | None,
    previous_not_after: datetime | None,
    now: datetime,
    authority_not_after: datetime,
) -> Validity:
    """Give the period of a resident's certificate issued at `now`: the earliest of the ends that the rule names.

    `birth_date` is "YYYY-MM-DD" with zeros for unknown parts. `card_expiry` is the card's last valid day in Japan.
    `sibling_not_after` is the end of the holder's user-authentication certificate and counts where the rule says so and
    while it lives. `previous_not_after` is the end of the certificate that this one renews (fact sheet c.2).

    Raises ValidityRefused for an impossible birth date, an expired card, and an end beyond the authority's.
    """
    _check_aware(now, authority_not_after, sibling_not_after, previous_not_after)
    issued = now.astimezone(_JST).date()
    month, day = _birthday(birth_date, issued)
    if card_expiry < issued:
        raise ValidityRefused("validity.card-expired", "the card has expired")
    nth = rule.renewal_birthdays if _is_renewal(rule, issued, previous_not_after, now) else rule.birthdays
    ends = [
        (_end_of(_nth_birthday(month, day, issued, nth)), *_birthday_reason(nth)),
        (_end_of(card_expiry), "It ends with the card.", "カードの有効期限までです。"),
    ]
    if rule.sibling and sibling_not_after is not None and sibling_not_after > now:
        end = sibling_not_after.astimezone(UTC).replace(microsecond=0)
        ends.append(
            (end, "It ends with the user-authentication certificate.", "利用者証明用電子証明書の有効期限までです。")
        )
    not_after, reason, reason_ja = min(ends, key=lambda each: each[0])
    return _bounded(Validity(_to_the_second(now), not_after, reason, reason_ja), authority_not_after)


def fixed_validity(rule: YearsRule | DaysRule, *, now: datetime, authority_not_after: datetime | None) -> Validity:
    """Give the period of a certificate of a CA, a responder, an officer or a server issued at `now`.

    `authority_not_after` is the end of the issuing authority, None for a self-signed certificate.

    Raises ValidityRefused for an end beyond the authority's.
    """
    _check_aware(now, authority_not_after)
    not_before = _to_the_second(now)
    if isinstance(rule, DaysRule):
        end = not_before + timedelta(days=rule.days) - timedelta(seconds=1)
        reason, reason_ja = f"Its life in days is {rule.days}.", f"有効期間は{rule.days}日です。"
        if rule.cut_short and authority_not_after is not None and not_before < authority_not_after < end:
            end, reason, reason_ja = authority_not_after, "It ends with its authority.", "認証局の有効期限までです。"
    else:
        first = now.astimezone(_JST).date()
        if rule.starts == "day":
            not_before = datetime.combine(first, time.min, _JST).astimezone(UTC)
        end = _end_of(_last_day(first, rule.years))
        reason, reason_ja = f"Its life in years is {rule.years}.", f"有効期間は{rule.years}年です。"
    return _bounded(Validity(not_before, end, reason, reason_ja), authority_not_after)


def peer_validity(
    rule: PeerRule,
    *,
    peer_not_before: datetime | None,
    peer_not_after: datetime | None,
    now: datetime,
    authority_not_after: datetime,
) -> Validity:
    """Give the period of a certificate issued at `now` for the key of a peer.

    `peer_not_before` and `peer_not_after` are those of the peer's own certificate, None where it has shown a request
    only. Raises ValidityRefused where nothing of the period lies in the future, and where the rule begins with a
    certificate that the peer has not shown.
    """
    _check_aware(now, authority_not_after, peer_not_before, peer_not_after)
    first = now.astimezone(_JST).date()
    not_before = datetime.combine(first, time.min, _JST).astimezone(UTC) if rule.begins == "day" else peer_not_before
    if not_before is None:
        raise ValidityRefused("validity.peer-without-certificate", "the peer has shown no certificate of its own")
    ends = [(authority_not_after, "It ends with its authority.", "認証局の有効期限までです。")]
    if peer_not_after is not None:
        ends.append(
            (peer_not_after, "It ends with the peer's own certificate.", "相手の自己署名証明書の期限までです。")
        )
    if rule.years is not None:
        end = _end_of(_last_day(first, rule.years))
        ends.append((end, f"Its life in years is {rule.years}.", f"有効期間は{rule.years}年です。"))
    not_after, reason, reason_ja = min(ends, key=lambda each: each[0])
    if not_after <= now:
        raise ValidityRefused("validity.peer-ended", "its authority or the peer's own certificate has ended")
    return Validity(not_before, not_after, reason, reason_ja)


def _check_aware(*moments: datetime | None) -> None:
    if any(moment is not None and moment.tzinfo is None for moment in moments):
        raise ValueError("a moment without a time zone has no place in a validity")


def _to_the_second(now: datetime) -> datetime:
    return now.astimezone(UTC).replace(microsecond=0)


def _end_of(day: date) -> datetime:
    """Give the last second of a day in Japan."""
    return datetime.combine(day, time(23, 59, 59), _JST).astimezone(UTC)


def _bounded(validity: Validity, authority_not_after: datetime | None) -> Validity:
    """Refuse an end beyond the authority's: a shorter life than the rule's would be a silent surprise."""
    if authority_not_after is not None and validity.not_after > authority_not_after:
        raise ValidityRefused("validity.beyond-authority", "the certificate would outlive the issuing authority")
    return validity


def _birthday(birth_date: str, issued: date) -> tuple[int, int]:
    """Read month and day of birth, January and the first where unknown."""
    try:
        year, month, day = (int(part) for part in birth_date.split("-"))
        # An unknown year may have been a leap year.
        born = date(year or 4, month or 1, day or 1)
    except ValueError:
        raise ValidityRefused("validity.birth-date-impossible", "the birth date is no date") from None
    if born > issued:
        raise ValidityRefused("validity.birth-date-impossible", "the birth date lies in the future")
    return born.month, born.day


def _is_renewal(rule: BirthdayRule, issued: date, previous_not_after: datetime | None, now: datetime) -> bool:
    """Say whether the former certificate still lives and is in its last months."""
    if previous_not_after is None or previous_not_after < now:
        return False
    last = previous_not_after.astimezone(_JST).date()
    year, month = divmod(last.year * 12 + last.month - 1 - rule.renewal_window_months, 12)
    return issued >= _day_of_year(year, month + 1, last.day)


def _nth_birthday(month: int, day: int, issued: date, nth: int) -> date:
    """Give the nth birthday after the day of issue; a birthday on that day is not after it."""
    first = issued.year if _day_of_year(issued.year, month, day) > issued else issued.year + 1
    return _day_of_year(first + nth - 1, month, day)


def _day_of_year(year: int, month: int, day: int) -> date:
    """Give that day of a year, or its month's last day where the month is too short: 28 February for the 29th."""
    return date(year, month, min(day, calendar.monthrange(year, month)[1]))


def _last_day(first: date, years: int) -> date:
    """Give the last day of a period of years: the day before the first one's anniversary.

    Where the anniversary does not exist, its month's last day is the last one (Civil Code, article 143 (2)).
    """
    anniversary = _day_of_year(first.year + years, first.month, first.day)
    return anniversary - timedelta(days=1) if anniversary.day == first.day else anniversary


def _birthday_reason(nth: int) -> tuple[str, str]:
    ordinal = _ORDINALS[nth - 1] if nth <= len(_ORDINALS) else f"{nth}th"
    return f"It ends on the {ordinal} birthday after the day of issue.", f"発行の日後の{nth}回目の誕生日までです。"
