"""The search (page 10): one box or fields, page by page, and the same as a file for a spreadsheet."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from flask import Blueprint, Response, current_app, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from ca.trail import serial_text
from ra.csv_file import csv_answer
from ra.dates import day, minute
from ra.errors import PageError
from ra.languages import mark
from ra.office import office
from ra.pages.certs import READERS
from ra.places import read_key, write_key
from ra.scope import roles, scope
from ra.sealed import opened, seal
from ra.search import STATES, Wanted, read_wanted
from ra.standing import KINDS, Shown, kind_name, word
from ra.standing import STATES as ALL_STATES
from store.cases import CaseRecord, case
from store.certificate_search import CertificateHit, count_certificates, search_certificates
from store.people import PersonEntry, people_of, search_people
from store.scope import MOST_COUNTED
from store.status import Key

__all__ = ["PAGES"]

PAGES: Final = Blueprint("search", __name__)

PAGE: Final = 25
MOST_CASES: Final = 10
MOST_ROWS: Final = 10_000
"""Certificates in a file at most."""

HEADS: Final = (
    mark("Name"),
    mark("Certificate"),
    mark("Authority"),
    mark("Serial number"),
    mark("State"),
    mark("Since"),
    mark("Issued"),
    mark("Valid until"),
    mark("Branch"),
)


LABELS: Final[Mapping[str, str]] = {
    "name": mark("Name"),
    "kana": mark("Name in kana"),
    "birth": mark("Date of birth"),
    "serial": mark("Serial number"),
    "receipt": mark("Receipt number"),
    "card": mark("Card number"),
    "state": mark("State"),
    "kind": mark("Certificate"),
    "ends_from": mark("Valid until, from"),
    "ends_to": mark("Valid until, to"),
}
"""The fields of the form: message ids of their labels."""


@dataclass(frozen=True, slots=True)
class Line:
    """A certificate that was found, with the name it was applied for under and its state now."""

    hit: CertificateHit
    name: str
    state: Shown

    @property
    def serial(self) -> str:
        """The serial in hexadecimal."""
        return serial_text(self.hit.serial)


@dataclass(frozen=True, slots=True)
class Found:
    """A page of what was found; `after` is where the next one begins, "" for none."""

    lines: tuple[Line, ...]
    count: int
    cases: tuple[tuple[CaseRecord, str], ...]
    after: str


@PAGES.get("/search")
@roles(*READERS)
def find() -> str:
    """The form, and what the search in this page's address finds now."""
    wanted, after = _remembered(), request.args.get("after")
    found = None if wanted is None else _find(wanted, None if after is None else read_key(after))
    return _page(wanted or Wanted(), [], found)


@PAGES.post("/search")
@roles(*READERS)
def asked() -> ResponseReturnValue:
    """Take a search and show what it finds; a number that names one thing leads to it."""
    wanted, wrong = read_wanted(request.form)
    if wrong:
        return _page(wanted, wrong, None), 422
    return redirect(_straight_to(wanted) or url_for("search.find", s=_remember(wanted)), 303)


@PAGES.get("/search.csv")
@roles(*READERS)
def download() -> Response:
    """All that a search finds, as a file: the same rows in the same order, 10,000 at most."""
    wanted = _remembered()
    if wanted is None:
        raise PageError("E-5006")
    rows = [_cells(line) for line in _all(wanted)]
    if len(rows) == MOST_ROWS:
        rows.append([gettext(mark("There may be more: a file holds 10,000 at most."))])
    return csv_answer(f"certificates-{day(office().clock())}.csv", [gettext(head) for head in HEADS], rows)


def _page(wanted: Wanted, wrong: Sequence[tuple[str, str]], found: Found | None) -> str:
    return render_template(
        "search/find.html",
        wanted=wanted,
        wrong=dict(wrong),
        errors=wrong,
        found=found,
        criteria=_criteria(wanted),
        s=request.args.get("s", ""),
        states=[(state, gettext(ALL_STATES[state][1])) for state in STATES],
        kinds=[(kind, kind_name(kind)) for kind in KINDS],
        kind_name=kind_name,
        word=word,
        most=MOST_COUNTED - 1,
        more="after" in request.args,
        has_cases="cases.show" in current_app.view_functions,
    )


