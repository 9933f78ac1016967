"""Evidence binds a person, a role, a moment and one application (design section 3)."""

import json
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from ca.application import Application, digest
from ca.approvals import challenge, check_passkey, passkey_evidence, signature_holds, statement_of
from ca.passkey_errors import AssertionMalformed, AssertionOfAnotherChallenge
from ca.passkeys import sign_assertion
from ca.statement import PublicKey
from store.applications import Evidence
from tests.fixtures.officers import (
    APPROVAL,
    authority_statement,
    issue_application,
    make_office,
    sample_profile,
    software_key,
)

PROFILE = sample_profile()
APPLICATION = issue_application(
    authority_statement({PROFILE.name: PROFILE}), PROFILE, {"municipality": "13103"}, software_key("subject")
)
EVIDENCE = make_office().sign(APPLICATION, "examination", "examiner-minato")


def holds(
    evidence: Evidence, *, key: str = "examiner-minato", deployment: str = "test", of: bytes | None = None
) -> bool:
    """Whether the evidence verifies with that person's key."""
    public: PublicKey = software_key(key).public_key()
    return signature_holds(evidence, public, deployment=deployment, application_digest=of or digest(APPLICATION))


def test_evidence_verifies_with_the_credential_that_signed() -> None:
    """Design section 3: an approval can be checked without believing the database."""
    assert holds(EVIDENCE)


def test_evidence_names_its_application() -> None:
    """The row says which application and which text were signed."""
    assert (EVIDENCE.application_id, EVIDENCE.digest) == (APPLICATION.id, digest(APPLICATION))


@pytest.mark.parametrize(
    "edited",
    [
        replace(EVIDENCE, role="approval"),
        replace(EVIDENCE, role="submission"),
        replace(EVIDENCE, person="approver-minato"),
        replace(EVIDENCE, credential="key-approver-minato"),
        replace(EVIDENCE, signed_at=EVIDENCE.signed_at + timedelta(seconds=1)),
        replace(EVIDENCE, signed_at=EVIDENCE.signed_at + timedelta(microseconds=1)),
        replace(EVIDENCE, role="blessing"),  # type: ignore[arg-type]  # a row that only an intruder writes
        replace(EVIDENCE, signature=b"invented"),
    ],
    ids=["approval", "submission", "person", "credential", "moment", "microsecond", "unknown-role", "signature"],
)
def test_edited_evidence_does_not_verify(edited: Evidence) -> None:
    """Design section 3: an examination is no approval, and nobody signs for another or at another time."""
    assert not holds(edited)


def test_evidence_verifies_with_no_other_key() -> None:
    """Requirement ROL-2: one officer cannot sign for another."""
    assert not holds(EVIDENCE, key="approver-minato")


def test_evidence_is_of_one_deployment() -> None:
    """Requirement ISS-12: what was signed in the test system counts in the test system."""
    assert not holds(EVIDENCE, deployment="production")


def test_evidence_is_for_one_application() -> None:
    """Design section 3: evidence moved to another text does not verify, whatever its row says."""
    assert not holds(replace(EVIDENCE, digest=bytes(32)), of=bytes(32))


SIBLING = replace(APPLICATION, id=uuid4(), salt=bytes(16))
STATEMENT = statement_of(
    [APPLICATION, SIBLING],
    "approval",
    person="head-minato",
    credential="approve.example.jp-head-minato",
    signed_at=APPLICATION.created_at,
)
TAP = make_office().tap([APPLICATION, SIBLING], "approval", "head-minato", at=APPLICATION.created_at)


def check(evidence: Evidence, *, of: Application = APPLICATION, deployment: str = "test") -> None:
    """Believe a passkey's evidence, or raise."""
    key: PublicKey = software_key("approve.example.jp-head-minato").public_key()
    check_passkey(evidence, key, deployment=deployment, application_digest=digest(of), party=APPROVAL)


