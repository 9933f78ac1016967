"""Passkeys as evidence: which credential of which kind signs where, and what a program without a front end believes."""

from dataclasses import replace
from hashlib import sha256

import pytest

from ca.application import Application
from ca.approvals import challenge, passkey_evidence, statement_of
from ca.evidence_errors import DemoPasskeyRefused, EvidenceKindDiffers, PasskeysNotExpected
from ca.passkey_errors import (
    AssertionOfAnotherChallenge,
    AssertionOfAnotherOrigin,
    AssertionOfAnotherParty,
    AssertionSignatureInvalid,
    UserNotVerified,
)
from ca.passkeys import Assertion, Parties, RelyingParty, sign_assertion
from ca.statement import sign_octets
from store.applications import Evidence
from tests.fixtures.officers import APPROVAL, WORKING, Office, passkey, software_key, with_passkeys
from tests.unit.ca.cases import APPROVAL as KEY_APPROVAL
from tests.unit.ca.cases import EXAMINATION, ISSUE, OFFICE, SECOND_APPROVAL, SUBMISSION, warranted

ROSTER = with_passkeys(OFFICE.roster)
DEMO = with_passkeys(OFFICE.roster, demo=True)
SUBMITTED = OFFICE.tap([ISSUE], "submission", "reception-minato", party=WORKING)[0]
EXAMINED = OFFICE.tap([ISSUE], "examination", "examiner-minato", party=WORKING)[0]
APPROVED = OFFICE.tap([ISSUE], "approval", "approver-minato")[0]
HEADED = OFFICE.tap([ISSUE], "approval", "head-minato")[0]


def approved_with(approval: Evidence) -> None:
    """Verify the case with this as one of its two approvals."""
    warranted(evidence=(SUBMISSION, EXAMINATION, approval, SECOND_APPROVAL), roster=ROSTER)


def test_passkeys_make_a_warrant() -> None:
    """Design section 3: the working pages submit and examine, approvals are signed on their own pages."""
    warrant = warranted(evidence=(SUBMITTED, EXAMINED, APPROVED, HEADED), roster=ROSTER)
    assert warrant.persons["approval"] == ("approver-minato", "head-minato")


def test_passkeys_and_keys_go_together() -> None:
    """Design section 3: a card or a token on the command line leaves evidence of the same worth."""
    evidence = (SUBMITTED, EXAMINATION, APPROVED, SECOND_APPROVAL)
    assert warranted(evidence=evidence, roster=ROSTER).application == ISSUE


@pytest.mark.parametrize(("role", "who"), [("submission", "reception-minato"), ("examination", "examiner-minato")])
def test_the_approvals_pages_may_sign_what_is_less(role: str, who: str) -> None:
    """Design section 3: what the stricter pages sign counts for a submission or an examination too."""
    evidence = {each.role: each for each in (SUBMITTED, EXAMINED)}
    evidence[role] = OFFICE.tap([ISSUE], role, who)[0]  # type: ignore[index, arg-type]  # by its name
    assert warranted(evidence=(*evidence.values(), APPROVED, HEADED), roster=ROSTER).application == ISSUE


def test_a_working_passkey_approves_nothing() -> None:
    """Design section 3: whoever rules the working pages gets no approval there, whatever the officer taps."""
    with pytest.raises(AssertionOfAnotherParty) as refusal:
        approved_with(OFFICE.tap([ISSUE], "approval", "approver-minato", party=WORKING)[0])
    assert refusal.value.party == APPROVAL.id


def signed(application: Application, who: str, *, made_for: RelyingParty, shown_on: RelyingParty) -> Evidence:
    """An approval with the passkey for the approvals' pages, asked for by the pages of another origin."""
    statement = statement_of(
        [application],
        "approval",
        person=who,
        credential=f"{made_for.id}-{who}",
        signed_at=KEY_APPROVAL.signed_at,
    )
    party = RelyingParty(made_for.id, shown_on.origin)
    assertion = sign_assertion(software_key(statement.credential), challenge(statement), party)
    return passkey_evidence([application], statement, assertion, "passkey")[0]


def test_an_approval_asked_for_by_the_working_pages_is_refused() -> None:
    """WebAuthn Level 2 section 7.2 step 13: the origin stands in what was signed."""
    with pytest.raises(AssertionOfAnotherOrigin):
        approved_with(signed(ISSUE, "approver-minato", made_for=APPROVAL, shown_on=WORKING))


