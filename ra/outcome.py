"""What the signer made of a case, looked up whenever somebody looks at the case: nobody has to press anything."""

from ra.case_file import CaseFile, load_case
from ra.errors import PageError
from ra.events import enter
from ra.office import Office
from ra.records import Outcome
from ra.scope import Scope
from store.applications import ApplicationRecord

__all__ = ["settled"]

_WAITING = ("examine", "approve", "issue")
"""The steps at which the signer may have ended the applications meanwhile, also after signatures given elsewhere."""


def settled(office: Office, scope: Scope, receipt: str) -> CaseFile:
    """The case of that receipt, brought over the signer's step when its applications have come to their end.

    With a certificate issued or a wish carried out the case goes on; with none it is closed. Only the newest submission
    counts: what was sent back before stays unapproved, and the signer never comes to it.
    """
    file = load_case(office.database, scope.branches, receipt)
    newest = () if file.submission is None else file.submission.applications
    asked = [each for each in file.applications if each.id in newest]
    if file.record.step not in _WAITING or not asked or any(each.state == "open" for each in asked):
        return file
    outcome = Outcome(states=tuple(each.state for each in asked), outcomes=tuple(each.outcome or "" for each in asked))
    try:
        with office.database.transaction() as tx:
            enter(tx, scope, file.record, outcome, office.clock(), to=None if _succeeded(asked) else "closed")
    except PageError:  # another page has settled it in the same moment
        pass
    return load_case(office.database, scope.branches, receipt)


def _succeeded(asked: list[ApplicationRecord]) -> bool:
    return any(each.state == "done" for each in asked)
