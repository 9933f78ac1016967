"""What I signed: the signer's own list of this officer's signatures, so nobody signs unseen (docs/decisions/0003)."""

from datetime import UTC, datetime
from typing import Final
from uuid import UUID

from flask import Blueprint, render_template, request
from flask_babel import gettext

from ra.languages import mark
from ra.office import office
from ra.pages.cases import KINDS
from ra.refusals import refusal_of
from ra.scope import DECIDERS, DESK, roles, scope
from store.cases import case_of_application
from store.signatures import Place, SignedRow, signed_by

__all__ = ["OUTCOMES", "PAGES", "ROLES", "place_of", "place_text"]

PAGES: Final = Blueprint("signed", __name__)

PAGE: Final = 30
"""Signatures on one page."""

ROLES: Final = {
    "submission": mark("Submitted"),
    "examination": mark("Examined"),
    "approval": mark("Approved"),
}
"""What a signature said: message ids."""

OUTCOMES: Final = {
    "issued": mark("certificate issued"),
    "revoke": mark("revoked"),
    "hold": mark("suspended"),
    "release": mark("suspension released"),
    "hand-over": mark("handed over"),
}
"""The signer's words for what it did: message ids. Every other word says why it refused."""


@PAGES.get("/signed")
@roles(*DESK, *DECIDERS)
def listing() -> str:
    """The officer's signatures, newest outcome first."""
    before = place_of(request.args.get("before", ""))
    me = scope()
    with office().database.snapshot() as tx:
        found = signed_by(tx, me.person, before=before, limit=PAGE + 1)
        cases = {
            each.application_id: case_of_application(tx, me.branches, each.application_id) for each in found[:PAGE]
        }
    return render_template(
        "signed/list.html",
        rows=found[:PAGE],
        cases=cases,
        kinds=KINDS,
        roles=ROLES,
        outcomes=OUTCOMES,
        why=lambda word: gettext(refusal_of(word).why, word=word),
        credentials=credentials_of(me.person),
        next=place_text(found[PAGE - 1]) if len(found) > PAGE else "",
    )


def credentials_of(person: str) -> dict[str, str]:
    """The officer's credentials in words, by code; one that left the roster is not among them."""
    here = office()
    enrolled = here.roster().person(person)
    sites = {
        here.parties.working.id: mark("Passkey of the counter"),
        here.parties.approval.id: mark("Passkey of the approval site"),
    }
    own = () if enrolled is None else enrolled.credentials
    return {each.code: gettext(sites.get(each.rp_id, mark("Card or key file"))) for each in own}


def place_text(row: SignedRow) -> str:
    """Where a page that ends with this row ended, as it stands in an address."""
    return f"{int(row.at.timestamp())}.{row.application_id.hex}.{row.role}"


def place_of(text: str) -> Place | None:
    """The place in such a text; None for none, and for what `place_text` did not write."""
    try:
        at, application, role = text.split(".")
        return Place(datetime.fromtimestamp(int(at), UTC), UUID(application), role) if role in ROLES else None
    except (ValueError, OverflowError, OSError):
        return None