def test_a_passkey_of_a_third_party_is_refused() -> None:
    """Design section 3: which pages exist is told by the signer's own configuration, not by the roster alone."""
    third = RelyingParty("elsewhere.example.jp", "https://elsewhere.example.jp")
    submission = OFFICE.tap([ISSUE], "submission", "reception-minato", party=third)[0]
    reception = OFFICE.roster.person("reception-minato")
    assert reception is not None
    enrolled = replace(reception, credentials=(*reception.credentials, passkey("reception-minato", party=third)))
    others = tuple(each for each in OFFICE.roster.persons if each != reception)
    with pytest.raises(AssertionOfAnotherParty):
        warranted(
            evidence=(submission, EXAMINATION, KEY_APPROVAL, SECOND_APPROVAL),
            roster=replace(OFFICE.roster, persons=(enrolled, *others)),
        )


def test_an_unverified_user_approves_nothing() -> None:
    """Requirement ROL-2: a found security key does not approve for its owner."""
    statement = statement_of(
        [ISSUE],
        "approval",
        person="approver-minato",
        credential="approve.example.jp-approver-minato",
        signed_at=KEY_APPROVAL.signed_at,
    )
    key = software_key(statement.credential)
    right = sign_assertion(key, challenge(statement), APPROVAL)
    data = right.authenticator_data[:32] + b"\x01" + right.authenticator_data[33:]
    octets = data + sha256(right.client_data).digest()
    untouched = Assertion(data, right.client_data, sign_octets(key, octets))
    with pytest.raises(UserNotVerified):
        approved_with(passkey_evidence([ISSUE], statement, untouched, "passkey")[0])


def test_another_officers_passkey_is_refused() -> None:
    """Requirement ROL-2: the key is the one enrolled under that code."""
    forged = replace(
        OFFICE.tap([ISSUE], "approval", "approver-minato")[0],
        signature=OFFICE.tap([ISSUE], "approval", "second-head-minato")[0].signature,
    )
    with pytest.raises(AssertionOfAnotherChallenge):
        approved_with(forged)


def test_a_key_that_is_not_enrolled_is_refused() -> None:
    """Design section 3: a virtual authenticator of the intruder's own, in the officer's name."""
    statement = statement_of(
        [ISSUE],
        "approval",
        person="approver-minato",
        credential="approve.example.jp-approver-minato",
        signed_at=KEY_APPROVAL.signed_at,
    )
    assertion = sign_assertion(software_key("intruder"), challenge(statement), APPROVAL)
    with pytest.raises(AssertionSignatureInvalid):
        approved_with(passkey_evidence([ISSUE], statement, assertion, "passkey")[0])


@pytest.mark.parametrize("kind", ["key", "demo-passkey"])
def test_a_passkey_signs_as_what_it_is_enrolled_as(kind: str) -> None:
    """Design section 3: the roster says what a credential is; a row that says otherwise is refused."""
    with pytest.raises(EvidenceKindDiffers) as refusal:
        approved_with(replace(APPROVED, kind=kind))
    assert refusal.value.kind == kind


def test_a_key_is_no_passkey() -> None:
    """The same the other way round."""
    with pytest.raises(EvidenceKindDiffers):
        approved_with(replace(KEY_APPROVAL, kind="passkey"))


def demo_case(office: Office) -> tuple[Evidence, ...]:
    """All the evidence of a case by software passkeys."""
    return (
        *office.tap([ISSUE], "submission", "reception-minato", party=WORKING, demo=True),
        *office.tap([ISSUE], "examination", "examiner-minato", party=WORKING, demo=True),
        *office.tap([ISSUE], "approval", "approver-minato", demo=True),
        *office.tap([ISSUE], "approval", "head-minato", demo=True),
    )


def test_passkeys_of_software_count_in_a_demo_home() -> None:
    """Design section 3: a demonstration needs no authenticator."""
    assert warranted(evidence=demo_case(OFFICE), roster=DEMO, demo=True).application == ISSUE


def test_passkeys_of_software_count_nowhere_else() -> None:
    """Design section 3: even when administrators signed them into a roster by mistake."""
    with pytest.raises(DemoPasskeyRefused):
        warranted(evidence=demo_case(OFFICE), roster=DEMO)


def test_a_program_without_a_front_end_believes_no_passkey() -> None:
    """Design section 3: the relying parties stand in the verifying program's own configuration."""
    with pytest.raises(PasskeysNotExpected):
        warranted(evidence=(SUBMITTED, EXAMINED, APPROVED, HEADED), roster=ROSTER, parties=None)


def test_parties_of_another_installation_are_not_believed() -> None:
    """The same, where the signer knows other pages."""
    other = RelyingParty("desk.example.com", "https://desk.example.com")
    with pytest.raises(AssertionOfAnotherParty):
        warranted(
            evidence=(SUBMITTED, EXAMINED, APPROVED, HEADED),
            roster=ROSTER,
            parties=Parties(other, RelyingParty("approve.example.com", "https://approve.example.com")),
        )
