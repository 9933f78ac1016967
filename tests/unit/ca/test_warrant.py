"""A warrant is made from evidence only: what was invented, edited, replayed or is out of date makes none.

Each test stands for somebody who holds the database file or the front end and tries one thing; the refusal is typed.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from hashlib import sha256
from uuid import UUID, uuid4

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given, settings
from hypothesis import strategies as st

from ca.application import Action, canonical
from ca.approvals import sign_evidence
from ca.errors import (
    ApplicationMalformed,
    AuthorityCompromised,
    AuthorityEnded,
    AuthorityKeyDestroyed,
    AuthorityNotIssuing,
    AuthorityRetired,
    CAError,
)
from ca.evidence import CLOCK_TOLERANCE
from ca.retirement import Reason, Retired
from ca.rules import RULES
from ca.statement import key_octets
from ca.warrant import Warrant, record_of
from ca.warrant_errors import (
    ApplicationEdited,
    ApplicationExpired,
    ApplicationOfAnotherDeployment,
    AuthorityDiffers,
    CredentialNotValid,
    CredentialUnknown,
    EvidenceKindUnknown,
    EvidenceOfAnotherApplication,
    EvidenceSignatureInvalid,
    EvidenceTimeWrong,
    HolderKindDiffers,
    PersonUnknown,
    ProfileForbids,
    ProfileNotAuthorised,
    RosterOfAnotherDeployment,
)
from policies.facts import FactsKind
from tests.fixtures.officers import (
    NOW,
    authority_statement,
    issue_application,
    sample_profile,
    software_key,
    status_application,
)
from tests.fixtures.retirement import ended
from tests.unit.ca.cases import (
    APPROVAL,
    AUTHORITY,
    EVIDENCE,
    EXAMINATION,
    ISSUE,
    LATER,
    OFFICE,
    PROFILE,
    RECORD,
    SECOND_APPROVAL,
    SUBMISSION,
    warranted,
)


def test_the_right_evidence_makes_a_warrant() -> None:
    """Design section 3: submission, examination and as many approvals as the profile says, each by another person."""
    warrant = warranted()
    assert warrant.application == ISSUE
    assert warrant.persons == {
        "submission": ("reception-minato",),
        "examination": ("examiner-minato",),
        "approval": ("approver-minato", "head-minato"),
    }
    assert (warrant.digest, warrant.branch.code, warrant.roster_version) == (RECORD.digest, "minato", 1)


def test_the_order_of_evidence_does_not_matter() -> None:
    """A database promises no order."""
    assert warranted(evidence=EVIDENCE[::-1]).application == ISSUE


def test_only_verify_makes_a_warrant() -> None:
    """Design section 4: what was not checked cannot be signed."""
    warrant = warranted()
    with pytest.raises(TypeError, match="verify"):
        Warrant(
            application=warrant.application,
            digest=warrant.digest,
            persons=warrant.persons,
            branch=warrant.branch,
            roster_version=1,
            verified_at=LATER,
            seal=None,
        )


def test_a_warrant_cannot_be_copied_onto_another_application() -> None:
    """Design section 4: a changed copy would be a warrant that nobody verified."""
    with pytest.raises((TypeError, ValueError)):
        replace(warranted(), application=replace(ISSUE, holder=bytes(32)))  # type: ignore[call-arg]  # no seal to give


def test_an_invented_approval_is_refused() -> None:
    """Design section 3: a row that says approved, with a signature of no officer."""
    invented = replace(APPROVAL, signature=b"x" * 70)
    with pytest.raises(EvidenceSignatureInvalid) as refusal:
        warranted(evidence=(SUBMISSION, EXAMINATION, invented, SECOND_APPROVAL))
    assert (refusal.value.credential, refusal.value.role) == ("key-approver-minato", "approval")


def test_an_approval_signed_by_another_officer_is_refused() -> None:
    """Requirement ROL-2: an officer cannot sign in a colleague's name."""
    forged = sign_evidence(
        software_key("reception-minato"),
        ISSUE,
        "approval",
        person="approver-minato",
        credential="key-approver-minato",
        signed_at=APPROVAL.signed_at,
    )
    with pytest.raises(EvidenceSignatureInvalid):
        warranted(evidence=(SUBMISSION, EXAMINATION, forged, SECOND_APPROVAL))


