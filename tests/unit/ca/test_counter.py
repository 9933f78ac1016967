"""Applications as a counter makes them: bound to the branch, the authority's key, the profile's file, one challenge."""

import os
from datetime import timedelta

import pytest

from ca.counter import LIFE, Counter, new_challenge, revocation_reason
from ca.holder import holder_name
from ca.request import check_possession, prove_possession
from ca.statement import key_octets
from store.authorities import AuthorityRecord
from store.certificates import CertificateRecord
from tests.fixtures.officers import NOW, authority_statement, sample_profile, software_key

PROFILE = sample_profile()
STATEMENT = authority_statement({PROFILE.name: PROFILE})
AUTHORITY = AuthorityRecord(
    name=STATEMENT.name,
    issuer=STATEMENT.issuer,
    generation=STATEMENT.generation,
    subject_der=b"subject",
    certificate=STATEMENT.certificate,
    key_hash=STATEMENT.key_hash,
    document=b"{}",
    signatures=(),
    version=1,
    added_at=NOW,
)
COUNTER = Counter("test", "minato", bytes(32), os.urandom)


def test_an_issue_is_bound_to_its_challenge() -> None:
    """Requirement ISS-5: the proof of possession is of this application alone, and holds."""
    challenge, card = new_challenge(NOW, os.urandom), software_key("card")
    possession = key_octets(card.public_key()), prove_possession(card, "test", challenge.application, challenge.salt)
    made = COUNTER.issue(
        AUTHORITY,
        PROFILE,
        {"municipality": "13103"},
        possession,
        challenge=challenge,
        holder=COUNTER.holder("R-7"),
        requester="reception-minato",
        now=NOW,
    )
    assert (made.id, made.salt, made.branch) == (challenge.application, challenge.salt, "minato")
    assert (made.authority_key_hash, made.profile_digest) == (STATEMENT.key_hash, PROFILE.digest)
    assert made.expires_at - made.created_at == LIFE
    assert key_octets(check_possession(made)) == made.subject_key


def test_an_act_is_about_one_certificate(issued: CertificateRecord) -> None:
    """Design section 4: revoke, hold, release and hand-over name issuer and serial number."""
    made = COUNTER.act("revoke", issued, AUTHORITY, PROFILE, "reception-minato", NOW, event="leak", reason=1)
    assert (made.target, made.holder, made.reason, made.event) == (("test-ca", 5), issued.holder, 1, "leak")
    assert made.subject_key is None


@pytest.fixture
def issued() -> CertificateRecord:
    """A certificate as the store tells of it."""
    return CertificateRecord(
        issuer="test-ca",
        serial=5,
        authority=AUTHORITY.name,
        profile=PROFILE.name,
        profile_digest=PROFILE.digest,
        application_id=None,
        holder=b"h" * 32,
        kind=PROFILE.holder_kind,
        partition="13103",
        distribution_point=b"x",
        key_hash=bytes(32),
        tbs=b"x",
        certificate=b"x",
        state="issued",
        not_before=NOW,
        not_after=NOW + timedelta(days=10),
        reserved_at=NOW,
        issued_at=NOW,
    )


def test_two_challenges_are_two() -> None:
    """Ids are in the order of time, salts are random."""
    first, second = new_challenge(NOW, os.urandom), new_challenge(NOW + timedelta(seconds=1), os.urandom)
    assert first.application < second.application
    assert first.salt != second.salt


def test_a_holder_has_another_name_in_every_deployment() -> None:
    """Design section 6: holders appear as salted hashes only."""
    names = {holder_name(salt, reference) for salt in (bytes(32), b"s" * 32) for reference in ("R-7", "R-8")}
    assert len(names) == 4
    assert all(len(name) == 32 for name in names)
    assert COUNTER.holder("R-7") == holder_name(bytes(32), "R-7")


@pytest.mark.parametrize("code", [0, 1, 2, 3, 4, 5, 9])
def test_a_reason_of_a_revocation(code: int) -> None:
    """RFC 5280 section 5.3.1."""
    assert revocation_reason(code) == code


@pytest.mark.parametrize("code", [6, 7, 8, 10, -1, None])
def test_no_reason_of_a_revocation(code: int | None) -> None:
    """RFC 5280 section 5.3.1: a hold and removeFromCRL are other acts, 7 and 10 unused or not for us."""
    with pytest.raises(ValueError, match="no reason"):
        revocation_reason(code)
