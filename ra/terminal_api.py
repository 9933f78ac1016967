"""Where counters' terminals ask what is to be done and tell what was done. They ask; they are never asked.

No session and no form token: every request is signed by a key that the signed roster enrols, and reaches the cases of
that terminal's window and branch, nothing else. Answers are JSON; so are errors (RFC 9457).
"""

from collections.abc import Callable
from typing import Final, TypeVar
from uuid import UUID

from flask import Blueprint, Response, current_app, request
from flask.blueprints import BlueprintSetupState
from flask_limiter.util import get_remote_address

from ca.errors import DocumentMalformed, TooLarge
from ca.roster import Terminal
from ca.terminal import Nonces, Question, check_request
from ca.terminal_errors import TerminalRequestRefused
from ca.terminal_messages import (
    LIMIT,
    Jobs,
    KeyReport,
    PinReport,
    Standing,
    TroubleReport,
    WriteReport,
    octets_of,
    read,
)
from ra.case_file import CaseFile
from ra.errors import PageError
from ra.office import Office, office
from ra.records import Record, Trouble
from ra.scope import machine
from ra.terminal_jobs import job_of, notification_of, pin_notification_of, standing_of, written_of
from ra.workflow import following
from store.cases import CaseEvent, CaseRecord, Step, add_event, case, events_of
from store.counter_errors import CaseMoved, UnknownCase
from store.database import Transaction
from store.queues import CaseFilter, find_cases

__all__ = ["PAGES", "asking"]

PAGES: Final = Blueprint("terminal", __name__, url_prefix="/terminal")
MOST_JOBS: Final = 8
MOST_TROUBLES: Final = 20
"""Of one case; a terminal that has more to tell is broken, and the page says so already."""

MOST_CASES: Final = 50
"""Of each step, the newest; a window with more has forgotten some."""

_NONCES: Final = "ninsho-terminal-nonces"
AnyReport = TypeVar("AnyReport", KeyReport, WriteReport, PinReport, TroubleReport)
Answer = TypeVar("Answer", Jobs, Standing)


@PAGES.record
def remember_nonces(state: BlueprintSetupState) -> None:
    """Give each application a memory of its own.

    A second process of the same front end has another one: a request replayed to it reads the same jobs again, and a
    report enters the case once, since its event has one number.
    """
    state.app.extensions[_NONCES] = Nonces()


@PAGES.get("/jobs")
@machine
def jobs() -> Response:
    """The jobs of the terminal's window, the case that was moved last first."""
    terminal = believed()
    here = office()
    with here.database.snapshot() as tx:
        waiting = sorted(cases_at(tx, terminal), key=lambda each: (each.updated_at, each.id), reverse=True)
        found = [job_of(here, tx, file_of(tx, each)) for each in waiting[:MOST_JOBS]]
    return told(Jobs(tuple(job for job in found if job is not None)))


@PAGES.post("/cases/<uuid:id>/keys")
@machine
def keys(id: UUID) -> Response:
    """Take in that a card made keys, and move the case on."""
    return take_in(id, KeyReport, lambda here, tx, terminal, file, said: notification_of(here, terminal, file, said))


@PAGES.post("/cases/<uuid:id>/pin")
@machine
def pin(id: UUID) -> Response:
    """Take in that new PINs were set, and move the case on."""
    return take_in(id, PinReport, lambda here, tx, terminal, file, said: pin_notification_of(terminal, file, said))


@PAGES.post("/cases/<uuid:id>/written")
@machine
def written(id: UUID) -> Response:
    """Take in that certificates were written and read back, and move the case on."""
    return take_in(id, WriteReport, written_of)


@PAGES.post("/cases/<uuid:id>/trouble")
@machine
def trouble(id: UUID) -> Response:
    """Take in that the terminal cannot go on; the case stands where it stood, and its page says what to do."""
    terminal, report = believed(), reported(TroubleReport)
    with office().database.transaction() as tx:
        file = file_of(tx, case_of(tx, terminal, id))
        record = Trouble(terminal=terminal.code, trouble=report.trouble, code=report.code)
        told = [each for each in file.events if "trouble" in each.facts]
        if report.event != file.awaited or file.record.step not in ("keys", "write"):
            raise PageError("E-4202")
        if file.events[-1].facts != record.facts and len(told) < MOST_TROUBLES:
            enter_report(tx, terminal, file, record, file.record.step)
    return Response(status=204)


