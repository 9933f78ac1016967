"""What the signer made of a case, looked up whenever somebody looks at the case: nobody has to press anything."""

from datetime import datetime, timedelta
from typing import Final

from ca.warrant_errors import ApplicationExpired
from ra.case_file import CaseFile, load_case
from ra.errors import PageError
from ra.events import enter
from ra.office import Office
from ra.records import Outcome
from ra.scope import Scope
from store.applications import ApplicationRecord
from store.cases import Step

__all__ = ["settled"]

_WAITING = ("examine", "approve", "issue")
"""The steps at which the signer may have ended the applications meanwhile, also after signatures given elsewhere."""

_CLAIMED: Final = timedelta(hours=1)
"""So long after its expiry nobody carries an application out: the signer claims none that has expired."""


def settled(office: Office, scope: Scope, receipt: str) -> CaseFile:
    """The case of that receipt, brought over the signer's step when its applications have come to their end.

    With a certificate issued or a wish carried out the case goes on; with none it is closed. What waited for the signer
    until it expired has ended too. Only the newest submission counts: what was sent back before stays unapproved, and
    the signer never comes to it.
    """
    file = load_case(office.database, scope.branches, receipt)
    newest = () if file.submission is None else file.submission.applications
    asked = [each for each in file.applications if each.id in newest]
    if file.record.step not in _WAITING or not asked:
        return file
    ends = [_end(each, file.record.step, office.clock()) for each in asked]
    if any(state == "open" for state, _ in ends):
        return file
    outcome = Outcome(states=tuple(state for state, _ in ends), outcomes=tuple(word for _, word in ends))
    try:
        with office.database.transaction() as tx:
            enter(tx, scope, file.record, outcome, office.clock(), to=None if _succeeded(asked) else "closed")
    except PageError:  # another page has settled it in the same moment
        pass
    return load_case(office.database, scope.branches, receipt)


def _end(application: ApplicationRecord, step: Step, now: datetime) -> tuple[str, str]:
    """The state and word of an application; refused is what waited for the signer until it had expired."""
    if step == "issue" and application.state == "open" and application.expires_at + _CLAIMED <= now:
        return "refused", ApplicationExpired.code
    return application.state, application.outcome or ""


def _succeeded(asked: list[ApplicationRecord]) -> bool:
    return any(each.state == "done" for each in asked)
