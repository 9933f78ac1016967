"""The page of a case: the counter's procedure as a checklist, and the form of the step that is next (pages 2 to 7).

One address per case. Whoever opens it sees where it stands; who may take the next step has its form, and one button.
"""

from collections.abc import Mapping
from typing import get_args
from uuid import UUID, uuid4

from flask import Blueprint, current_app, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from pydantic import ValidationError

from ca.roster import Role
from ra.access import LOOKING
from ra.errors import PageError
from ra.fees import check_printed, read_fee
from ra.identity import AGENT_PAPERS, DOCUMENTS
from ra.languages import mark
from ra.office import office
from ra.outcome import settled
from ra.pages.case_views import context_of, entry_of
from ra.reception import Comparison, compare, identify, receive
from ra.records import Attribute, Deferral, Examined, Identification, Reception, Withdrawal
from ra.scan import fold_code
from ra.scope import OFFICERS, roles, scope
from ra.sealed import opened, seal
from ra.selection import choose
from ra.submission import Desk
from ra.waiting import defer, withdraw
from ra.workflow import STAGES
from store.cases import CaseKind, Step
from store.queues import CaseFilter, find_cases

__all__ = ["KINDS", "PAGES", "VISITORS", "desk_of"]

PAGES = Blueprint("cases", __name__, url_prefix="/cases")

KINDS: Mapping[CaseKind, str] = {
    "issue": mark("New issue"),
    "renew": mark("Renewal"),
    "revoke": mark("Revocation"),
    "hold": mark("Suspension"),
    "release": mark("Release of a suspension"),
    "pin-reset": mark("PIN reset"),
}
"""The kinds of cases in the order of their keys (Alt+1 to Alt+6): message ids."""

VISITORS = {"self": mark("The holder"), "legal-agent": mark("A legal agent"), "agent": mark("An agent by mandate")}
"""Who may come: message ids."""

PAGE = 50
"""Cases on one page of a list."""


@PAGES.get("/new")
@roles(Role.RECEPTION)
def new() -> str:
    """The reception form: what for, who came, at which window (page 2)."""
    windows = sorted({each.window for each in office().roster().terminals if each.branch == scope().branch})
    return render_template(
        "cases/new.html",
        kinds=KINDS,
        visitors=VISITORS,
        windows=[(each, each) for each in windows],
        window=session.get("window"),
        kind=request.args.get("kind", "issue"),
        card=request.args.get("card", ""),
        submit_key=uuid4(),
    )


@PAGES.post("/new")
@roles(Role.RECEPTION)
def started() -> ResponseReturnValue:
    """Open the case and go to its page; the same form sent twice opens one case."""
    form = request.form
    try:
        reception = Reception.model_validate({"visitor": form.get("visitor"), "wishes": form.getlist("wishes")})
        submit_key = UUID(form.get("submit_key", ""))
    except (ValidationError, ValueError):
        raise PageError("E-1107") from None
    kind: CaseKind = next((each for each in KINDS if each == form.get("kind")), "issue")
    window = fold_code(form.get("window", ""))
    case = receive(office(), scope(), kind, window, reception, submit_key)
    session["window"] = window
    card = form.get("card", "")
    return redirect(url_for("cases.show", receipt=case.receipt, card=card if opened("card", card) else None), 303)


@PAGES.get("/")
@roles(*OFFICERS)
def listing() -> str:
    """The branch's cases, newest first; by step, or all that are open."""
    step: Step | None = next((each for each in get_args(Step) if each == request.args.get("step")), None)
    mine = scope().person if "mine" in request.args else None
    undone = True if "undone" in request.args else None
    any_step = bool(step or undone or "all" in request.args)
    wanted = CaseFilter(step=step, open=None if any_step else True, opened_by=mine, undone=undone)
    before = _id(request.args.get("before"))
    with office().database.snapshot() as tx:
        found = find_cases(tx, scope().branches, wanted, before=before, limit=PAGE + 1)
    return render_template(
        "cases/list.html",
        cases=found[:PAGE],
        more=len(found) > PAGE,
        stages=STAGES,
        kinds=KINDS,
        step=step,
        mine=mine,
        undone=undone,
    )


@PAGES.get("/<receipt>")
@roles(*OFFICERS)
def show(receipt: str) -> ResponseReturnValue:
    """A case where it stands now (page 3), with the form of its next step for whoever may take it.

    A page that looks whether the case has moved says what it shows; as long as that is so it stays as it is, with
    whatever is being typed beside it.
    """
    context = context_of(desk_of(receipt))
    if request.args.get(LOOKING) == context["seen"]:
        return "", 204
    return render_template("cases/case.html", kinds=KINDS, visitors=VISITORS, **context)


