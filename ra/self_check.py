"""The self-check of a branch (自己点検, fact sheet d.5): fifteen questions, and what the data says to each.

A suggestion is only made where the data proves it; whoever heads the branch answers, and may answer otherwise.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal

from flask_babel import gettext

from ca.roster import Person, Role
from ra.dates import day
from ra.languages import mark
from ra.office import Office
from ra.records import CARD_WRITTEN, CARRIED_OUT
from store.database import Transaction
from store.ledgers import count_entered
from store.queues import CaseFilter, count_cases
from store.self_checks import SelfCheck, self_checks
from store.tallies import standings

__all__ = ["ANSWERS", "QUESTIONS", "Answer", "Prefilled", "Question", "prefilled"]

Answer = Literal["yes", "no", "none", ""]
"""はい, いいえ, 該当なし, or not answered yet."""

ANSWERS: Final[Mapping[str, str]] = {"yes": mark("Yes"), "no": mark("No"), "none": mark("Does not apply")}
"""Answers in the order of the form: message ids."""

SOON: Final = timedelta(days=30)
YEAR: Final = timedelta(days=366)


@dataclass(frozen=True, slots=True)
class Question:
    """A question by its code; `text` is a message id."""

    code: str
    text: str


QUESTIONS: Final = (
    Question("appointed", mark("The head and the clerks are appointed, and the register of them is current.")),
    Question("credentials", mark("Login credentials are within their validity and are kept locked.")),
    Question("pins", mark("PINs are kept apart from the media.")),
    Question("manuals", mark("The manuals are of the current edition.")),
    Question("four-eyes", mark("Every application has its approval, its check sheet and the marks of two people.")),
    Question("ledger", mark("The ledger of certificates equals the list of the authority.")),
    Question("stock", mark("The stock of key media was counted.")),
    Question("leavers", mark("Certificates of those who left or moved this quarter were revoked in time.")),
    Question("destroyed", mark("Unused and expired media were destroyed, and that was recorded.")),
    Question("terminals", mark("Terminals are patched and protected against malware; no account is shared.")),
    Question("records", mark("Records are kept for the set time, locked away.")),
    Question("incidents", mark("Incidents were reported.")),
    Question("education", mark("The training was held.")),
    Question("findings", mark("The findings of the last check were corrected.")),
    Question("erased", mark("Media with requests and certificates were erased after use.")),
)
"""The questions in the order of the fact sheet (d.5)."""


@dataclass(frozen=True, slots=True)
class Prefilled:
    """What the data suggests as the answer ("" for nothing), and the facts, in the language of this request."""

    answer: Answer
    facts: str


def prefilled(office: Office, branch: str) -> Mapping[str, Prefilled]:
    """What the data says to the questions about a branch; a question it knows nothing of is absent."""
    now = office.clock()
    with office.database.snapshot() as tx:
        return {
            "appointed": _appointed(office, branch),
            "credentials": _credentials(office, branch, now),
            "four-eyes": _four_eyes(tx, branch, now),
            "ledger": _ledger(tx, branch, now),
            "stock": _stock(tx, branch, now),
            "findings": _findings(tx, branch),
        }


def _officers(office: Office, branch: str) -> list[Person]:
    return [each for each in office.roster().persons if branch in each.branches and Role.REGISTER not in each.roles]


def _appointed(office: Office, branch: str) -> Prefilled:
    roster, officers = office.roster(), _officers(office, branch)
    heads = sum(Role.HEAD in each.roles for each in officers)
    facts = gettext(
        mark("Roster version %(version)s of %(day)s: %(officers)s officers, of whom %(heads)s head the branch."),
        version=roster.version,
        day=day(roster.made_at),
        officers=len(officers),
        heads=heads,
    )
    return Prefilled("yes" if heads else "no", facts)


def _credentials(office: Office, branch: str, now: datetime) -> Prefilled:
    held = [each for person in _officers(office, branch) for each in person.credentials]
    over = sum(not each.valid(now) for each in held)
    soon = sum(each.valid(now) and each.valid_until <= now + SOON for each in held)
    facts = gettext(
        mark("%(all)s credentials: %(over)s not valid now, %(soon)s end within 30 days. See to where they are kept."),
        all=len(held),
        over=over,
        soon=soon,
    )
    return Prefilled("no" if over else "", facts)


def _four_eyes(tx: Transaction, branch: str, now: datetime) -> Prefilled:
    done = count_entered(tx, frozenset({branch}), CARRIED_OUT, now - YEAR, now)
    facts = gettext(
        mark("The signer carried out %(count)s cases in a year; but for suspensions none without distinct signatures."),
        count=done,
    )
    return Prefilled("yes", facts)


def _ledger(tx: Transaction, branch: str, now: datetime) -> Prefilled:
    valid = sum(
        each.count for each in standings(tx, frozenset({branch}), now) if each.state == "good" and not each.ended
    )
    facts = gettext(
        mark("The ledger is the authority's own database: %(count)s certificates of the branch are valid now."),
        count=valid,
    )
    return Prefilled("yes", facts)


def _stock(tx: Transaction, branch: str, now: datetime) -> Prefilled:
    written = count_entered(tx, frozenset({branch}), CARD_WRITTEN, now - YEAR, now)
    open_cases = count_cases(tx, frozenset({branch}), CaseFilter(open=True))
    facts = gettext(
        mark("%(written)s cards were written to in a year; %(open)s cases are open, whose cards may be here."),
        written=written,
        open=open_cases,
    )
    return Prefilled("", facts)


def _findings(tx: Transaction, branch: str) -> Prefilled:
    found: tuple[SelfCheck, ...] = self_checks(tx, frozenset({branch}), limit=1)
    if not found:
        return Prefilled("none", gettext(mark("There was no check before this one.")))
    texts = {each.code: each.text for each in QUESTIONS}
    wrong = [gettext(texts[code]) for code, given in found[0].answers.items() if given.get("answer") == "no"]
    if not wrong:
        message = mark("The last check of %(day)s found nothing wrong.")
        return Prefilled("yes", gettext(message, day=day(found[0].at)))
    message = mark("The last check of %(day)s found: %(findings)s")
    return Prefilled("", gettext(message, day=day(found[0].at), findings=" ".join(wrong)))
