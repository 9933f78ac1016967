"""Approvals, on their own site: what waits, oldest first, and one case with all that is signed (pages 8 and 9)."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from ra.errors import PageError
from ra.languages import mark
from ra.names import names_of
from ra.office import office
from ra.pages.case_views import lines_of
from ra.pages.cases import KINDS, VISITORS, desk_of
from ra.records import Approved
from ra.scope import DECIDERS, roles, scope
from ra.submission import Desk
from ra.words import saved_wordings
from store.applications import ApplicationRecord
from store.cases import CaseRecord, case_of_application
from store.queues import count_waiting, waiting_approvals

__all__ = ["PAGES"]

PAGES = Blueprint("approvals", __name__, url_prefix="/approvals")

PAGE = 50


@dataclass(frozen=True, slots=True)
class Waiting:
    """A line of the queue: a case, or an application that the command line made, and whether it is one's own."""

    case: CaseRecord | None
    application: ApplicationRecord
    own: bool
    since: datetime
    count: int


@PAGES.get("/")
@roles(*DECIDERS)
def queue() -> str:
    """What waits for approval in one's branches, oldest first; one's own cases are there, and say why they are grey."""
    after = _id(request.args.get("after"))
    here, me = office(), scope()
    with here.database.snapshot() as tx:
        found = waiting_approvals(tx, me.branches, here.clock(), after=after, limit=PAGE + 1)
        total = count_waiting(tx, me.branches, here.clock())
        cases = {each.id: case_of_application(tx, me.branches, each.id) for each in found}
    return render_template(
        "approvals/queue.html",
        waiting=_grouped(found[:PAGE], cases),
        total=total,
        next=found[PAGE - 1].id if len(found) > PAGE else None,
        kinds=KINDS,
        names=names_of(here),
        now=here.clock(),
    )


@PAGES.get("/<receipt>")
@roles(*DECIDERS)
def show(receipt: str) -> str:
    """Everything that an approval signs, with who asked for it and who examined it."""
    desk = desk_of(receipt)
    return render_template("approvals/case.html", kinds=KINDS, visitors=VISITORS, **_shown(desk))


@PAGES.post("/<receipt>")
@roles(*DECIDERS)
def signed(receipt: str) -> ResponseReturnValue:
    """Sign the approval, or send the case back with the reason."""
    desk = desk_of(receipt)
    if "send_back" in request.form:
        desk.send_back(Approved, request.form.get("comment", ""))
        said = mark("Case %(receipt)s was sent back to the counter.")
    else:
        desk.approve(request.form)
        said = mark("Your approval of case %(receipt)s is signed and saved.")
    flash(gettext(said, receipt=desk.file.record.receipt), "good")
    return redirect(url_for("approvals.queue"), 303)


def _shown(desk: Desk) -> dict[str, object]:
    waits = desk.file.record.step == "approve"
    own = waits and any(each.requester == desk.scope.person for each in desk.saved())
    return {
        **_signable(desk, waits and not own),
        "file": desk.file,
        "case": desk.file.record,
        "lines": lines_of(desk.office, desk.file),
        "waits": waits,
        "own": own,
    }


def _signable(desk: Desk, asked: bool) -> dict[str, object]:
    """What was submitted, and the offer to sign it where that is `asked`; or the `hindrance`, and it is sent back."""
    context: dict[str, object] = {"wordings": (), "offer": None, "hindrance": None}
    try:
        if desk.file.submission:
            context["wordings"] = saved_wordings(desk.office, desk.file, desk.saved())
        if asked:
            context["offer"] = desk.offer("approval")
    except PageError as hindrance:
        context["hindrance"] = hindrance.words()
    return context


def _grouped(found: tuple[ApplicationRecord, ...], cases: dict[UUID, CaseRecord | None]) -> list[Waiting]:
    """One line for each case with all its applications; what belongs to no case has a line of its own."""
    person = scope().person
    lines: dict[UUID, Waiting] = {}
    for each in found:
        case = cases[each.id]
        key = each.id if case is None else case.id
        before = lines.get(key)
        count = 1 if before is None else before.count + 1
        first = each if before is None else before.application
        lines[key] = Waiting(case, first, each.requester == person, first.created_at, count)
    return list(lines.values())


def _id(text: str | None) -> UUID | None:
    try:
        return None if text is None else UUID(text)
    except ValueError:
        raise PageError("E-5006") from None