@PAGES.post("/<receipt>/card")
@roles(Role.RECEPTION)
def looked_up(receipt: str) -> ResponseReturnValue:
    """Take a card's number, and show the case with what the register says of it; no address holds the number."""
    desk_of(receipt)
    card = seal("card", fold_code(request.form.get("card", "")))
    return redirect(url_for("cases.show", receipt=receipt, card=card), 303)


@PAGES.post("/<receipt>/identify")
@roles(Role.RECEPTION)
def identified(receipt: str) -> ResponseReturnValue:
    """Write down the identity check (page 4): the kinds of papers that were shown, and nothing else of them."""
    desk = desk_of(receipt)
    shown, brought = request.form.getlist("documents"), request.form.getlist("papers")
    documents = tuple(each for each in DOCUMENTS if each in shown)
    papers = tuple(each for each in AGENT_PAPERS[desk.file.record.visitor] if each in brought)
    identify(desk.office, desk.scope, desk.file, Identification(documents=documents, papers=papers))
    return _back(receipt)


@PAGES.post("/<receipt>/register")
@roles(Role.RECEPTION)
def compared(receipt: str) -> ResponseReturnValue:
    """Write down the comparison with the register (page 5) and begin the applications."""
    desk = desk_of(receipt)
    entry = entry_of(desk.office, fold_code(request.form.get("card", "")))
    if entry is None:
        raise PageError("E-1108")
    marked = request.form.getlist("differences")
    differences = tuple(each for each in get_args(Attribute) if each in marked)
    compare(desk.office, desk.scope, desk.file, Comparison(entry, differences))
    return _back(receipt)


@PAGES.post("/<receipt>/select")
@roles(Role.RECEPTION)
def selected(receipt: str) -> ResponseReturnValue:
    """Write down which certificates and which life event the case is about (page 12)."""
    desk = desk_of(receipt)
    entry = entry_of(desk.office, fold_code(request.form.get("card", "")))
    if entry is None:
        raise PageError("E-1108")
    certificates = request.form.getlist("certificates")[:8]
    choose(desk.office, desk.scope, desk.file, entry, certificates, request.form.get("event", ""))
    return _back(receipt)


@PAGES.post("/<receipt>/confirm")
@roles(Role.RECEPTION)
def confirmed(receipt: str) -> ResponseReturnValue:
    """Save the applications with the officer's signature (page 7)."""
    desk_of(receipt).submit(request.form)
    return _back(receipt)


@PAGES.post("/<receipt>/examine")
@roles(Role.EXAMINE)
def examined(receipt: str) -> ResponseReturnValue:
    """Sign the examination, or send the case back."""
    desk = desk_of(receipt)
    if "send_back" in request.form:
        desk.send_back(Examined, request.form.get("comment", ""))
    else:
        desk.examine(request.form)
    return _back(receipt)


@PAGES.post("/<receipt>/hand-over")
@roles(Role.RECEPTION)
def handed_over(receipt: str) -> ResponseReturnValue:
    """Write down the hand-over; for certificates with the officer's signature, which makes them the valid ones."""
    fee = read_fee(request.form.get("fee", "0"))
    desk = desk_of(receipt)
    check_printed(desk.file.record.receipt, fee)
    desk.hand_over(request.form, fee)
    return _back(receipt)


@PAGES.post("/<receipt>/defer")
@roles(Role.RECEPTION)
def deferred(receipt: str) -> ResponseReturnValue:
    """Take the case in until the centre works again (page 19)."""
    desk = desk_of(receipt)
    try:
        agreed = Deferral.model_validate(
            {
                "consent": request.form.get("consent") == "1",
                "until": request.form.get("until"),
                "told": request.form.get("told", ""),
            }
        )
    except ValidationError:
        raise PageError("E-1406") from None
    defer(desk.office, desk.scope, desk.file, agreed)
    return _back(receipt)


@PAGES.post("/<receipt>/withdraw")
@roles(Role.RECEPTION)
def withdrawn(receipt: str) -> ResponseReturnValue:
    """Close the case without what was wished for."""
    desk = desk_of(receipt)
    try:
        withdrawal = Withdrawal(reason=request.form.get("reason", "").strip())
    except ValidationError:
        raise PageError("E-1406") from None
    withdraw(desk.office, desk.scope, desk.file, withdrawal)
    return _back(receipt)


def desk_of(receipt: str) -> Desk:
    """The officer of this request in front of that case. PageError E-1001 when their branches have none."""
    secret: bytes = current_app.secret_key  # type: ignore[assignment]  # `create_app` takes octets
    return Desk(office(), scope(), settled(office(), scope(), fold_code(receipt)), secret)


def _back(receipt: str) -> ResponseReturnValue:
    return redirect(url_for("cases.show", receipt=receipt), 303)


def _id(text: str | None) -> UUID | None:
    try:
        return None if text is None else UUID(text)
    except ValueError:
        raise PageError("E-5006") from None
