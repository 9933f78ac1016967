"""Where one resident's turn stands, and what becomes of it: values and functions that touch no card and no network."""

import unicodedata
from dataclasses import dataclass, replace
from typing import Final, Literal
from uuid import UUID

from ca.terminal_messages import Job, KeyReport, KeysJob, PinJob, PinReport, ReportedKey, Slot, TroubleReport
from cli.errors import code_of
from cli.terminal.errors import CertificateUntrusted, FrontEndRefused
from cli.terminal.front_end import Report
from hsm.card_errors import CardAway, CertificateNotForCard
from hsm.errors import TokenError
from ra.resident.visit import Language, Page

__all__ = [
    "CONFLICT",
    "Phase",
    "Turn",
    "next_slot",
    "plain",
    "refused",
    "report_of",
    "slots_of",
    "trouble_of",
    "troubled",
]

CONFLICT: Final = 409
"""The front end's status for a case that has moved on."""

Phase = Literal["idle", "language", "consent", "pin", "sending", "writing", "after", "error"]


@dataclass(frozen=True, slots=True)
class Turn:
    """Where the turn stands.

    `made` are the keys made so far, `set` the applications whose PINs are set; `told` says that the report may have
    arrived though no answer came; `after` is the page that the turn ends with, until `until`.
    """

    phase: Phase = "idle"
    job: Job | None = None
    language: Language = "ja"
    made: tuple[ReportedKey, ...] = ()
    set: tuple[Slot, ...] = ()
    defect: str | None = None
    report: Report | None = None
    told: bool = False
    after: Page = "seat"
    until: float = 0.0
    trouble: str | None = None
    code: str | None = None


def slots_of(turn: Turn) -> tuple[Slot, ...]:
    """The applications that the job is about, in its order."""
    match turn.job:
        case KeysJob(drafts=drafts):
            return tuple(each.slot for each in drafts)
        case PinJob(slots=slots):
            return slots
    return ()


def next_slot(turn: Turn) -> Slot | None:
    """The application whose PIN is chosen next; None when all are."""
    return next((slot for slot in slots_of(turn) if slot not in turn.set), None)


def report_of(turn: Turn, job: Job, card: str) -> Report:
    """What is told of a turn whose PINs are all set."""
    if isinstance(job, PinJob):
        return PinReport(event=job.event, card=card, slots=turn.set)
    return KeyReport(event=job.event, card=card, keys=turn.made)


def refused(turn: Turn, error: FrontEndRefused) -> Turn:
    """The page for a report that is not taken: the case moved on, or it may be sent again."""
    if error.status == CONFLICT:
        return Turn("error", None, turn.language, trouble="moved", code=error.word)
    return replace(turn, phase="error", trouble="refused", code=error.word)


def troubled(turn: Turn, error: TokenError | CertificateUntrusted) -> Turn:
    """The page for a card that failed. One that was taken away is just awaited."""
    if isinstance(error, CardAway):
        return turn
    of_certificate = isinstance(error, CertificateUntrusted | CertificateNotForCard)
    return replace(turn, phase="error", trouble="certificate" if of_certificate else "card", code=code_of(error))


def trouble_of(turn: Turn) -> tuple[UUID, TroubleReport] | None:
    """What the counter is told of a turn that cannot go on, and of which case; None where it knows already."""
    match turn:
        case Turn(phase="error", job=job, trouble="card" | "certificate" | "refused" as trouble, code=str(code)) if job:
            return job.case, TroubleReport(event=job.event, trouble=trouble, code=code)
    return None


def plain(slot: Slot, typed: str) -> str:
    """What was typed, full-width characters as the usual ones; letters of the password are capitals."""
    plain = unicodedata.normalize("NFKC", typed)
    return plain.upper() if slot == "sign" else plain
