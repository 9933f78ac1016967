"""Evidence binds a person, a role, a moment and one application (design section 3)."""

from dataclasses import replace
from datetime import timedelta

import pytest

from ca.application import digest
from ca.approvals import signature_holds
from ca.statement import PublicKey
from store.applications import Evidence
from tests.fixtures.officers import (
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
