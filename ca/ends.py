"""How a turn's applications end that end without a certificate; each end is audited in its own transaction.

Who lost a claim meanwhile changes nothing: the signer that has the application now brings it to its end.
"""

from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from typing import Final, Literal
from uuid import UUID

from ca.errors import CAError
from ca.evidence import CLOCK_TOLERANCE
from ca.issuance import Ledger
from ca.recovery import abandon_rows
from ca.refusals import ProgramFault
from ca.warrant_errors import EvidenceTimeWrong
from policies.errors import PolicyError
from store.application_errors import ApplicationError, ClaimLost
from store.applications import ApplicationRecord
from store.audit import Fact
from store.certificate_errors import CertificateError, NoPending
from store.certificates import CertificateRecord
from store.claims import fence, finish, give_back, put_off

__all__ = ["REFUSALS", "Ends", "Refusing"]

REFUSALS: Final = (CAError, PolicyError, ApplicationError, CertificateError, NoPending)
"""What is an application's own fault: it is refused, and no other is."""

Refusing = CAError | PolicyError | ApplicationError | CertificateError | NoPending


class Ends:
    """Ends one turn's applications under its claim, and counts all ends by the names of `ca.signer.Turn`'s fields.

    `left` are the rows that earlier attempts reserved and left behind, by application.
    """

    def __init__(self, ledger: Ledger, left: Mapping[UUID, CertificateRecord], now: datetime) -> None:
        self._ledger, self._left, self._now = ledger, left, now
        self._token = ledger.token or b""
        self.counted: Counter[str] = Counter()

    def abandon(self, row: CertificateRecord) -> bool:
        """Give up what an earlier attempt reserved; False when another signer has the application now."""
        id = row.application_id or UUID(int=0)
        try:
            with self._ledger.database.transaction() as tx:
                fence(tx, id, self._token)
                abandon_rows(tx, [row], self._ledger, self._now)
        except ClaimLost:
            self.lost(id)
            return False
        self._ledger.checkpoint("resolved")
        return True

    def end(self, id: UUID, state: Literal["refused", "parked"], error: Refusing) -> None:
        """End an application without a certificate, and give up a serial number an earlier attempt reserved for it."""
        try:
            with self._ledger.database.transaction() as tx:
                finish(tx, id, self._token, state, error.code, self._now)
                if id in self._left:
                    abandon_rows(tx, [self._left[id]], self._ledger, self._now)
                facts: dict[str, Fact] = {"application": str(id), "code": error.code}
                self._ledger.audit.append(tx, f"application.{state}", facts, self._now)
        except ClaimLost:
            self.lost(id)
        else:
            self.counted[state] += 1

    def fail(self, id: UUID, error: ProgramFault) -> None:
        """Give an application back as failed: it is nobody's refusal, and comes back until it is parked."""
        with self._ledger.database.transaction() as tx:
            ours = give_back(tx, [id], self._token, failed=True)
            if ours:
                facts: dict[str, Fact] = {"application": str(id), "code": error.code, "kind": error.kind}
                self._ledger.audit.append(tx, "application.failed", facts, self._now)
        if ours:
            self.counted["failed"] += 1
        else:
            self.lost(id)

    def early(self, record: ApplicationRecord, error: EvidenceTimeWrong) -> None:
        """Put an application off to the time its evidence states; refuse it for a time that is past or never comes."""
        until = error.signed_at - CLOCK_TOLERANCE
        if not self._now < until < record.expires_at:
            self.end(record.id, "refused", error)
            return
        with self._ledger.database.transaction() as tx:
            ours = put_off(tx, record.id, self._token, until)
            if ours:
                facts: dict[str, Fact] = {"application": str(record.id), "code": error.code}
                self._ledger.audit.append(tx, "application.put-off", facts, self._now)
        if ours:
            self.counted["put_off"] += 1
        else:
            self.lost(record.id)

    def lost(self, id: UUID) -> None:
        """Audit that another signer has the application now; what this one made of it counts for nothing."""
        with self._ledger.database.transaction() as tx:
            self._ledger.audit.append(tx, "claim.lost", {"application": str(id)}, self._now)
        self.counted["lost"] += 1
