"""Cases that were taken in while the centre was down (預かり処理, page 19)."""

from uuid import UUID

from flask import Blueprint, render_template, request

from ra.centre import centre
from ra.errors import PageError
from ra.office import office
from ra.pages.cases import KINDS
from ra.records import Deferral
from ra.scope import DECIDERS, DESK, roles, scope
from ra.workflow import STAGES
from store.cases import CaseRecord, events_of
from store.database import Transaction
from store.queues import CaseFilter, count_cases, find_cases
from store.scope import Branches

__all__ = ["PAGES"]

PAGES = Blueprint("deferred", __name__, url_prefix="/deferred")

PAGE = 50


@PAGES.get("/")
@roles(*DESK, *DECIDERS)
def listing() -> str:
    """What was taken in and waits, with what each visitor was told; and whether the centre works again."""
    wanted = CaseFilter(deferred=True, open=True)
    before = _id(request.args.get("before"))
    here, branches = office(), scope().branches
    with here.database.snapshot() as tx:
        found = find_cases(tx, branches, wanted, before=before, limit=PAGE + 1)
        total = count_cases(tx, branches, wanted)
        agreed = {case.id: _agreed(tx, branches, case) for case in found[:PAGE]}
    return render_template(
        "deferred/list.html",
        cases=found[:PAGE],
        agreed=agreed,
        total=total,
        next=found[PAGE - 1].id if len(found) > PAGE else None,
        centre=centre(here),
        kinds=KINDS,
        stages=STAGES,
    )


def _agreed(tx: Transaction, branches: Branches, case: CaseRecord) -> Deferral | None:
    """What the visitor agreed to when the case was taken in last."""
    deferrals = [each for each in events_of(tx, branches, case.id) if "consent" in each.facts]
    return Deferral.of(deferrals[-1].facts) if deferrals else None


def _id(text: str | None) -> UUID | None:
    try:
        return None if text is None else UUID(text)
    except ValueError:
        raise PageError("E-5006") from None
