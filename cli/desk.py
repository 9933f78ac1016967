"""The officers' desk of one installation: make a case, verify it as the signer will, save it, see what becomes of it.

Everything is verified before it is saved, by the very function that the signer uses, so what would be refused later is
refused here with the same word and leaves no trace. The desk has the database in the branches' role: it decides
nothing.
"""

import secrets
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal, TypeAlias

from ca.application import Application, parse
from ca.approvals import EvidenceRole
from ca.authority import AuthorityStatement
from ca.lodging import Lodging
from ca.roster import Roster
from ca.warrant import record_of
from ca.warrant_errors import BranchWrong
from cli.config import Config
from cli.counter import Case, Counter, Officer, statement_of
from cli.errors import CommandError, NotFound, TimedOut
from cli.waking import wake
from cli.wiring import believed_roster, believed_statement, open_database, profiles_of, retirements, utc_now
from policies.profile import CertificateProfile
from store.applications import ApplicationRecord, Evidence, add_evidence, application, evidence
from store.authorities import AuthorityRecord, authorities
from store.certificates import CertificateRecord
from store.database import Database

Others: TypeAlias = Mapping[EvidenceRole, Sequence[Officer]]
"""Who signs beside the submitter, by role."""

Standing: TypeAlias = Literal["waiting", "ready", "done", "refused", "parked", "expired"]
"""Where a case stands: waits for signatures, waits for the signer, or has come to an end."""

DEFAULT_WAIT = 30.0
"""Seconds that a command waits for the signer when nothing else is missing."""


class SecondPersonNeeded(CommandError):
    """A case was saved, and other persons have not signed it in the time given."""

    code = "cli.second-person"

    def __init__(self, id: object, missing: Mapping[EvidenceRole, int]) -> None:
        super().__init__(f"Application {id} is saved and still needs {in_words(missing)}.")
        self.next = f"Have others run 'ninsho application examine {id}' and 'ninsho application approve {id}'."


class OwnCase(CommandError):
    """Who submitted a case neither examines nor approves it."""

    code = "cli.second-person-own-case"

    def __init__(self, person: str, id: object) -> None:
        super().__init__(f"{person} submitted application {id} and can neither examine nor approve it.")
        self.next = "Have another officer of the branch sign; nothing was written."


class NotExamined(CommandError):
    """An approval is for an examined case: who approves answers for what the examiner found."""

    code = "cli.second-person-not-examined"

    def __init__(self, id: object) -> None:
        super().__init__(f"Application {id} was not examined yet, so it cannot be approved.")
        self.next = "Have an examiner sign first; nothing was written."


class SignerRefused(CommandError):
    """The signer ended a case without doing it; `code` is the signer's word for why."""

    def __init__(self, id: object, state: str, outcome: str) -> None:
        super().__init__(f"The signer {'parked' if state == 'parked' else 'refused'} application {id}: {outcome}.")
        self.code = outcome
        self.next = "Remove the cause and enter the case anew; the audit trail has the entry."


class StillOpen(TimedOut):
    """The signer did not do a case in the time given."""

    def __init__(self, id: object, seconds: float) -> None:
        super().__init__(f"Application {id}", seconds)
        self.next = f"Check that 'ninsho signer run' is running, and look with 'ninsho application show {id}'."


class CaseEnded(CommandError):
    """A signature on a case that has come to its end would change nothing."""

    code = "cli.refused-case-ended"

    def __init__(self, id: object, state: str) -> None:
        super().__init__(f"Application {id} is {state}, and nobody signs it any more.")
        self.next = f"See 'ninsho application show {id}'; a new wish is a new application."