@PAGES.get("/cases/<uuid:id>")
@machine
def standing(id: UUID) -> Response:
    """Where a case stands, for the card on the terminal's reader."""
    terminal = believed()
    with office().database.snapshot() as tx:
        return told(standing_of(tx, file_of(tx, case_of(tx, terminal, id))))


def asking() -> str:
    """Who is counted together: what names itself as one terminal, from one address."""
    words = request.headers.get("Authorization", "").split(" ", 2)
    return f"{get_remote_address()} {words[1][:64] if len(words) > 1 else ''}"


def believed() -> Terminal:
    """The terminal that made this request; PageError E-4201. The body is bounded before it is read."""
    here = office()
    request.max_content_length = LIMIT
    question = Question(request.method, request.path, request.get_data())  # type: ignore[arg-type]  # judged below
    try:
        if request.query_string:
            raise PageError("E-4201", {"word": "query"})
        return check_request(
            request.headers.get("Authorization", ""),
            question,
            deployment=here.deployment,
            roster=here.roster(),
            now=here.clock(),
            nonces=current_app.extensions[_NONCES],
        )
    except TerminalRequestRefused as error:
        raise PageError("E-4201", {"word": error.code}) from None


def take_in(
    id: UUID,
    kind: type[AnyReport],
    record_of: Callable[[Office, Transaction, Terminal, CaseFile, AnyReport], Record],
) -> Response:
    """Enter a report as its case's next event. PageError E-4202 for a case that stands elsewhere, E-4203, E-5001."""
    terminal, here, report = believed(), office(), reported(kind)
    with here.database.transaction() as tx:
        file = file_of(tx, case_of(tx, terminal, id))
        found = file.record
        if report.event != file.awaited or found.step != step_of(found, report):
            raise PageError("E-4202")
        record = record_of(here, tx, terminal, file, report)
        enter_report(tx, terminal, file, record, following(found.kind, found.step))
    return Response(status=204)


def reported(kind: type[AnyReport]) -> AnyReport:
    """The report in the body of this request; PageError E-4203 for none of that kind."""
    try:
        return read(kind, request.get_data())
    except (DocumentMalformed, TooLarge) as error:
        raise PageError("E-4203", {"word": error.code}) from None


def enter_report(tx: Transaction, terminal: Terminal, file: CaseFile, record: Record, to: Step) -> None:
    """Enter what a terminal reported and move the case to the step `to`. PageError E-4202 if it has moved already."""
    case = file.record
    event = CaseEvent(case.id, case.events + 1, case.step, terminal.code, office().clock(), record.facts)
    try:
        add_event(tx, branches_of(terminal), event, to)
    except CaseMoved:
        raise PageError("E-4202") from None


def step_of(found: CaseRecord, report: KeyReport | WriteReport | PinReport | TroubleReport) -> str | None:
    """The step of which this is the report, in a case of that kind; None when such a case never has one."""
    if isinstance(report, PinReport) != (found.kind == "pin-reset"):
        return None
    return "write" if isinstance(report, WriteReport) else "keys"


def cases_at(tx: Transaction, terminal: Terminal) -> list[CaseRecord]:
    """The cases of the terminal's window that wait for it."""
    found: list[CaseRecord] = []
    for step in ("keys", "write"):
        wanted = CaseFilter(step=step, window=terminal.window)
        found += find_cases(tx, branches_of(terminal), wanted, limit=MOST_CASES)
    return found


def case_of(tx: Transaction, terminal: Terminal, id: UUID) -> CaseRecord:
    """A case of the terminal's window; PageError E-5001 for none, another branch's and another window's."""
    try:
        found = case(tx, branches_of(terminal), id)
    except UnknownCase:
        raise PageError("E-5001") from None
    if found.window != terminal.window:
        raise PageError("E-5001")
    return found


def file_of(tx: Transaction, found: CaseRecord) -> CaseFile:
    """A case with its events; what it led to is no terminal's business."""
    return CaseFile(found, events_of(tx, frozenset({found.branch}), found.id), (), ())


def branches_of(terminal: Terminal) -> frozenset[str]:
    """What the terminal may see."""
    return frozenset({terminal.branch})


def told(message: Answer) -> Response:
    """A message as the answer."""
    return Response(octets_of(message), mimetype="application/json")
