"""The ledgers (page 16): 交付記録簿, 証明書管理台帳, 鍵格納媒体管理簿, 手数料; of some days, to read and to print."""

from collections.abc import Mapping
from typing import Final
from uuid import UUID

from flask import Blueprint, render_template, request

from ca.trail import serial_text
from ra.dates import day_in_japan
from ra.errors import PageError
from ra.languages import mark
from ra.ledger_lines import MOST_SUMMED, Line, fees, lines
from ra.names import branch_names, names_of
from ra.office import office
from ra.pages.cases import KINDS, VISITORS
from ra.pages.certs import READERS
from ra.pages.search import state_of
from ra.places import read_key, read_place, write_place
from ra.records import CARD_WRITTEN, HANDED_OVER
from ra.scope import roles, scope
from ra.spans import Span, read_span
from ra.standing import kind_name, word
from store.cases import MOST_EVENTS
from store.issued import Place, count_issued, issued_between
from store.ledgers import Ending, EventPlace, count_entered, entered
from store.people import people_of

__all__ = ["PAGES"]

PAGES: Final = Blueprint("ledgers", __name__, url_prefix="/ledgers")

LEDGERS: Final[Mapping[str, str]] = {
    "hand-overs": mark("Log of hand-overs"),
    "certificates": mark("Ledger of certificates"),
    "media": mark("Ledger of key media"),
    "fees": mark("Fees"),
}
"""The ledgers: message ids of their names."""

ENDINGS: Final[Mapping[str, Ending]] = {"hand-overs": HANDED_OVER, "media": CARD_WRITTEN}
PAGE: Final = 100


@PAGES.get("/")
@roles(*READERS)
def index() -> str:
    """One of the ledgers, for today or for other days."""
    ledger = request.args.get("ledger", "hand-overs")
    if ledger not in LEDGERS:
        raise PageError("E-5001")
    span = _span()
    return render_template(
        "ledgers/index.html",
        ledger=ledger,
        ledgers=LEDGERS,
        span=span,
        kinds=KINDS,
        visitors=VISITORS,
        officers=names_of(office()),
        branch_names=branch_names(office()),
        kind_name=kind_name,
        serial_text=serial_text,
        word=word,
        **_shown(ledger, span),
    )


def _shown(ledger: str, span: Span) -> dict[str, object]:
    match ledger:
        case "certificates":
            return _certificates(span)
        case "fees":
            return _fees(span)
        case _:
            return _events(span, ENDINGS[ledger])


def _events(span: Span, ending: Ending) -> dict[str, object]:
    after = _event_place(request.args.get("after"))
    branches = scope().branches
    with office().database.snapshot() as tx:
        found = entered(tx, branches, ending, span.since, span.before, after=after, limit=PAGE + 1)
        shown = lines(tx, branches, found[:PAGE])
        count = count_entered(tx, branches, ending, span.since, span.before)
    return {"lines": shown, "count": count, "after": _written(shown[-1]) if len(found) > PAGE else ""}


def _certificates(span: Span) -> dict[str, object]:
    after = _certificate_place(request.args.get("after"))
    branches, now = scope().branches, office().clock()
    with office().database.snapshot() as tx:
        found = issued_between(tx, branches, span.since, span.before, after=after, limit=PAGE + 1)
        people = people_of(tx, branches, [hit.application_id for hit in found])
        count = count_issued(tx, branches, span.since, span.before)
    shown = [(hit, people.get(hit.application_id), state_of(hit, now)) for hit in found[:PAGE]]
    last = found[PAGE - 1] if len(found) > PAGE else None
    place = "" if last is None else write_place(last.issued_at, last.issuer, serial_text(last.serial))
    return {"certificates": shown, "count": count, "after": place}


def _fees(span: Span) -> dict[str, object]:
    with office().database.snapshot() as tx:
        days, whole = fees(tx, scope().branches, span.since, span.before)
    return {"days": days, "count": len(days), "whole": whole, "most": MOST_SUMMED, "after": ""}


def _span() -> Span:
    """The days that were asked for, today otherwise."""
    today = day_in_japan(office().clock())
    return read_span(request.args.get("first", ""), request.args.get("last", ""), today)


def _written(line: Line) -> str:
    place = line.entered.place
    return write_place(place.at, place.case_id, place.number)


def _event_place(text: str | None) -> EventPlace | None:
    if text is None:
        return None
    at, case_id, number = read_place(text)
    try:
        return EventPlace(at, UUID(case_id), min(int(number), MOST_EVENTS))
    except ValueError:
        raise PageError("E-5006") from None


def _certificate_place(text: str | None) -> Place | None:
    if text is None:
        return None
    at, issuer, serial = read_place(text)
    return Place(at, *read_key(f"{issuer}:{serial}"))
