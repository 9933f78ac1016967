"""Who may sign what, where, and how many: each action's rule, and every way to have too few or the wrong people."""

from dataclasses import replace
from datetime import timedelta

import pytest

from ca.approvals import sign_evidence
from ca.roster import Role
from ca.rules import RULES
from ca.statement import key_octets
from ca.warrant import record_of
from ca.warrant_errors import (
    BranchDoesNotServe,
    BranchWrong,
    EventMissing,
    EventOfOthers,
    EvidenceTooFew,
    PersonTwice,
    ProfileForbids,
    RequesterDecides,
    RoleMissing,
    SubmissionMissing,
)
from store.applications import Evidence
from tests.fixtures.officers import (
    NOW,
    authority_statement,
    issue_application,
    person,
    sample_profile,
    software_key,
    status_application,
)
from tests.unit.ca.cases import (
    APPROVAL,
    AUTHORITY,
    EVIDENCE,
    EXAMINATION,
    ISSUE,
    OFFICE,
    PROFILE,
    RECORD,
    SECOND_APPROVAL,
    SUBMISSION,
    tried,
    warranted,
)


def test_the_requester_cannot_approve() -> None:
    """Requirement ROL-2: the asker cannot approve, whatever roles he holds."""
    with pytest.raises(RequesterDecides) as refusal:
        tried(ISSUE, ("submission", "reception-minato"), ("approval", "reception-minato"))
    assert refusal.value.role == "approval"


def test_the_requester_cannot_examine() -> None:
    """Fact sheet d.1: reception and examination of one case are two persons' work, even with both roles."""
    clerk = person("reception-minato", (Role.RECEPTION, Role.EXAMINE), "minato")
    others = tuple(p for p in OFFICE.roster.persons if p.code != clerk.code)
    own = OFFICE.sign(ISSUE, "examination", "reception-minato")
    with pytest.raises(RequesterDecides):
        warranted(
            evidence=(SUBMISSION, own, APPROVAL, SECOND_APPROVAL),
            roster=replace(OFFICE.roster, persons=(*others, clerk)),
        )


def test_one_person_cannot_approve_twice() -> None:
    """Requirement ROL-2: two signatures of one person are one person."""
    again = OFFICE.sign(ISSUE, "approval", "approver-minato", at=NOW + timedelta(minutes=2))
    with pytest.raises(PersonTwice) as refusal:
        warranted(evidence=(SUBMISSION, EXAMINATION, APPROVAL, again))
    assert refusal.value.person == "approver-minato"


def test_one_person_cannot_approve_twice_with_two_credentials() -> None:
    """Requirement ROL-2: two credentials of one person are one person."""
    approver = OFFICE.roster.person("approver-minato")
    assert approver is not None
    second = replace(approver.credentials[0], code="key-second", spki=key_octets(software_key("second").public_key()))
    both = replace(approver, credentials=(*approver.credentials, second))
    others = tuple(p for p in OFFICE.roster.persons if p.code != approver.code)
    again = sign_evidence(
        software_key("second"),
        ISSUE,
        "approval",
        person=approver.code,
        credential="key-second",
        signed_at=NOW + timedelta(minutes=2),
    )
    with pytest.raises(PersonTwice):
        warranted(
            evidence=(SUBMISSION, EXAMINATION, APPROVAL, again),
            roster=replace(OFFICE.roster, persons=(*others, both)),
        )


@pytest.mark.parametrize(
    ("evidence", "role", "found", "needed"),
    [
        ((SUBMISSION, EXAMINATION), "approval", 0, 2),
        ((SUBMISSION, EXAMINATION, APPROVAL), "approval", 1, 2),
        ((SUBMISSION, APPROVAL, SECOND_APPROVAL), "examination", 0, 1),
    ],
)
def test_too_few_persons_are_refused(evidence: tuple[Evidence, ...], role: str, found: int, needed: int) -> None:
    """Design section 3: as many distinct persons as the profile says; the row's own count is not asked."""
    with pytest.raises(EvidenceTooFew) as refusal:
        warranted(replace(RECORD, examinations_required=0, approvals_required=0), evidence)
    assert (refusal.value.role, refusal.value.found, refusal.value.needed) == (role, found, needed)


