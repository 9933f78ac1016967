"""The signer: takes approved applications, believes only their evidence, and carries them out.

Each turn claims, verifies warrants, resolves what a vanished signer left behind, executes, and records refusals. It
never sleeps and never asks the clock: the loop around it belongs to the program that runs it.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice
from typing import Final
from uuid import UUID

from ca.authority import Authority, AuthorityStatement
from ca.ends import REFUSALS, Ends
from ca.errors import CAError
from ca.evidence import Grounds
from ca.issuance import Checkpoint, Issued, Ledger, Outcome, issue, passed
from ca.passkeys import Parties
from ca.preparation import Case, Refusal, prepare_all
from ca.recovery import left_behind, orphans, prepared_again, sign_again, sweep
from ca.refusals import CarriedOutBefore, ProgramFault, SignatureWrong, TooManyFailures
from ca.retirement import Retired
from ca.revocation import execute
from ca.roster import Roster
from ca.serials import Random, SerialNumbers
from ca.warrant import Warrant, verify
from ca.warrant_errors import AuthorityDiffers, EvidenceTimeWrong, ProfileNotAuthorised
from policies.profile import CertificateProfile
from store.application_errors import ApplicationUsed, ClaimLost
from store.applications import ApplicationRecord, Evidence, evidence_of
from store.audit import AuditChain
from store.certificates import CertificateRecord
from store.claims import claim, fence, finish, give_back
from store.database import Database
from store.errors import StoreError
from store.used import UsedApplications

__all__ = ["FAILURES", "Signer", "Turn"]

FAILURES: Final = 3
"""After so many failed attempts an application is parked, and its officers enter the case anew if it is still wanted.