def test_an_examination_relabelled_as_approval_is_refused() -> None:
    """Design section 3: the role is in what was signed."""
    with pytest.raises(EvidenceSignatureInvalid):
        warranted(evidence=(SUBMISSION, replace(EXAMINATION, role="approval"), APPROVAL, SECOND_APPROVAL))


def test_an_edited_application_is_refused() -> None:
    """Requirement ROL-2: an edit after the approval voids it, even with the digest column put right."""
    edited = record_of(replace(ISSUE, facts={"municipality": "13103", "name": "another"}), RULES["issue"], PROFILE)
    with pytest.raises(EvidenceOfAnotherApplication):
        warranted(edited)


def test_an_edited_application_with_edited_evidence_rows_is_refused() -> None:
    """Requirement ROL-2: the new digest in the evidence rows does not help; signatures are over the old one."""
    swapped = replace(ISSUE, subject_key=key_octets(software_key("thief").public_key()))
    edited = record_of(swapped, RULES["issue"], PROFILE)
    with pytest.raises(EvidenceSignatureInvalid):
        warranted(edited, [replace(each, digest=edited.digest) for each in EVIDENCE])


def test_a_text_that_is_not_canonical_is_refused() -> None:
    """RFC 8785: what was signed is parsed strictly before anything else."""
    with pytest.raises(ApplicationMalformed):
        warranted(replace(RECORD, canonical=RECORD.canonical + b" "))


@settings(deadline=None)
@given(st.integers(0, 2**16), st.integers(1, 255))
def test_no_changed_octet_leaves_a_warrant(place: int, change: int) -> None:
    """Design section 3: every octet of the text is under the signatures, and damage is refused by a code of ours."""
    text = bytearray(RECORD.canonical)
    text[place % len(text)] ^= change
    with pytest.raises(CAError):
        warranted(replace(RECORD, canonical=bytes(text), digest=sha256(text).digest()))


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("digest", bytes(32)),
        ("id", UUID(int=9)),
        ("action", "revoke"),
        ("authority", "test-ca-g2"),
        ("profile", "another"),
        ("holder", bytes(32)),
        ("kind", "other"),
        ("branch", "sapporo"),
        ("requester", "approver-minato"),
        ("created_at", NOW - timedelta(days=1)),
        ("expires_at", NOW + timedelta(days=30)),
    ],
)
def test_a_row_that_differs_from_its_signed_text_is_refused(column: str, value: object) -> None:
    """Design section 3: columns are hints, and none may contradict what was signed (a copy under a new id, say)."""
    with pytest.raises(ApplicationEdited) as refusal:
        warranted(replace(RECORD, **{column: value}))  # type: ignore[arg-type]  # by its name
    assert refusal.value.field == column


def test_an_approval_replayed_from_another_application_is_refused() -> None:
    """Design section 3: evidence of one case put beside the next one."""
    other = replace(ISSUE, id=uuid4())
    replayed = OFFICE.sign(other, "approval", "approver-minato")
    with pytest.raises(EvidenceOfAnotherApplication) as refusal:
        warranted(evidence=(SUBMISSION, EXAMINATION, replayed, SECOND_APPROVAL))
    assert refusal.value.person == "approver-minato"


def test_a_replayed_approval_with_an_edited_row_is_refused() -> None:
    """Design section 3: the row may name this case; the signature names the other."""
    replayed = OFFICE.sign(replace(ISSUE, id=uuid4()), "approval", "approver-minato")
    edited = replace(replayed, application_id=ISSUE.id, digest=RECORD.digest)
    with pytest.raises(EvidenceSignatureInvalid):
        warranted(evidence=(SUBMISSION, EXAMINATION, edited, SECOND_APPROVAL))


def test_an_own_credential_is_refused() -> None:
    """Design section 3: the signer believes no credential outside the roster, whoever's name it bears."""
    own = sign_evidence(
        ec.generate_private_key(ec.SECP256R1()),
        ISSUE,
        "approval",
        person="approver-minato",
        credential="key-mine",
        signed_at=APPROVAL.signed_at,
    )
    with pytest.raises(CredentialUnknown) as refusal:
        warranted(evidence=(SUBMISSION, EXAMINATION, own, SECOND_APPROVAL))
    assert refusal.value.credential == "key-mine"


