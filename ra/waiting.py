"""When a case cannot go on: it is deferred until the centre works again, or withdrawn."""

from ra.case_file import CaseFile
from ra.centre import centre
from ra.errors import PageError
from ra.events import enter
from ra.office import Office
from ra.records import Deferral, Withdrawal
from ra.scope import Scope
from store.cases import CaseRecord

__all__ = ["defer", "withdraw"]

_SUBMITTED = ("issue", "write", "hand-over", "closed")
"""From these steps on the signer has been asked; what it did is undone by a revocation, not by a withdrawal."""


def defer(office: Office, scope: Scope, file: CaseFile, agreed: Deferral) -> CaseRecord:
    """Take the case in (預かり処理); it stands where it stood. PageError E-3005 while the centre works."""
    if file.record.step == "closed":
        raise PageError("E-1003", {"receipt": file.record.receipt})
    if centre(office).state == "working":
        raise PageError("E-3005")
    with office.database.transaction() as tx:
        return enter(tx, scope, file.record, agreed, office.clock(), to=file.record.step, deferred=True)


def withdraw(office: Office, scope: Scope, file: CaseFile, withdrawal: Withdrawal) -> CaseRecord:
    """Close the case without what was wished for (取下げ). PageError E-1405 once the authority was asked."""
    if file.record.step in _SUBMITTED:
        raise PageError("E-1405")
    with office.database.transaction() as tx:
        return enter(tx, scope, file.record, withdrawal, office.clock(), to="closed")