def test_a_profile_without_approvals_still_needs_one() -> None:
    """Requirement ROL-2: no file makes a certificate out of one officer's word."""
    lax = sample_profile(approvals=0)
    application = issue_application(AUTHORITY, lax, {"municipality": "13103"}, software_key("subject"))
    evidence = [OFFICE.sign(application, "submission", "reception-minato")]
    evidence.append(OFFICE.sign(application, "examination", "examiner-minato"))
    record = record_of(application, RULES["issue"], lax)
    with pytest.raises(EvidenceTooFew):
        warranted(record, evidence, authority=authority_statement({lax.name: lax}), profile=lax)


@pytest.mark.parametrize("evidence", [(), EVIDENCE[1:]], ids=["nothing", "approvals-only"])
def test_an_application_nobody_submitted_is_refused(evidence: tuple[Evidence, ...]) -> None:
    """Design section 3: the submission is signed too."""
    with pytest.raises(SubmissionMissing):
        warranted(evidence=evidence)


def test_a_submission_by_another_than_the_requester_is_refused() -> None:
    """Design section 3: the requester named in the text is who signed the submission."""
    with pytest.raises(SubmissionMissing):
        tried(replace(ISSUE, requester="head-minato"), ("submission", "reception-minato"))


@pytest.mark.parametrize(
    "signers",
    [
        pytest.param([("submission", "approver-minato")], id="approver-submits"),
        pytest.param([("submission", "reception-minato"), ("examination", "approver-minato")], id="approver-examines"),
        pytest.param([("submission", "reception-minato"), ("approval", "examiner-minato")], id="examiner-approves"),
        pytest.param([("submission", "register-feed")], id="register-feed-issues"),
    ],
)
def test_a_wrong_role_is_refused(signers: list[tuple[str, str]]) -> None:
    """Requirement ROL-1: each signature needs the role for it."""
    with pytest.raises(RoleMissing):
        tried(replace(ISSUE, requester=signers[0][1]), *signers)


@pytest.mark.parametrize("role", ["auditor", "operator"])
def test_auditor_and_administrator_decide_nothing(role: str) -> None:
    """Requirement ROL-1: neither acts in a branch, and neither role counts for any evidence."""
    with pytest.raises(BranchWrong):
        tried(ISSUE, ("submission", "reception-minato"), ("approval", role))


def test_an_officer_of_another_branch_is_refused() -> None:
    """Requirement ROL-3: a branch officer acts on his own branch's cases only."""
    with pytest.raises(BranchWrong) as refusal:
        tried(ISSUE, ("submission", "reception-minato"), ("approval", "approver-sapporo"))
    assert (refusal.value.person, refusal.value.branch) == ("approver-sapporo", "minato")


def test_a_branch_outside_the_roster_is_refused() -> None:
    """Requirement ROL-3: a branch that two administrators did not sign does not exist."""
    with pytest.raises(BranchWrong):
        tried(replace(ISSUE, branch="atlantis"), ("submission", "reception-minato"))


@pytest.mark.parametrize("facts", [{"municipality": "01101"}, {"body": "01101"}, {}, {"municipality": None}])
def test_a_branch_files_for_those_it_serves_only(facts: dict[str, str | None]) -> None:
    """Requirement ROL-3: no certificate for another municipality's resident, another body's staff, or nobody's."""
    application = replace(ISSUE, facts=facts)
    record, evidence = OFFICE.case(application, PROFILE)
    with pytest.raises(BranchDoesNotServe):
        warranted(record, evidence)


def test_a_branch_files_for_every_municipality_it_serves() -> None:
    """Fact sheet d: one branch may serve several wards."""
    application = issue_application(AUTHORITY, PROFILE, {"body": "01102"}, software_key("subject"), branch="sapporo")
    record, evidence = OFFICE.case(application, PROFILE)
    assert warranted(record, evidence).branch.code == "sapporo"


