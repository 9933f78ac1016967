"""The audit trail (page 17): who did what to which record, and whether the chains are whole. No names of holders."""

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Final

from flask import Blueprint, Response, render_template, request
from flask_babel import gettext

from ca.roster import Role
from ra.dates import day_in_japan, midnight
from ra.errors import PageError
from ra.languages import mark
from ra.names import branch_names, names_of
from ra.office import office
from ra.places import read_place, write_place
from ra.scan import fold_code
from ra.scope import roles, scope
from ra.spans import read_day, read_span
from ra.trail_export import export
from store.trail import TrailFilter, TrailPlace, trail
from store.verification import verify_newest

__all__ = ["PAGES"]

PAGES: Final = Blueprint("audit", __name__, url_prefix="/audit")

PAGE: Final = 50
MOST_CHECKED: Final = 10_000
"""Newest links that the page checks; ``ninsho audit verify`` reads them all and holds them against the anchors."""

EVENTS: Final[Mapping[str, str]] = {
    "certificate.issued": mark("Certificate issued"),
    "certificate.reserved": mark("Certificate about to be signed"),
    "certificate.handed-over": mark("Certificate handed over"),
    "certificate.revoked": mark("Certificate revoked"),
    "certificate.held": mark("Certificate suspended"),
    "certificate.released": mark("Suspension lifted"),
    "certificate.abandoned": mark("Serial number given up"),
    "application.refused": mark("Application refused"),
    "application.parked": mark("Application given up"),
    "application.failed": mark("Application failed for now"),
    "application.put-off": mark("Application put off"),
    "claim.lost": mark("Another signer was quicker"),
    "crl.published": mark("Revocation list published"),
    "crl.refused": mark("Revocation list refused"),
    "roster.entered": mark("Roster entered"),
    "authority.entered": mark("Authority entered"),
    "authority.ended": mark("Authority's key ended"),
    "signer.started": mark("Signer started"),
    "signer.interrupted": mark("Signer interrupted"),
    "chore.failed": mark("A regular task failed"),
}
"""Events in words: message ids. One that is not here is shown by its code."""

PROGRAMS: Final = ("signer", "ra", "ceremony", "audit", "owner")
_WORD: Final = re.compile(r"[A-Za-z0-9._-]{1,64}")


@PAGES.get("/", endpoint="trail")
@roles(Role.HEAD, Role.AUDIT)
def entries() -> str:
    """The newest entries that fit, and the check of the chains."""
    asked, wanted = _asked()
    before = _place(request.args.get("after"))
    with office().database.snapshot() as tx:
        page = trail(tx, scope().branches, wanted, before=before, limit=PAGE)
        checked = verify_newest(tx, office().deployment, MOST_CHECKED)
    return render_template(
        "trail/trail.html",
        page=page,
        checked=checked,
        asked=asked,
        events=EVENTS,
        program_options=[("", gettext("any")), *[(name, name) for name in PROGRAMS]],
        event_options=[("", gettext("any")), *[(name, gettext(words)) for name, words in EVENTS.items()]],
        officers=names_of(office()),
        branch_names=branch_names(office()),
        after="" if page.read_to is None else _written(page.read_to),
        more=before is not None,
    )


@PAGES.get("/export")
@roles(Role.HEAD, Role.AUDIT)
def exported() -> Response:
    """The trail of the chosen days as a file, with everything that the chains can be worked out from."""
    asked, _ = _asked()
    span = read_span(asked["first"], asked["last"], day_in_japan(office().clock()))
    response = Response(export(office(), scope(), span.since, span.before), mimetype="application/x-ndjson")
    name = f"trail-{span.first.isoformat()}-{span.last.isoformat()}.ndjson"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _asked() -> tuple[dict[str, str], TrailFilter]:
    """What the form asks for, as it was typed and as the store takes it; PageError E-2103 for days it cannot be."""
    asked = {name: request.args.get(name, "").strip()[:64] for name in ("program", "event", "record", "person")}
    for name in ("event", "person", "program"):
        if asked[name] and not _WORD.fullmatch(asked[name]):
            raise PageError("E-5006")
    asked["record"] = fold_code(asked["record"]).lower().removeprefix("s-")
    asked |= {name: request.args.get(name, "").strip()[:20] for name in ("first", "last")}
    first, last = read_day(asked["first"]), read_day(asked["last"])
    if first is not None and last is not None and first > last:
        raise PageError("E-2103")
    return asked, TrailFilter(
        program=asked["program"] or None,
        event=asked["event"] or None,
        record=asked["record"] or None,
        person=asked["person"] or None,
        since=None if first is None else midnight(first),
        before=None if last is None else midnight(last + timedelta(days=1)),
    )


def _written(place: TrailPlace) -> str:
    return write_place(place.at, place.instance, place.sequence)


def _place(text: str | None) -> TrailPlace | None:
    if text is None:
        return None
    at, instance, sequence = read_place(text)
    try:
        number = int(sequence)
    except ValueError:
        raise PageError("E-5006") from None
    if not _WORD.fullmatch(instance):
        raise PageError("E-5006")
    return TrailPlace(at, instance, max(0, min(number, 1 << 60)))