def _criteria(wanted: Wanted) -> list[tuple[str, str]]:
    """What was looked for, as the page repeats it: label and value."""
    shown = {**wanted.kept}
    if wanted.state in STATES:
        shown["state"] = word(next(state for state in STATES if state == wanted.state))[1]
    if wanted.kind:
        shown["kind"] = kind_name(wanted.kind)
    return [(gettext(LABELS[name]), value) for name, value in shown.items()]


def _remember(wanted: Wanted) -> str:
    """The search as an address carries it: for this officer, and unreadable on the way."""
    return seal("search", json.dumps(wanted.kept, ensure_ascii=False))


def _remembered() -> Wanted | None:
    found = opened("search", request.args.get("s", ""))
    return None if found is None else Wanted.of(json.loads(found))


def _straight_to(wanted: Wanted) -> str | None:
    """The address of the one thing that a number names, when that is all that was asked for."""
    asked_for = wanted.kept
    with office().database.snapshot() as tx:
        if asked_for.keys() == {"serial"}:
            search = wanted.certificates(office().salt, office().clock())
            hits = search_certificates(tx, scope().branches, search, limit=2)
            if len(hits) == 1:
                return url_for("certs.show", issuer=hits[0].issuer, serial=serial_text(hits[0].serial))
    if asked_for.keys() == {"receipt"}:
        return url_for("cases.show", receipt=wanted.receipt)
    return None


def _find(wanted: Wanted, after: Key | None) -> Found:
    now, branches = office().clock(), scope().branches
    search = wanted.certificates(office().salt, now)
    with office().database.snapshot() as tx:
        hits = search_certificates(tx, branches, search, after=after, limit=PAGE + 1)
        count = count_certificates(tx, branches, search)
        names = people_of(tx, branches, [hit.application_id for hit in hits])
        person = wanted.person(office().salt)
        people = () if person is None else search_people(tx, branches, person, subject="case", limit=MOST_CASES)
        cases = tuple((case(tx, branches, each.id), each.name) for each in people)
    shown = hits[:PAGE]
    last = shown[-1] if len(hits) > PAGE else None
    return Found(
        tuple(_line(hit, names, now) for hit in shown),
        count,
        cases,
        "" if last is None else write_key(last.key),
    )


def _all(wanted: Wanted) -> Iterator[Line]:
    now, branches = office().clock(), scope().branches
    search = wanted.certificates(office().salt, now)
    after, read = None, 0
    with office().database.snapshot() as tx:
        while read < MOST_ROWS:
            hits = search_certificates(tx, branches, search, after=after, limit=min(1000, MOST_ROWS - read))
            names = people_of(tx, branches, [hit.application_id for hit in hits])
            yield from (_line(hit, names, now) for hit in hits)
            if not hits:
                return
            read, after = read + len(hits), hits[-1].key


def _line(hit: CertificateHit, names: Mapping[UUID, PersonEntry], now: datetime) -> Line:
    person = names.get(hit.application_id)
    return Line(hit, "" if person is None else person.name, state_of(hit, now))


def state_of(hit: CertificateHit, now: datetime) -> Shown:
    """The state of a certificate in a list; revoked is for ever, and one past its end is neither valid nor held."""
    state: Shown = hit.status.state
    return "expired" if state != "revoked" and hit.not_after <= now else state


def _cells(line: Line) -> list[str]:
    hit = line.hit
    since = hit.status.revoked_at
    return [
        line.name,
        kind_name(hit.kind),
        hit.issuer,
        line.serial,
        word(line.state)[1],
        "" if since is None else minute(since),
        minute(hit.issued_at),
        minute(hit.not_after),
        hit.branch,
    ]
