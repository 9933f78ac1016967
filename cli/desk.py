"""The officers' desk of one installation: what a command needs to make a case and to see what becomes of it.

Cases are verified and saved by `ca.lodging`, with what this installation's configuration says. The desk has the
database in the branches' role: it decides nothing.
"""

import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from ca.application import Application, parse
from ca.approvals import EvidenceRole
from ca.authority import AuthorityStatement
from ca.counter import Counter
from ca.lodging import Case, Lodging
from ca.roster import Roster
from ca.warrant_errors import BranchWrong
from cli.config import Config
from cli.counter import Officer, Others, WindowTerminal, signatures, wait_for
from cli.errors import CommandError, NotFound, TimedOut
from cli.waking import wake
from cli.wiring import (
    believed_roster,
    believed_statement,
    open_database,
    parties_of,
    private_key_file,
    profiles_of,
    retirements,
    utc_now,
)
from policies.profile import CertificateProfile
from store.applications import ApplicationRecord, Evidence, application, evidence
from store.authorities import AuthorityRecord, authorities
from store.certificates import CertificateRecord
from store.database import Database

DEFAULT_WAIT = 30.0
"""Seconds that a command waits for the signer when nothing else is missing."""


class SecondPersonNeeded(CommandError):
    """A case was saved, and other persons have not signed it in the time given."""

    code = "cli.second-person"

    def __init__(self, id: object, missing: Mapping[EvidenceRole, int]) -> None:
        super().__init__(f"Application {id} is saved and still needs {in_words(missing)}.")
        self.next = f"Have others run 'ninsho application examine {id}' and 'ninsho application approve {id}'."


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
        return Counter(self.config.deployment, branch, salt, secrets.token_bytes)

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
        """Where cases are verified and saved."""
        return Lodging(
            database=self.database,
            deployment=self.config.deployment,
            roster=self.roster,
            profiles=self.profiles,
            statement=self.statement,
            retired=lambda: retirements(self.config, self.database),
            parties=parties_of(self.config),
            demo=self.config.demo,
            clock=utc_now,
        )

    def terminal(self, branch: str, window: object) -> WindowTerminal | None:
        """The terminal of this machine at a window of a branch, None without one; raises as `private_key_file`."""
        for code, file in self.config.terminals.items():
            known = self.roster.terminal(code)
            if known is not None and (known.branch, known.window) == (branch, window):
                return WindowTerminal(code, known.window, private_key_file(self.config.at(file)))
        return None

    def lodge(self, asked: Application, submitter: Officer, others: Others) -> Case:
        """Sign, verify and save a case; it is not saved when anything about it does not hold."""
        lodging = self.lodging
        made = lodging.case(asked, signatures(asked, submitter, others, utc_now()))
        lodging.lodge([made])
        wake(self.config)
        return made

    def add(self, record: ApplicationRecord, role: EvidenceRole, officer: Officer) -> tuple[Evidence, ...]:
        """Sign a saved case as examiner or approver: all its signatures now. Raises as `ca.lodging.Lodging.add`."""
        signed = officer.sign(parse(record.canonical), role, utc_now())
        given = self.lodging.add([signed])[record.id]
        wake(self.config)
        return given

    def await_end(self, case: Case, wait: float | None) -> ApplicationRecord:
        """The case as the signer left it, or still open when nobody is to wait.

        `wait` in seconds; None: half a minute when no signature is missing, else not at all. Raises `SignerRefused`,
        `SecondPersonNeeded` when signatures are missing at the end of the wait, `StillOpen` otherwise.
        """
        missing = self.lodging.missing(case.record, case.evidence)
        seconds = (0.0 if missing else DEFAULT_WAIT) if wait is None else wait
        if seconds == 0:
            return case.record
        try:
            record = wait_for(self.database, [case.record.id], seconds)[case.record.id]
        except TimedOut:
            with self.database.snapshot() as tx:
                missing = self.lodging.missing(case.record, evidence(tx, case.record.id))
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


def in_words(missing: Mapping[EvidenceRole, int]) -> str:
    """What is missing, in words: "1 examination and 2 approvals"."""
    counted = [f"{count} {role}{'s' if count > 1 else ''}" for role, count in missing.items()]
    return " and ".join(counted) if counted else "nothing more"