def test_another_persons_credential_is_refused() -> None:
    """Requirement ROL-2: a credential counts for its own person only."""
    borrowed = sign_evidence(
        software_key("second-head-minato"),
        ISSUE,
        "approval",
        person="approver-minato",
        credential="key-second-head-minato",
        signed_at=APPROVAL.signed_at,
    )
    with pytest.raises(CredentialUnknown):
        warranted(evidence=(SUBMISSION, EXAMINATION, borrowed, SECOND_APPROVAL))


def test_a_person_outside_the_roster_is_refused() -> None:
    """Requirement ROL-4: a leaver's approval ends with the roster that no longer holds him."""
    without = replace(
        OFFICE.roster, version=2, persons=tuple(p for p in OFFICE.roster.persons if p.code != "approver-minato")
    )
    with pytest.raises(PersonUnknown) as refusal:
        warranted(roster=without)
    assert refusal.value.person == "approver-minato"


def test_evidence_of_an_unknown_kind_is_refused() -> None:
    """Design section 3: what cannot be verified is not believed."""
    with pytest.raises(EvidenceKindUnknown):
        warranted(evidence=(SUBMISSION, EXAMINATION, replace(APPROVAL, kind="password"), SECOND_APPROVAL))


@pytest.mark.parametrize("days", [-1, 1], ids=["not-yet-valid-when-signing", "expired-since"])
def test_a_credential_that_is_not_valid_is_refused(days: int) -> None:
    """Fact sheet d.1: limited life, counted both when signing and now, since a thief states any time he likes."""
    changed = tuple(
        replace(
            each,
            credentials=tuple(
                replace(
                    credential,
                    valid_from=LATER if days < 0 else credential.valid_from,
                    valid_until=NOW + timedelta(minutes=30) if days > 0 else credential.valid_until,
                )
                for credential in each.credentials
            ),
        )
        if each.code == "head-minato"
        else each
        for each in OFFICE.roster.persons
    )
    with pytest.raises(CredentialNotValid) as refusal:
        warranted(roster=replace(OFFICE.roster, persons=changed))
    assert refusal.value.credential == "key-head-minato"


@pytest.mark.parametrize(
    "moment",
    [NOW - CLOCK_TOLERANCE - timedelta(seconds=1), LATER + CLOCK_TOLERANCE + timedelta(seconds=1)],
    ids=["before-the-application", "in-the-future"],
)
def test_evidence_of_an_impossible_time_is_refused(moment: datetime) -> None:
    """Design section 3: the moment is signed, and must lie between the application and now."""
    odd = OFFICE.sign(ISSUE, "approval", "approver-minato", at=moment)
    with pytest.raises(EvidenceTimeWrong):
        warranted(evidence=(SUBMISSION, EXAMINATION, odd, SECOND_APPROVAL))


@pytest.mark.parametrize("moment", [NOW - CLOCK_TOLERANCE, LATER + CLOCK_TOLERANCE], ids=["behind", "ahead"])
def test_a_clock_a_little_wrong_does_no_harm(moment: datetime) -> None:
    """Submitter, approver and signer are three machines; five minutes are tolerated."""
    odd = OFFICE.sign(ISSUE, "approval", "approver-minato", at=moment)
    assert warranted(evidence=(SUBMISSION, EXAMINATION, odd, SECOND_APPROVAL)).application == ISSUE


def test_an_expired_application_is_refused() -> None:
    """Design section 3: an approval is not good for ever."""
    with pytest.raises(ApplicationExpired):
        warranted(now=ISSUE.expires_at)


def test_an_application_of_another_deployment_is_refused() -> None:
    """Requirement ISS-12: test and production never mix."""
    with pytest.raises(ApplicationOfAnotherDeployment):
        warranted(deployment="production")


def test_a_roster_of_another_deployment_is_refused() -> None:
    """Requirement ISS-12: nor do their officers."""
    with pytest.raises(RosterOfAnotherDeployment):
        warranted(roster=replace(OFFICE.roster, deployment="production"))


def test_an_application_for_another_generations_key_is_refused() -> None:
    """Design section 7: generations share a name, so the key decides."""
    other = authority_statement({PROFILE.name: PROFILE}, generation=2)
    impostor = replace(other, name=AUTHORITY.name, generation=1)
    with pytest.raises(AuthorityDiffers):
        warranted(authority=impostor)


