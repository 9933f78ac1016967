"""One right case of an application to issue, with everything a warrant is verified against."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from ca.application import Application
from ca.authority import AuthorityStatement
from ca.evidence import Grounds
from ca.passkeys import Parties
from ca.retirement import Retired, nothing_retired
from ca.roster import Roster
from ca.rules import RULES
from ca.warrant import Warrant, record_of, verify
from policies.profile import CertificateProfile
from store.applications import ApplicationRecord, Evidence
from tests.fixtures.officers import (
    NOW,
    PARTIES,
    authority_statement,
    issue_application,
    make_office,
    sample_profile,
    software_key,
)

OFFICE = make_office()
PROFILE = sample_profile(approvals=2)
AUTHORITY = authority_statement({PROFILE.name: PROFILE})
ISSUE = issue_application(AUTHORITY, PROFILE, {"municipality": "13103"}, software_key("subject"))
RECORD, EVIDENCE = OFFICE.case(ISSUE, PROFILE)
SUBMISSION, EXAMINATION, APPROVAL, SECOND_APPROVAL = EVIDENCE
LATER = NOW + timedelta(hours=1)


def warranted(
    record: ApplicationRecord = RECORD,
    evidence: Sequence[Evidence] = EVIDENCE,
    *,
    roster: Roster = OFFICE.roster,
    authority: AuthorityStatement = AUTHORITY,
    profile: CertificateProfile = PROFILE,
    deployment: str = "test",
    retired: Retired = nothing_retired(),  # noqa: B008 - it never changes
    parties: Parties | None = PARTIES,
    demo: bool = False,
    now: datetime = LATER,
) -> Warrant:
    """Verify a case that is right, but for what a test changes."""
    return verify(
        record,
        evidence,
        Grounds(roster=roster, parties=parties, demo=demo, now=now),
        authority=authority,
        profile=profile,
        deployment=deployment,
        retired=retired,
    )


def tried(application: Application, *signers: tuple[str, str]) -> Warrant:
    """Verify an application with evidence of these (role, person)."""
    evidence = [OFFICE.sign(application, role, who) for role, who in signers]  # type: ignore[arg-type]  # by its name
    return warranted(record_of(application, RULES[application.action], PROFILE), evidence)