An attempt fails by what the application itself does: the program trips over it, the token's signature over its
certificate is wrong, or the signer vanishes while it holds it. When several were held, nobody knows whose fault that
was, so after the first takeover each is claimed alone (`store.claims.claim`), and no application is parked for
what its neighbours did. A database or a token that is away counts for nothing, however often.
"""

_TOKEN_OCTETS: Final = 16


def unchecked(authority: str) -> None:
    """Take it that the key of this authority signs, as for keys that lie in no token."""


@dataclass(frozen=True, slots=True)
class Turn:
    """What became of the applications that one turn claimed, by number; all but `orphans` add up to `claimed`.

    `executed` are those that were no issue; `failed` will be tried again, `put_off` too once our clock has reached
    their evidence, `parked` are given up, `lost` are another signer's now. `orphans` are serial numbers abandoned
    because nobody would have come back to them.
    """

    claimed: int = 0
    issued: int = 0
    executed: int = 0
    refused: int = 0
    parked: int = 0
    failed: int = 0
    put_off: int = 0
    lost: int = 0
    orphans: int = 0


@dataclass(frozen=True, kw_only=True)
class Signer:
    """One signing process. Construction takes everything it may touch; nothing else is reached.

    `name` is this process's own: what is claimed under it was left by a turn of this very signer. `roster` returns the
    newest believed roster or raises DocumentRefused. `used` knows, outside the database, which applications were
    carried out, and is shared by all signers of a database. `retired` returns which authorities' keys ended; `ended`
    holds the records of those that are not opened any more, since what they issued can still be revoked. `parties` are
    the relying parties whose passkeys it believes, by its own configuration; `demo` lets those of software count.
    `check_key` raises ConnectionError while the key of the authority of that name cannot sign.
    `random` is a CSPRNG. `lease` is how long a claim is held; no turn may last longer. `limit` is how many
    applications a turn claims, `batch` how many certificates share a transaction. `linters` lint in other processes
    while this one signs.
    """

    name: str
    deployment: str
    database: Database
    audit: AuditChain
    authorities: Mapping[str, Authority]
    profiles: Mapping[str, CertificateProfile]
    roster: Callable[[], Roster]
    used: UsedApplications
    retired: Callable[[], Retired]
    random: Random
    parties: Parties | None
    check_key: Callable[[str], None] = unchecked
    demo: bool = False
    ended: Mapping[str, AuthorityStatement] = field(default_factory=dict)
    lease: timedelta = timedelta(seconds=60)
    limit: int = 256
    batch: int = 64
    linters: Executor | None = None
    checkpoint: Checkpoint = passed
    serials: SerialNumbers = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "serials", SerialNumbers(self.random))

    def turn(self, now: datetime) -> Turn:
        """Claim what is ready at `now` (aware UTC) and carry it out; return what became of it.

        Raises ConnectionError when the token or the database is away: what was claimed and not finished can be claimed
        again. The caller waits before the next turn. Raises RandomFailed when serial numbers
        cannot be trusted: the program must stop. Raises DocumentRefused when the roster is not believed, RetiredRefused
        when it cannot be known which keys ended.
        """
        retired = self.retired()
        token = self.random(_TOKEN_OCTETS)
        ledger = Ledger(self.database, self.audit, token, self.checkpoint, self.used, self.retired)
        with self.database.transaction() as tx:
            forgotten = orphans(tx, now, self.lease)
            claimed = claim(tx, self.name, token, now, self.lease, self.limit)
            evidence = evidence_of(tx, [record.id for record in claimed])
            left = left_behind(tx, [record.id for record in claimed], now)
        swept = sweep(forgotten, ledger, now)
        if not claimed:
            return Turn(orphans=swept)
        self.checkpoint("claimed")
        work = _Work(self, ledger, left, retired, now)
        try:
            work.run(claimed, evidence)
        except (ConnectionError, CAError) as error:
            self._interrupted(ledger, claimed, error, now)
            raise
        return Turn(claimed=len(claimed), orphans=swept, **work.ends.counted)

    def _interrupted(
        self, ledger: Ledger, claimed: Sequence[ApplicationRecord], error: Exception, now: datetime
    ) -> None:
        """Let others, or the next turn, claim what is unfinished; a token that was away is nobody's failure."""
        if isinstance(error, StoreError):
            return  # the database is away: this signer's next turn finds its own claims, another's their leases
        code = getattr(error, "code", "ca.token-away")
        with self.database.transaction() as tx:
            back = give_back(tx, [record.id for record in claimed], ledger.token or b"", failed=False)
            self.audit.append(tx, "signer.interrupted", {"code": code, "given_back": len(back)}, now)


