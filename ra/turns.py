"""Turns that a case took beside its steps: sent back, deferred, withdrawn, refused; what its page says of them."""

from dataclasses import dataclass
from typing import Final, Literal

from flask_babel import gettext

from ra.case_file import CaseFile
from ra.languages import mark
from ra.records import Approved, Examined, Finish, Outcome, Submission, Withdrawal
from ra.refusals import refusal_of
from store.applications import ApplicationRecord

__all__ = ["ENDS", "End", "SentBack", "end_of", "refusals_in", "sent_back"]

End = Literal["done", "partly", "refused", "withdrawn", "given-up", "handing-over", "not-handed-over"]

ENDS: Final[dict[End, tuple[str, str, str]]] = {
    "done": ("good", mark("Done"), mark("Everything was done that this case was for.")),
    "partly": ("warn", mark("Done in part"), mark("The authority did one part and refused the other.")),
    "refused": ("bad", mark("Refused"), mark("The authority refused it. Nothing was issued or changed.")),
    "handing-over": (
        "wait",
        mark("Being recorded"),
        mark("The authority records the hand-over now; until then the new certificates are not the valid ones."),
    ),
    "not-handed-over": (
        "bad",
        mark("Hand-over refused"),
        mark("The authority refused the hand-over: the new certificates are not the valid ones."),
    ),
    "withdrawn": ("ended", mark("Withdrawn"), mark("The case was withdrawn. Nothing was issued or changed.")),
    "given-up": ("ended", mark("Withdrawn"), mark("The case was withdrawn. What was issued for it is revoked.")),
}
"""How a case may end: its sign, its word, and its sentence; message ids."""


@dataclass(frozen=True, slots=True)
class SentBack:
    """Who sent the case back to the counter, and what has to be corrected."""

    person: str
    comment: str


def end_of(file: CaseFile) -> End | None:
    """How a closed case ended; None for one that is open."""
    if file.record.step != "closed":
        return None
    if file.latest(Withdrawal) is not None:
        return "given-up" if file.certificates else "withdrawn"
    handed_over = {each.state for each in _hand_overs(file)}
    if not handed_over.isdisjoint({"refused", "parked"}):
        return "not-handed-over"
    if "open" in handed_over:
        return "handing-over"
    outcome = file.latest(Outcome)
    if outcome is None or all(state == "done" for state in outcome.states):
        return "done"
    return "refused" if file.event_of(Finish) is None else "partly"


def refusals_in(file: CaseFile) -> list[tuple[str, str]]:
    """Why the authority refused, each reason once, with what to do; in the language of this request."""
    outcome = file.latest(Outcome)
    pairs = [] if outcome is None else list(zip(outcome.states, outcome.outcomes, strict=True))
    pairs += [(each.state, each.outcome or "") for each in _hand_overs(file)]
    words = dict.fromkeys(word for state, word in pairs if state not in ("done", "open"))
    return [(gettext(refusal_of(word).why, word=word), gettext(refusal_of(word).remedy)) for word in words]


def _hand_overs(file: CaseFile) -> list[ApplicationRecord]:
    return [each for each in file.applications if each.action == "hand-over"]


def sent_back(file: CaseFile) -> SentBack | None:
    """What an examiner or approver wants corrected, until it is submitted anew."""
    submitted = file.event_of(Submission)
    for kind in (Approved, Examined):
        event, said = file.event_of(kind), file.latest(kind)
        if event is None or said is None or not said.sent_back:
            continue
        if submitted is None or submitted.number < event.number:
            return SentBack(event.person, said.comment)
    return None