def test_an_authority_that_no_longer_issues_refuses() -> None:
    """Fact sheet c.8: an old generation answers for its certificates and issues none."""
    closed = replace(AUTHORITY, issuing_until=NOW)
    with pytest.raises(AuthorityNotIssuing):
        warranted(authority=closed)


def test_an_authority_that_no_longer_issues_still_revokes() -> None:
    """Act 153/2002 art. 12: revocation goes on as long as certificates live."""
    revoke = status_application(ISSUE, "revoke", 1, reason=1)
    record, evidence = OFFICE.case(revoke, PROFILE)
    assert warranted(record, evidence, authority=replace(AUTHORITY, issuing_until=NOW)).application == revoke


def test_an_edited_profile_is_refused() -> None:
    """Design section 5: the loaded file must be the one whose digest two administrators authorised."""
    edited = replace(PROFILE, approvals=1, digest=b"e" * 32)
    with pytest.raises(ProfileNotAuthorised) as refusal:
        warranted(profile=edited)
    assert refusal.value.digest == b"e" * 32


def test_an_edited_profile_named_in_the_application_is_refused() -> None:
    """Design section 5: even if officers approved under the edited file, the authority's record does not list it."""
    edited = replace(PROFILE, approvals=1, digest=b"e" * 32)
    application = issue_application(AUTHORITY, edited, {"municipality": "13103"}, software_key("subject"))
    record, evidence = OFFICE.case(application, edited)
    with pytest.raises(ProfileNotAuthorised):
        warranted(record, evidence, profile=edited)


def test_a_profile_the_authority_may_not_use_is_refused() -> None:
    """Design section 5: a staff profile under a residents' authority."""
    other = sample_profile(name="other-leaf")
    application = issue_application(AUTHORITY, other, {"municipality": "13103"}, software_key("subject"))
    record, evidence = OFFICE.case(application, other)
    with pytest.raises(ProfileNotAuthorised):
        warranted(record, evidence, profile=other)


def test_another_profile_than_the_application_names_is_refused() -> None:
    """Design section 4: the profile is part of what was approved."""
    with pytest.raises(ProfileNotAuthorised):
        warranted(profile=sample_profile(name="other-leaf"))


def test_another_holder_kind_than_the_profiles_is_refused() -> None:
    """Act 153/2002 art. 6: counted as of another kind, a holder could have two live certificates."""
    application = replace(ISSUE, kind="other")
    record, evidence = OFFICE.case(application, PROFILE)
    with pytest.raises(HolderKindDiffers):
        warranted(record, evidence)


def test_what_is_verified_is_what_was_recorded() -> None:
    """Requirement ISS-4: the warrant holds the application of this row and of no other."""
    assert canonical(warranted().application) == RECORD.canonical


@pytest.mark.parametrize("kind", ["authority", "responder"])
def test_no_application_makes_an_authority_or_a_responder(kind: FactsKind) -> None:
    """TURKTRUST 2012: however many officers sign, such a certificate comes from a ceremony, or renews what one made."""
    profile = replace(PROFILE, facts=kind)
    with pytest.raises(ProfileForbids):
        warranted(profile=profile)


@pytest.mark.parametrize(
    ("reason", "refused"),
    [
        ("retired", {"issue": AuthorityRetired}),
        ("key-destroyed", {"issue": AuthorityKeyDestroyed}),
        ("compromised", dict.fromkeys(("issue", "hand-over", "release"), AuthorityCompromised)),
    ],
)
@pytest.mark.parametrize("action", ["issue", "revoke", "hold", "release", "hand-over"])
def test_the_end_of_a_key_forbids_what_needs_it(
    reason: Reason, refused: Mapping[str, type[AuthorityEnded]], action: Action
) -> None:
    """KEY-2: no issue; of a compromised key nothing is handed over or released; revoking goes on to the end."""
    case = (
        ISSUE if action == "issue" else status_application(ISSUE, action, 7, reason=5 if action == "revoke" else None)
    )
    record, evidence = OFFICE.case(case, PROFILE)
    retired = Retired((ended(AUTHORITY, reason),))
    if action in refused:
        with pytest.raises(refused[action]):
            warranted(record, evidence, retired=retired)
    else:
        assert warranted(record, evidence, retired=retired).application == case
