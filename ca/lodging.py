"""Lodging a case: before it is saved it is verified by the very function that the signer uses.

What would be refused later is refused here with the same word and leaves no trace. Whoever lodges decides nothing.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from ca.application import Application, parse
from ca.approvals import EvidenceRole
from ca.authority import AuthorityStatement
from ca.retirement import Retired
from ca.revocation import check_served
from ca.roster import Role, Roster
from ca.rules import REGISTER_RULE, RULES, Rule, approvals_needed
from ca.warrant import verify
from ca.warrant_errors import EvidenceTooFew, ProfileNotAuthorised
from policies.profile import CertificateProfile
from store.applications import ApplicationRecord, Evidence
from store.certificates import certificate
from store.database import Database

__all__ = ["Lodging"]


@dataclass(frozen=True, slots=True)
class Lodging:
    """What a case is verified with, as the signer has it.

    `roster` is the believed one; `statement` gives what two administrators signed about an authority and raises as
    believing it does; `retired` tells which keys ended now; `clock` is aware UTC to the second.
    """

    database: Database
    deployment: str
    roster: Roster
    profiles: Mapping[str, CertificateProfile]
    statement: Callable[[str], AuthorityStatement]
    retired: Callable[[], Retired]
    clock: Callable[[], datetime]

    def rule(self, case: Application) -> Rule:
        """Whose signatures a case needs: the register's feed revokes without officers."""
        requester = self.roster.person(case.requester)
        if case.action == "revoke" and requester is not None and Role.REGISTER in requester.roles:
            return REGISTER_RULE
        return RULES[case.action]

    def missing(self, record: ApplicationRecord, given: Sequence[Evidence]) -> dict[EvidenceRole, int]:
        """How many signatures of each role a case still needs; roles that need none are left out."""
        rule, profile = self.rule(parse(record.canonical)), self.profiles.get(record.profile)
        approvals = record.approvals_required if profile is None else approvals_needed(rule, profile)
        needed: dict[EvidenceRole, int] = {"examination": rule.examinations, "approval": approvals}
        counts = {role: count - sum(each.role == role for each in given) for role, count in needed.items()}
        return {role: count for role, count in counts.items() if count > 0}

    def check(self, record: ApplicationRecord, given: Sequence[Evidence]) -> None:
        """Verify a case as the signer will, signatures not given yet aside. Raises what `ca.warrant.verify` raises."""
        profile = self.profiles.get(record.profile)
        if profile is None:
            raise ProfileNotAuthorised(record.profile, b"")
        with suppress(EvidenceTooFew):  # it is looked for last, when everything else held
            verify(
                record,
                given,
                roster=self.roster,
                authority=self.statement(record.authority),
                profile=profile,
                deployment=self.deployment,
                retired=self.retired(),
                now=self.clock(),
            )

    def check_target(self, case: Application) -> None:
        """Refuse what the signer would refuse of the certificate a case is about: TargetNotServed."""
        branch = self.roster.branch(case.branch)
        if case.target is None or branch is None:
            return
        with self.database.snapshot() as tx:
            check_served(tx, case, branch, certificate(tx, *case.target))
