"""The expiry board (page 15): what ends in the weeks ahead, and the list behind every number, with who was told."""

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from ca.trail import serial_text
from ra.dates import day_in_japan, midnight
from ra.errors import PageError
from ra.languages import mark
from ra.names import names_of
from ra.office import office
from ra.pages.certs import READERS
from ra.places import read_key, write_key
from ra.scope import DESK, roles, scope
from ra.standing import KINDS, kind_name
from store.certificate_search import CertificateSearch, count_certificates, search_certificates
from store.notices import count_noticed, enter_notices, notices
from store.people import people_of
from store.tallies import endings

__all__ = ["PAGES"]

PAGES: Final = Blueprint("expiry", __name__, url_prefix="/expiry")

WEEKS: Final = 14
"""This week and the three months in which a certificate can be renewed."""

FURTHEST: Final = timedelta(weeks=600)
PAGE: Final = 50
WEEK: Final = timedelta(weeks=1)


@dataclass(frozen=True, slots=True)
class Bar:
    """A week: its first day (a Monday), how many certificates end in it, of how many the holders were told."""

    first: date
    ends: int
    told: int

    @property
    def label(self) -> str:
        """The week as the board writes it."""
        last = self.first + WEEK - timedelta(days=1)
        return f"{self.first:%Y-%m-%d} - {last:%m-%d}"


@PAGES.get("/")
@roles(*READERS)
def board() -> str:
    """The weeks ahead, as bars and as a table of the same numbers."""
    kind, branches = _kind(), scope().branches
    monday = _monday(day_in_japan(office().clock()))
    first = midnight(monday)
    with office().database.snapshot() as tx:
        counted: Counter[datetime] = Counter()
        for each in endings(tx, branches, first, WEEKS):
            if each.state == "good" and kind in (None, each.kind):
                counted[each.week] += each.count
        bars = []
        for number in range(WEEKS):
            week = first + number * WEEK
            told = count_noticed(tx, branches, week, week + WEEK, kind) if counted[week] else 0
            bars.append(Bar(monday + number * WEEK, counted[week], told))
    return render_template(
        "expiry/board.html",
        bars=bars,
        most=max(1, *(bar.ends for bar in bars)),
        kind=kind,
        kinds=_kinds(),
        week=bars[0],
    )


@PAGES.get("/<week>")
@roles(*READERS)
def worklist(week: str) -> str:
    """The certificates that end in a week, the first to end first: exactly as many as the board says."""
    monday = _week(week)
    search = _search(monday, kind := _kind())
    after = None if (text := request.args.get("after")) is None else read_key(text)
    with office().database.snapshot() as tx:
        hits = search_certificates(tx, scope().branches, search, after=after, limit=PAGE + 1)
        shown = hits[:PAGE]
        told = count_noticed(tx, scope().branches, midnight(monday), midnight(monday) + WEEK, kind)
        count = count_certificates(tx, scope().branches, search)
        people = people_of(tx, scope().branches, [hit.application_id for hit in shown])
        noticed = notices(tx, scope().branches, [hit.key for hit in shown])
    return render_template(
        "expiry/week.html",
        bar=Bar(monday, count, told),
        people=people,
        notices=noticed,
        hits=shown,
        after=write_key(shown[-1].key) if len(hits) > PAGE else "",
        kind=kind,
        officers=names_of(office()),
        notes=scope().may(*DESK),
        kind_name=kind_name,
        write_key=write_key,
        serial_text=serial_text,
    )


@PAGES.post("/<week>")
@roles(*DESK)
def noted(week: str) -> ResponseReturnValue:
    """Write down that the holders of the ticked certificates were told."""
    monday = _week(week)
    keys = [read_key(text) for text in request.form.getlist("told")[:PAGE]]
    with office().database.transaction() as tx:
        count = enter_notices(tx, scope().branches, keys, scope().person, office().clock())
    flash(gettext(mark("%(count)s notices were written down."), count=count), "good")
    return redirect(url_for("expiry.worklist", week=monday.isoformat(), kind=_kind()), 303)


def _search(monday: date, kind: str | None) -> CertificateSearch:
    first = midnight(monday)
    return CertificateSearch(state="good", kind=kind, ends_from=first, ends_before=first + WEEK)


def _kind() -> str | None:
    kind = request.values.get("kind") or None
    if kind not in (None, *KINDS):
        raise PageError("E-5006")
    return kind


def _kinds() -> list[tuple[str, str]]:
    return [("", gettext(mark("All kinds"))), *[(kind, kind_name(kind)) for kind in KINDS]]


def _week(text: str) -> date:
    """The Monday that an address names; PageError E-5001 for anything else, and for a week too far away."""
    try:
        monday = date.fromisoformat(text)
    except ValueError:
        raise PageError("E-5001") from None
    today = day_in_japan(office().clock())
    if monday != _monday(monday) or abs(monday - today) > FURTHEST:
        raise PageError("E-5001")
    return monday


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())
