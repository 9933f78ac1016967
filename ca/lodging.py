"""Lodging cases: verify an application and its signatures as the signer will, then save them.

Everything is verified before it is saved, by the very function that the signer uses, so what would be refused later is
refused here with the same word and leaves no trace. Nothing is decided here: the database is open in the branches'
role, and the signer verifies all of it again.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, TypeAlias
from uuid import UUID

from ca.application import Application, parse
from ca.approvals import EvidenceRole
from ca.authority import AuthorityStatement
from ca.evidence import Grounds
from ca.lodging_errors import CaseEnded, NotExamined, OwnCase
from ca.passkeys import Parties
from ca.people import person_of
from ca.retirement import Retired
from ca.revocation import check_hold_rate, check_pending, check_served
from ca.roster import Roster
from ca.rules import Rule, approvals_needed, rule_of
from ca.warrant import record_of, verify
from ca.warrant_errors import EvidenceTooFew, ProfileNotAuthorised
from policies.profile import CertificateProfile
from store.applications import (
    ApplicationRecord,
    Evidence,
    add_applications,
    add_evidence_many,
    application,
    evidence_of,
)
from store.certificates import certificate
from store.database import Database, Transaction
from store.people import enter_people

__all__ = ["Case", "Lodging", "Missing", "Standing", "save", "standing"]

Missing: TypeAlias = Mapping[EvidenceRole, int]
"""How many signatures of each role a case still needs; roles that need none are left out."""

Standing: TypeAlias = Literal["waiting", "ready", "done", "refused", "parked", "expired"]
"""Where a case stands: waits for signatures, waits for the signer, or has come to an end."""


@dataclass(frozen=True, slots=True)
class Case:
    """An application's row with the evidence it has so far; the submission is the first."""

    record: ApplicationRecord
    evidence: tuple[Evidence, ...]


def save(tx: Transaction, cases: Sequence[Case]) -> None:
    """Save applications with all their evidence, unverified, in the caller's transaction; ApplicationExists.

    Whom they are about is entered for the counter's search; the counter may enter more of them afterwards.
    """
    add_applications(tx, [(case.record, case.evidence[0]) for case in cases])
    add_evidence_many(tx, [each for case in cases for each in case.evidence[1:]])
    people = [person_of(parse(case.record.canonical)) for case in cases]
    enter_people(tx, [person for person in people if person is not None])


def standing(record: ApplicationRecord, missing: Missing, now: datetime) -> Standing:
    """Say where a case stands at `now` (aware UTC), in one word."""
    if record.state != "open":
        return record.state
    if record.expires_at <= now:
        return "expired"
    return "waiting" if missing else "ready"


@dataclass(frozen=True, slots=True, kw_only=True)
class Lodging:
    """What verifying a case takes, as the signer has it; `database` is open in the branches' role.

    `roster` is believed; `statement` returns what two administrators signed about an authority, `retired` which keys
    ended; `parties` and `demo` say which passkeys count (`ca.warrant.verify`); `clock` returns now, in UTC to the
    second.
    """

    database: Database
    deployment: str
    roster: Roster
    profiles: Mapping[str, CertificateProfile]
    statement: Callable[[str], AuthorityStatement]
    retired: Callable[[], Retired]
    parties: Parties | None
    demo: bool
    clock: Callable[[], datetime]

    def rule(self, asked: Application) -> Rule:
        """Return whose signatures an application needs: the register's feed revokes without officers."""
        requester = self.roster.person(asked.requester)
        return rule_of(asked.action, () if requester is None else requester.roles)

    def case(self, asked: Application, evidence: Iterable[Evidence]) -> Case:
        """Return the case of an application, submission first. Raises ProfileNotAuthorised for an unknown profile."""
        return Case(record_of(asked, self.rule(asked), self._profile(asked.profile)), tuple(evidence))

    def missing(self, record: ApplicationRecord, given: Sequence[Evidence]) -> dict[EvidenceRole, int]:
        """Return how many signatures of each role a case still needs."""
        rule, profile = self.rule(parse(record.canonical)), self.profiles.get(record.profile)
        approvals = record.approvals_required if profile is None else approvals_needed(rule, profile)
        needed: dict[EvidenceRole, int] = {"examination": rule.examinations, "approval": approvals}
        counts = {role: count - sum(each.role == role for each in given) for role, count in needed.items()}
        return {role: count for role, count in counts.items() if count > 0}

    def check(self, record: ApplicationRecord, given: Sequence[Evidence]) -> None:
        """Verify a case as the signer will, signatures not given yet aside.

        Raises what `ca.warrant.verify` raises, and NotExamined for an approval before the examination.
        """
        with suppress(EvidenceTooFew):  # it is looked for last, when everything else held
            verify(
                record,
                given,
                Grounds(roster=self.roster, parties=self.parties, demo=self.demo, now=self.clock()),
                authority=self.statement(record.authority),
                profile=self._profile(record.profile),
                deployment=self.deployment,
                retired=self.retired(),
            )
        if "examination" in self.missing(record, given) and any(each.role == "approval" for each in given):
            raise NotExamined(record.id)

    def check_new(self, case: Case) -> None:
        """Verify a case that is to be saved, as `check` and `check_target` do."""
        self.check(case.record, case.evidence)
        self.check_target(parse(case.record.canonical))

    def check_target(self, asked: Application) -> None:
        """Refuse what the signer would refuse of the certificate an application is about.

        Raises TargetNotServed, TargetDiffers for a hand-over of what does not wait for its holder any more, and
        TooManyHolds.
        """
        branch = self.roster.branch(asked.branch)
        if asked.target is None or branch is None:
            return
        with self.database.snapshot() as tx:
            check_served(tx, asked, branch, certificate(tx, *asked.target))
            check_pending(tx, asked)
            check_hold_rate(tx, asked, self.clock())

    def lodge(self, cases: Sequence[Case], also: Callable[[Transaction], None] = lambda tx: None) -> None:
        """Verify cases and save all or none; `also` writes what belongs to them, in the same transaction."""
        for case in cases:
            self.check_new(case)
        with self.database.transaction() as tx:
            save(tx, cases)
            also(tx)

    def add(
        self, signed: Sequence[Evidence], also: Callable[[Transaction], None] = lambda tx: None
    ) -> dict[UUID, tuple[Evidence, ...]]:
        """Verify further signatures on saved cases and save all or none: an examination or an approval of each.

        Returns all the signatures of each application now. Raises OwnCase, CaseEnded, EvidenceExists for a second one
        of a person in a role, and as `check` does; UnknownApplication.
        """
        with self.database.snapshot() as tx:
            records = [application(tx, each.application_id) for each in signed]
            given = evidence_of(tx, [record.id for record in records])
        now = self.clock()
        together = {}
        for record, each in zip(records, signed, strict=True):
            if each.person == record.requester:
                raise OwnCase(each.person, record.id)
            if (state := standing(record, {}, now)) != "ready":
                raise CaseEnded(record.id, state)
            together[record.id] = (*given[record.id], each)
            self.check(record, together[record.id])
        with self.database.transaction() as tx:
            add_evidence_many(tx, list(signed))
            also(tx)
        return together

    def _profile(self, name: str) -> CertificateProfile:
        profile = self.profiles.get(name)
        if profile is None:
            raise ProfileNotAuthorised(name, b"")
        return profile
