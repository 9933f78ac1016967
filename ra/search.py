"""What a search form asks for, checked and folded: one box, or fields; and the questions to the store it makes.

What was typed may be a person's name, so it travels in a form and stays in the session, never in an address.
"""

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from datetime import date, datetime, timedelta
from typing import Final, Self, get_args

from flask_babel import gettext

from policies.folding import fold_kana, fold_name
from policies.life_events import holder_kinds
from ra.dates import midnight
from ra.languages import mark
from ra.scan import card_name, fold_code, scanned
from ra.standing import Shown
from ra.typed_dates import read_date
from store.certificate_search import CertificateSearch
from store.people import PersonFilter
from store.status import State

__all__ = ["STATES", "Wanted", "read_wanted"]

STATES: Final[tuple[Shown, ...]] = ("good", "held", "revoked", "expired")
"""The states that a search can be narrowed to."""

_KANA: Final = re.compile(r"[\u3041-\u30ff\uff66-\uff9f\s]+")
_SERIAL: Final = re.compile(r"(?:[0-9A-F]{2}){1,20}")
_LONGEST: Final = 60
_CODES: Final = ("serial", "receipt", "card")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is looked for; "" does not restrict. Codes are folded, dates ISO, names as they were typed."""

    name: str = ""
    kana: str = ""
    birth: str = ""
    serial: str = ""
    receipt: str = ""
    card: str = ""
    state: str = ""
    kind: str = ""
    ends_from: str = ""
    ends_to: str = ""

    @property
    def anything(self) -> bool:
        """Whether it asks for anything at all."""
        return any(asdict(self).values())

    @property
    def somebody(self) -> bool:
        """Whether it asks for a person."""
        return bool(self.name or self.kana or self.birth or self.card)

    def person(self, salt: bytes) -> PersonFilter | None:
        """The person it asks for, as the store finds one."""
        if not self.somebody:
            return None
        return PersonFilter(
            name_key=fold_name(self.name) or None,
            kana_key=fold_kana(self.kana) or None,
            birth_date=self.birth or None,
            card=card_name(salt, self.card) if self.card else None,
        )

    def certificates(self, salt: bytes, now: datetime) -> CertificateSearch:
        """The certificates it asks for, as the store finds them. One that is past its end is neither valid nor held."""
        since = midnight(date.fromisoformat(self.ends_from)) if self.ends_from else None
        before = midnight(date.fromisoformat(self.ends_to)) + timedelta(days=1) if self.ends_to else None
        state: State | None = next((each for each in get_args(State) if each == self.state), None)
        if self.state == "expired":
            before = now if before is None else min(now, before)
        elif self.state in ("good", "held"):
            since = now if since is None else max(now, since)
        return CertificateSearch(
            serial=int(self.serial, 16) if self.serial else None,
            kind=self.kind or None,
            state=state,
            ends_from=since,
            ends_before=before,
            person=self.person(salt),
        )

    @property
    def kept(self) -> dict[str, str]:
        """What a page's address keeps of it."""
        return {name: value for name, value in asdict(self).items() if value}

    @classmethod
    def of(cls, kept: Mapping[str, str]) -> Self:
        """What an address kept."""
        names = {field.name for field in fields(cls)}
        return cls(**{name: str(value) for name, value in kept.items() if name in names})


def read_wanted(form: Mapping[str, str]) -> tuple[Wanted, list[tuple[str, str]]]:
    """What a form asks for, and what is wrong with it: (field, sentence in the language of this request)."""
    given = {field.name: form.get(field.name, "").strip()[:_LONGEST] for field in fields(Wanted)}
    boxed = _boxed(form.get("q", "")[:100])
    if not boxed.keys().isdisjoint(_CODES):  # scanned beside a form that still holds the search before
        given = dict.fromkeys(given, "")
    given |= boxed
    wrong: list[tuple[str, str]] = []
    for field, message in _check(given).items():
        wrong.append((field, gettext(message)))
    if not any(given.values()):
        wrong.append(("q", gettext(mark("Enter at least one thing to look for."))))
    return Wanted(**given), wrong


def _boxed(text: str) -> dict[str, str]:
    """What the one box asks for: a code by its form, else a name, by its kana when it is kana throughout."""
    if not text.strip():
        return {}
    kind, value = scanned(text)
    if kind == "words":
        return {"kana" if _KANA.fullmatch(value) else "name": value[:_LONGEST]}
    return {kind: value}


def _check(given: dict[str, str]) -> dict[str, str]:
    """Fold what was typed, in place; give a message id for each field that cannot be read."""
    wrong: dict[str, str] = {}
    for name in _CODES:
        given[name] = fold_code(given[name])
    given["serial"] = given["serial"].removeprefix("S-")
    if given["serial"] and not _is_serial(given["serial"]):
        wrong["serial"] = mark("A serial number has an even number of digits 0 to 9 and letters A to F.")
    if given["receipt"] and sum(map(bool, given.values())) > 1:
        wrong["receipt"] = mark("A receipt number names one case: leave the other fields empty.")
    for name in ("birth", "ends_from", "ends_to"):
        read = read_date(given[name]) if given[name] else ""
        if read is None or (read and name != "birth" and not _is_date(read)):
            wrong[name] = mark("This is not a date. Write it like 1980-01-02, 昭和55年1月2日 or S55.1.2.")
        given[name] = read or given[name]
    if given["state"] not in ("", *STATES) or given["kind"] not in ("", *holder_kinds()):
        wrong["state"] = mark("Choose from the list.")
    if (given["name"] and not fold_name(given["name"])) or (given["kana"] and not fold_kana(given["kana"])):
        wrong["name"] = mark("A name has at least one letter.")
    return wrong


def _is_serial(text: str) -> bool:
    return _SERIAL.fullmatch(text) is not None and 0 < int(text, 16) < 1 << 159


def _is_date(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True