class _Work:
    """One turn's claimed applications on their way to an end."""

    def __init__(
        self,
        signer: Signer,
        ledger: Ledger,
        left: Mapping[UUID, CertificateRecord],
        retired: Retired,
        now: datetime,
    ) -> None:
        self._signer, self._ledger, self._left, self._retired, self._now = signer, ledger, left, retired, now
        self._checked: set[str] = set()
        self.ends = Ends(ledger, left, now)

    def run(self, claimed: Sequence[ApplicationRecord], evidence: Mapping[UUID, Sequence[Evidence]]) -> None:
        """Bring each to its end: done, refused, parked, or left for another try."""
        roster = self._signer.roster()
        issues: list[Warrant] = []
        for record in claimed:
            if record.attempts >= FAILURES:
                self.ends.end(record.id, "parked", TooManyFailures(record.attempts))
                continue
            try:
                warrant = self._warrant(record, evidence[record.id], roster)
            except EvidenceTimeWrong as error:
                self.ends.early(record, error)
                continue
            except REFUSALS as error:
                self.ends.end(record.id, "refused", error)
                continue
            except Exception as error:  # what is read here was written by others: no text may stop the signer
                self.ends.fail(record.id, ProgramFault(type(error).__name__))
                continue
            if warrant.application.action == "issue":
                issues.append(warrant)
            else:
                self._execute(warrant)
        self._issue(issues)

    def _warrant(self, record: ApplicationRecord, evidence: Sequence[Evidence], roster: Roster) -> Warrant:
        """The columns only say where to look; the signed text is compared with what is found there."""
        opened = self._signer.authorities.get(record.authority)
        authority = self._signer.ended.get(record.authority) if opened is None else opened.statement
        if authority is None:
            raise AuthorityDiffers(record.authority)
        profile = self._signer.profiles.get(record.profile)
        if profile is None:
            raise ProfileNotAuthorised(record.profile, b"")
        warrant = verify(
            record,
            evidence,
            Grounds(roster=roster, parties=self._signer.parties, demo=self._signer.demo, now=self._now),
            authority=authority,
            profile=profile,
            deployment=self._signer.deployment,
            retired=self._retired,
        )
        self._check_unused(warrant)
        return warrant

    def _check_unused(self, warrant: Warrant) -> None:
        """The rows that say what was carried out can be deleted, so the signer asks its own file."""
        if self._ledger.is_used(warrant.application):
            raise CarriedOutBefore(warrant.application.id)

    def _execute(self, warrant: Warrant) -> None:
        """Carry out a warrant that is no issue: one transaction for status, journal, application and audit."""
        id = warrant.application.id
        try:
            with self._ledger.database.transaction() as tx:
                token = self._ledger.token or b""
                fence(tx, id, token)
                self._check_unused(warrant)
                acts = execute(tx, warrant, self._now)
                finish(tx, id, token, "done", warrant.application.action, self._now)
                self._ledger.audit.append_many(tx, acts, self._now)
                self._ledger.checkpoint("executing")
                self._ledger.use_up([warrant.application])
        except ClaimLost:
            self.ends.lost(id)
        except REFUSALS as error:
            self.ends.end(id, "refused", error)
        else:
            self.ends.counted["executed"] += 1
        self._ledger.checkpoint("executed")

    def _issue(self, warrants: Sequence[Warrant]) -> None:
        fresh, again = [], []
        for warrant in warrants:
            row = self._left.get(warrant.application.id)
            prepared = prepared_again(self._case(warrant, row.serial), row, self._now) if row else None
            if prepared is not None:
                again.append(prepared)
            elif row is None or self._abandon(row):
                fresh.append(self._case(warrant, self._signer.serials.draw()))
        self._count(sign_again(again, self._ledger, self._now))
        results = prepare_all(fresh, self._now, self._signer.linters)
        while chunk := list(islice(results, self._signer.batch)):
            for one in chunk:
                if isinstance(one, Refusal) and isinstance(one.error, ProgramFault):
                    self.ends.fail(one.case.warrant.application.id, one.error)
                elif isinstance(one, Refusal):
                    self.ends.end(one.case.warrant.application.id, "refused", one.error)
            self._count(issue([one for one in chunk if not isinstance(one, Refusal)], self._ledger, self._now))

    def _abandon(self, row: CertificateRecord) -> bool:
        """Spend a second serial number only once the key signs: a token that stays away would cost one each turn."""
        if row.authority not in self._checked:
            self._signer.check_key(row.authority)
            self._checked.add(row.authority)
        return self.ends.abandon(row)

    def _case(self, warrant: Warrant, serial: int) -> Case:
        application = warrant.application
        authority = self._signer.authorities[application.authority]
        return Case(warrant, authority, self._signer.profiles[application.profile], serial)

    def _count(self, outcomes: Iterable[Outcome]) -> None:
        for one in outcomes:
            if isinstance(one, Issued):
                self.ends.counted["issued"] += 1
            elif isinstance(one.error, ClaimLost):
                self.ends.counted["lost"] += 1
            elif isinstance(one.error, SignatureWrong):
                self.ends.counted["failed"] += 1
            elif isinstance(one.error, ApplicationUsed):
                self.ends.counted["refused"] += 1
            elif one.prepared.application_id is not None:
                self.ends.end(one.prepared.application_id, "refused", one.error)