@pytest.mark.parametrize("action", ["revoke", "hold", "release", "hand-over"])
def test_every_action_has_a_warrant_with_its_evidence(action: str) -> None:
    """Design section 3: the same evidence and the same checks for every change of status."""
    reason = 1 if action == "revoke" else None
    application = status_application(ISSUE, action, 0x99, reason=reason)  # type: ignore[arg-type]  # by its name
    record, evidence = OFFICE.case(application, PROFILE)
    assert warranted(record, evidence).application.target == ("test-ca", 0x99)


@pytest.mark.parametrize("who", ["reception", "examiner", "approver", "second-head"])
def test_any_officer_alone_can_hold(who: str) -> None:
    """Design section 3: the urgent hold is the one shortcut, since it fails safe."""
    hold = status_application(ISSUE, "hold", 1, requester=f"{who}-minato")
    assert tried(hold, ("submission", f"{who}-minato")).application == hold


def test_a_revocation_needs_another_officer() -> None:
    """Design section 3: revoked is for ever, so a second person agrees."""
    revoke = status_application(ISSUE, "revoke", 1, reason=5, requester="head-minato")
    with pytest.raises(EvidenceTooFew):
        tried(revoke, ("submission", "head-minato"))


def test_a_release_needs_as_many_as_the_profile_says() -> None:
    """Design section 3: releasing is as grave as issuing."""
    release = status_application(ISSUE, "release", 1)
    with pytest.raises(EvidenceTooFew) as refusal:
        tried(release, ("submission", "reception-minato"), ("approval", "approver-minato"))
    assert refusal.value.needed == 2


def test_the_counter_alone_hands_over() -> None:
    """Fact sheet c.1: the clerk records that the holder has the card."""
    given = status_application(ISSUE, "hand-over", 1)
    assert tried(given, ("submission", "reception-minato")).application == given


@pytest.mark.parametrize("action", ["hold", "release"])
def test_what_the_profile_forbids_is_refused(action: str) -> None:
    """Fact sheet c.4: a card's certificate is never released; staff certificates know no hold."""
    strict = sample_profile(hold=False, release=False)
    authority = authority_statement({strict.name: strict})
    issue = issue_application(authority, strict, {"municipality": "13103"}, software_key("subject"))
    application = status_application(issue, action, 1)  # type: ignore[arg-type]  # by its name
    record, evidence = OFFICE.case(application, strict)
    with pytest.raises(ProfileForbids):
        warranted(record, evidence, authority=authority, profile=strict)


def test_the_register_feed_revokes_for_an_event() -> None:
    """Act 153/2002 art. 12: a change of the register revokes without officers."""
    revoke = status_application(ISSUE, "revoke", 1, reason=5, event="death", requester="register-feed")
    assert tried(revoke, ("submission", "register-feed")).application == revoke


def test_the_register_feed_does_not_report_what_a_holder_reports() -> None:
    """Fact sheet c.3: a leaked key is reported by its holder at a counter, never by the register's network."""
    revoke = status_application(ISSUE, "revoke", 1, reason=1, event="leak", requester="register-feed")
    with pytest.raises(EventOfOthers):
        tried(revoke, ("submission", "register-feed"))


def test_the_register_feed_without_an_event_is_refused() -> None:
    """Fact sheet c.3: the feed acts on register events only."""
    revoke = status_application(ISSUE, "revoke", 1, reason=5, requester="register-feed")
    with pytest.raises(EventMissing):
        tried(revoke, ("submission", "register-feed"))


@pytest.mark.parametrize("action", ["hold", "release", "hand-over"])
def test_the_register_feed_does_nothing_else(action: str) -> None:
    """Requirement ROL-1: the feed's key revokes, and does nothing else."""
    application = status_application(ISSUE, action, 1, requester="register-feed")  # type: ignore[arg-type]  # by its name
    with pytest.raises(RoleMissing):
        tried(application, ("submission", "register-feed"))
