"""When a case cannot go on: it is deferred until the centre works again, or withdrawn."""

from ra.case_file import CaseFile
from ra.centre import centre
from ra.dates import day_in_japan
from ra.errors import PageError
from ra.events import enter
from ra.office import Office
from ra.records import Deferral, Withdrawal
from ra.scope import Scope
from store.cases import CaseRecord
from store.status import statuses

__all__ = ["defer", "may_be_withdrawn", "withdraw"]

_SUBMITTED = ("issue", "write", "hand-over", "closed")
"""From these steps on the signer has been asked; what it did is undone by a revocation, not by a withdrawal."""

_ISSUED = ("write", "hand-over")
"""At these steps a case can still be withdrawn once the certificates it led to were revoked."""


def defer(office: Office, scope: Scope, file: CaseFile, agreed: Deferral) -> CaseRecord:
    """Take the case in (預かり処理); it stands where it stood.

    PageError E-1407 when the visitor shall come again on a day that has passed in Japan, E-3005 while the centre works.
    """
    if file.record.step == "closed":
        raise PageError("E-1003", {"receipt": file.record.receipt})
    if agreed.until < day_in_japan(office.clock()):
        raise PageError("E-1407")
    if centre(office).state == "working":
        raise PageError("E-3005")
    with office.database.transaction() as tx:
        return enter(tx, scope, file.record, agreed, office.clock(), to=file.record.step, deferred=True)


def withdraw(office: Office, scope: Scope, file: CaseFile, withdrawal: Withdrawal) -> CaseRecord:
    """Close the case without what was wished for (取下げ). PageError E-1405 as `may_be_withdrawn` says."""
    if not may_be_withdrawn(office, file):
        raise PageError("E-1405")
    with office.database.transaction() as tx:
        return enter(tx, scope, file.record, withdrawal, office.clock(), to="closed")


def may_be_withdrawn(office: Office, file: CaseFile) -> bool:
    """Whether a case can end without a hand-over: the authority was not asked, or what it issued was revoked since.

    So ends a hand-over that failed (fact sheet c.3), and the terminal gives up the card's new keys.
    """
    if file.record.step not in _SUBMITTED:
        return True
    if file.record.step not in _ISSUED or not file.certificates:
        return False
    with office.database.snapshot() as tx:
        states = [statuses(tx, each.issuer, [each.serial])[each.serial].state for each in file.certificates]
    return all(state == "revoked" for state in states)