@dataclass(frozen=True, slots=True)
class Desk:
    """What an officer's command needs of an installation, believed and loaded."""

    config: Config
    database: Database
    roster: Roster
    profiles: Mapping[str, CertificateProfile]
    records: Mapping[str, AuthorityRecord]

    def counter(self, branch: str, person: str) -> Counter:
        """The counter of a branch; raises BranchWrong for one the roster does not hold."""
        if self.roster.branch(branch) is None:
            raise BranchWrong(person, branch)
        salt = self.config.at(self.config.holder_salt).read_bytes()
        return Counter(self.database, self.config.deployment, branch, salt, secrets.token_bytes)

    def statement(self, authority: str) -> AuthorityStatement:
        """What two administrators signed about an authority; raises `NotFound` and DocumentRefused's subclasses."""
        record = self.records.get(authority)
        if record is None:
            raise NotFound(f"Authority {authority}", f"There are: {', '.join(sorted(self.records))}.")
        return believed_statement(self.config, record)

    def profile(self, name: str) -> CertificateProfile:
        """The profile of that name; raises `NotFound`."""
        profile = self.profiles.get(name)
        if profile is None:
            raise NotFound(f"Profile {name}", f"There are: {', '.join(sorted(self.profiles))}.")
        return profile

    def branch_of(self, issued: CertificateRecord) -> str:
        """The branch whose case led to a certificate; raises `NotFound` for one that a ceremony made."""
        if issued.application_id is None:
            raise NotFound("A branch of this certificate", "A ceremony made it; name a branch with --branch CODE.")
        with self.database.snapshot() as tx:
            return application(tx, issued.application_id).branch

    @property
    def lodging(self) -> Lodging:
        """What cases are verified with before they are saved."""
        return Lodging(
            self.database,
            self.config.deployment,
            self.roster,
            self.profiles,
            self.statement,
            lambda: retirements(self.config, self.database),
            utc_now,
        )

    def missing(self, record: ApplicationRecord, given: Sequence[Evidence]) -> dict[EvidenceRole, int]:
        """How many signatures of each role a case still needs; roles that need none are left out."""
        return self.lodging.missing(record, given)

    def check(self, record: ApplicationRecord, given: Sequence[Evidence]) -> None:
        """Verify a case as the signer will, signatures not given yet aside.

        Raises WarrantRefused's subclasses, and `NotExamined` for an approval before the examination.
        """
        self.lodging.check(record, given)
        if "examination" in self.missing(record, given) and any(each.role == "approval" for each in given):
            raise NotExamined(record.id)

    def lodge(self, case: Application, submitter: Officer, others: Others) -> Case:
        """Sign, verify and save a case; it is not saved when anything about it does not hold."""
        now = utc_now()
        signed = [statement_of(case, "submission", submitter, now)]
        for role, officers in others.items():
            signed += [statement_of(case, role, officer, now) for officer in officers]
        made = Case(record_of(case, self.lodging.rule(case), self.profile(case.profile)), tuple(signed))
        self.check(made.record, made.evidence)
        self.lodging.check_target(case)
        self.counter(case.branch, submitter.person).submit([made])
        wake(self.config)
        return made

    def add(self, record: ApplicationRecord, role: EvidenceRole, officer: Officer) -> tuple[Evidence, ...]:
        """Sign a saved case as examiner or approver: all its signatures now. Raises `OwnCase`, `CaseEnded`."""
        if officer.person == record.requester:
            raise OwnCase(officer.person, record.id)
        if record.state != "open" or record.expires_at <= utc_now():
            raise CaseEnded(record.id, "expired" if record.state == "open" else record.state)
        with self.database.snapshot() as tx:
            given = evidence(tx, record.id)
        signed = statement_of(parse(record.canonical), role, officer, utc_now())
        self.check(record, [*given, signed])
        with self.database.transaction() as tx:
            add_evidence(tx, signed)
        wake(self.config)
        return (*given, signed)

    def await_end(self, case: Case, wait: float | None) -> ApplicationRecord:
        """The case as the signer left it, or still open when nobody is to wait.

        `wait` in seconds; None: half a minute when no signature is missing, else not at all. Raises `SignerRefused`,
        `SecondPersonNeeded` when signatures are missing at the end of the wait, `StillOpen` otherwise.
        """
        missing = self.missing(case.record, case.evidence)
        seconds = (0.0 if missing else DEFAULT_WAIT) if wait is None else wait
        if seconds == 0:
            return case.record
        counter = self.counter(case.record.branch, case.record.requester)
        try:
            record = counter.wait([case.record.id], seconds)[case.record.id]
        except TimedOut:
            with self.database.snapshot() as tx:
                missing = self.missing(case.record, evidence(tx, case.record.id))
            if missing:
                raise SecondPersonNeeded(case.record.id, missing) from None
            raise StillOpen(case.record.id, seconds) from None
        if record.state != "done":
            raise SignerRefused(record.id, record.state, record.outcome or "ca.refused")
        return record


@contextmanager
def open_desk(config: Config) -> Iterator[Desk]:
    """The desk of an installation, closed when the block ends; raises what believing its documents raises."""
    database = open_database(config, "ra")
    try:
        with database.snapshot() as tx:
            records = {record.name: record for record in authorities(tx)}
        yield Desk(config, database, believed_roster(config, database), profiles_of(config), records)
    finally:
        database.close()


def standing(record: ApplicationRecord, missing: Mapping[EvidenceRole, int]) -> Standing:
    """Where a case stands, in one word."""
    if record.state != "open":
        return record.state
    if record.expires_at <= utc_now():
        return "expired"
    return "waiting" if missing else "ready"


def in_words(missing: Mapping[EvidenceRole, int]) -> str:
    """What is missing, in words: "1 examination and 2 approvals"."""
    counted = [f"{count} {role}{'s' if count > 1 else ''}" for role, count in missing.items()]
    return " and ".join(counted) if counted else "nothing more"