def test_one_touch_signs_every_application_of_a_case() -> None:
    """Design section 3: a case is approved at once, and each of its applications carries the evidence."""
    for evidence, application in zip(TAP, (APPLICATION, SIBLING), strict=True):
        assert (evidence.application_id, evidence.digest) == (application.id, digest(application))
        check(evidence, of=application)


def test_a_touch_counts_for_no_application_beside() -> None:
    """Design section 3: what was not listed when the officer touched the passkey was not signed."""
    other = replace(APPLICATION, id=uuid4())
    with pytest.raises(AssertionOfAnotherChallenge):
        check(replace(TAP[0], application_id=other.id, digest=digest(other)), of=other)


def test_a_list_that_was_made_longer_afterwards_is_refused() -> None:
    """Design section 3: the challenge is the hash of the whole list."""
    other = replace(APPLICATION, id=uuid4())
    tap = json.loads(TAP[0].signature)
    tap["applications"] = sorted((*tap["applications"], digest(other).hex()))
    with pytest.raises(AssertionOfAnotherChallenge):
        check(replace(TAP[0], signature=rfc8785.dumps(tap)), of=other)


@pytest.mark.parametrize(
    "edited",
    [
        replace(TAP[0], role="submission"),
        replace(TAP[0], person="approver-minato"),
        replace(TAP[0], credential="approve.example.jp-approver-minato"),
        replace(TAP[0], signed_at=TAP[0].signed_at + timedelta(seconds=1)),
        replace(TAP[0], signed_at=TAP[0].signed_at + timedelta(microseconds=1)),
        replace(TAP[0], role="blessing"),  # type: ignore[arg-type]  # a row that only an intruder writes
    ],
    ids=["role", "person", "credential", "moment", "microsecond", "unknown-role"],
)
def test_an_edited_touch_does_not_verify(edited: Evidence) -> None:
    """Design section 3: person, role and moment stand in what the passkey signed."""
    with pytest.raises(AssertionOfAnotherChallenge):
        check(edited)


def test_a_touch_is_of_one_deployment() -> None:
    """Requirement ISS-12: the deployment stands in the statement."""
    with pytest.raises(AssertionOfAnotherChallenge):
        check(TAP[0], deployment="production")


@pytest.mark.parametrize("signature", [b"x", b"{}", TAP[0].signature + b" ", b"[" * 5000, b"x" * 9000])
def test_octets_that_are_no_touch_are_refused(signature: bytes) -> None:
    """Requirement ISS-9: whatever stands in the column, verification answers."""
    with pytest.raises(AssertionMalformed):
        check(replace(TAP[0], signature=signature))


@pytest.mark.parametrize("applications", [[], [APPLICATION], [APPLICATION, APPLICATION], [SIBLING] * 3])
def test_a_touch_is_evidence_for_exactly_its_applications(applications: list[Application]) -> None:
    """Evidence for what the statement does not name cannot even be made."""
    assertion = sign_assertion(software_key("head-minato"), challenge(STATEMENT), APPROVAL)
    with pytest.raises(ValueError, match="other applications"):
        passkey_evidence(applications, STATEMENT, assertion, "passkey")


@pytest.mark.parametrize(
    "applications",
    [[], [APPLICATION, APPLICATION], [APPLICATION, replace(APPLICATION, deployment="other")], [APPLICATION] * 17],
    ids=["none", "twice", "two-deployments", "too-many"],
)
def test_a_statement_is_about_one_to_sixteen_applications_of_a_deployment(applications: list[Application]) -> None:
    """Rule of the house: bounded, and one content has one form."""
    with pytest.raises(ValueError):  # noqa: PT011 - pydantic's error, or that of unpacking; both say no more
        statement_of(applications, "approval", person="a", credential="b", signed_at=APPLICATION.created_at)


@given(st.permutations(tuple(replace(APPLICATION, id=uuid4()) for _ in range(4))))
def test_the_order_in_which_applications_are_given_does_not_matter(applications: list[Application]) -> None:
    """One case has one challenge."""
    made = statement_of(applications, "approval", person="a", credential="b", signed_at=APPLICATION.created_at)
    assert list(made.applications) == sorted(digest(each) for each in applications)
