"""Intent, one signature, verification, record (requirements ISS-1, SER-2, SER-3, HSM-1; design: one certificate)."""

import json
from datetime import timedelta
from hashlib import sha256

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from ca.application import Application
from ca.refusals import RandomFailed
from ca.signer import Turn
from ca.statement import public_key
from ca.trail import serial_text
from store.certificates import block_key
from store.status import statuses
from tests.fixtures.officers import NOW, software_key
from tests.fixtures.signing import ISSUER, House

LATER = NOW + timedelta(minutes=5)


def state_of(house: House, one: Application) -> str | None:
    """What OCSP would say of the newest serial of an application; None is "unknown"."""
    (row, *_) = house.certificates(one)
    with house.owner.snapshot() as tx:
        status = statuses(tx, ISSUER, [row.serial]).get(row.serial)
    return None if status is None else status.state


class TokenAway:
    """Lets `good` signatures pass, and then is away like a token that was pulled."""

    def __init__(self, good: int) -> None:
        self.good = good

    def __call__(self) -> None:
        """Called before each signature."""
        if self.good == 0:
            raise ConnectionError("the token does not answer")
        self.good -= 1


def test_nothing_is_signed_before_it_is_recorded(house: House) -> None:
    """ISS-1: when the key is first used, serial, exact bytes and audit entry are durable; OCSP says unknown."""
    case = house.issue_case("one")
    house.submit(case)
    seen: dict[str, tuple[str, int, str | None, int]] = {}

    def checkpoint(point: str) -> None:
        if point in {"reserved", "signed", "recorded"}:
            (row,) = house.certificates(case)
            made = len(house.signed())
            seen[point] = (row.state, made, state_of(house, case), len(house.audited("certificate.issued")))

    house.signer(checkpoint=checkpoint).turn(LATER)
    assert seen == {
        "reserved": ("reserved", 0, None, 1),
        "signed": ("reserved", 1, None, 1),
        "recorded": ("issued", 1, "good", 2),
    }


def test_the_audit_names_certificate_application_and_persons(house: House) -> None:
    """Design section 6: an entry holds identifiers, hashes and codes of persons, and no name of a holder."""
    case = house.issue_case("見本花子")
    house.submit(case)
    house.signer().turn(LATER)
    facts = house.audited("certificate.issued")[-1]
    assert facts["serial"] == serial_text(house.issued(case).serial_number)
    assert facts["application"] == str(case.id)
    assert (facts["submission"], facts["examination"], facts["approval"]) == (
        "reception-minato",
        "examiner-minato",
        "approver-minato",
    )
    assert "見本" not in json.dumps(facts, ensure_ascii=False)


def test_a_batch_takes_two_transactions_whatever_its_size(house: House) -> None:
    """Design section 4: batches do the steps for many applications per transaction."""
    cases = [house.issue_case(f"resident {number}") for number in range(10)]
    house.submit(*cases)
    points: list[str] = []
    turn = house.signer(checkpoint=points.append).turn(LATER)
    assert turn == Turn(claimed=10, issued=10)
    assert points == ["claimed", "reserving", "reserved", "signed", "recording", "used", "recorded"]


def test_every_certificate_matches_its_own_application(house: House) -> None:
    """ISS-4: in one batch of 150, each certificate has its own applicant's key."""
    cases = [house.issue_case(f"resident {number}") for number in range(150)]
    house.submit(*cases)
    assert house.signer().turn(LATER).issued == 150
    for case in cases:
        (row,) = house.certificates(case)
        assert row.holder == case.holder
        assert house.issued(case).public_key() == public_key(case.subject_key or b"")


def test_a_repeated_serial_stops_the_signer(house: House) -> None:
    """SER-2, SER-3: with a generator that repeats itself nothing more is signed, and the case stays open."""
    first, second = house.issue_case("one"), house.issue_case("two")
    house.submit(first)
    octets = bytes(range(1, 17))
    house.signer(random=lambda count: octets[:count]).turn(LATER)
    house.submit(second)
    with pytest.raises(RandomFailed):
        house.signer("another", random=lambda count: octets[:count]).turn(LATER + timedelta(minutes=1))
    assert len(house.signed()) == 1
    assert house.certificates(second) == ()
    assert house.record(second).state == "open"
    assert house.audited("signer.interrupted") == [{"code": "ca.random-failed", "given_back": 1}]


def test_a_generator_of_zeros_signs_nothing(house: House) -> None:
    """SER-3: zeros are no random octets."""
    case = house.issue_case("one")
    house.submit(case)
    with pytest.raises(RandomFailed):
        house.signer(random=bytes).turn(LATER)
    assert house.signed() == []


def test_a_token_away_leaves_the_case_claimable(house: House) -> None:
    """HSM-1: what was signed before is recorded, the rest is issued when the token is back, and nobody failed."""
    cases = [house.issue_case(f"resident {number}") for number in range(5)]
    house.submit(*cases)
    with pytest.raises(ConnectionError, match="does not answer"):
        house.signer(before_signing=TokenAway(2)).turn(LATER)
    assert sorted(house.record(case).state for case in cases) == ["done", "done", "open", "open", "open"]
    assert house.signer("again").turn(LATER + timedelta(seconds=1)) == Turn(claimed=3, issued=3)
    assert all(len(house.certificates(case)) == 1 for case in cases)
    assert all(house.record(case).attempts == 0 for case in cases)
    assert len(house.signed()) == 5


def test_a_token_that_signs_wrongly_releases_nothing(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """HSM-1: the signature is verified with the authority's key; a wrong one costs the serial number, not the case."""
    case = house.issue_case("one")
    house.submit(case)
    signer = house.signer()
    with monkeypatch.context() as patch:
        other = rsa.generate_private_key(65537, 2048)
        patch.setattr(signer.authorities["jpki-auth-g1"].key, "_key", other)
        assert signer.turn(LATER) == Turn(claimed=1, failed=1)
    assert state_of(house, case) == "revoked"
    assert house.record(case).attempts == 1
    assert signer.turn(LATER + timedelta(seconds=1)) == Turn(claimed=1, issued=1)
    assert [row.state for row in house.certificates(case)] == ["issued", "abandoned"]


def test_after_three_failures_the_case_is_parked(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """Design section 4: a case that fails again and again waits for a person, and stops spending serial numbers."""
    case = house.issue_case("one")
    house.submit(case)
    signer = house.signer()
    monkeypatch.setattr(signer.authorities["jpki-auth-g1"].key, "_key", rsa.generate_private_key(65537, 2048))
    turns = [signer.turn(LATER + timedelta(seconds=number)) for number in range(5)]
    assert turns == [Turn(claimed=1, failed=1)] * 3 + [Turn(claimed=1, parked=1), Turn()]
    assert (house.record(case).state, house.record(case).outcome) == ("parked", "ca.too-many-failures")
    assert [row.state for row in house.certificates(case)] == ["abandoned"] * 3


def test_a_holder_has_one_pending_certificate_of_a_kind(house: House) -> None:
    """Act 153/2002 art. 6, design section 4: a second one before hand-over is refused, and nothing is signed."""
    first, second = house.issue_case("one"), house.issue_case("one")
    house.submit(first)
    house.signer().turn(LATER)
    house.submit(second)
    assert house.signer("next").turn(LATER + timedelta(minutes=1)).refused == 1
    assert house.record(second).outcome == "store.holder-busy"
    assert len(house.signed()) == 1


def test_two_cases_of_one_holder_in_one_batch_give_one_certificate(house: House) -> None:
    """Design section 4: the rule holds within a batch too."""
    house.submit(house.issue_case("one"), house.issue_case("one"))
    assert house.signer().turn(LATER) == Turn(claimed=2, issued=1, refused=1)


def test_a_key_of_another_holder_is_refused(house: House) -> None:
    """ISS-11 (Estonia 2018): the same key for two residents is refused, and nothing is signed for the second."""
    key = software_key("one chip in two cards")
    first, second = house.issue_case("one", key=key), house.issue_case("two", key=key)
    house.submit(first, second)
    assert house.signer().turn(LATER) == Turn(claimed=2, issued=1, refused=1)
    outcomes = sorted(house.record(case).outcome or "" for case in (first, second))
    assert outcomes == ["issued", "store.key-of-another-holder"]


def test_a_key_once_compromised_is_refused_for_ever(house: House) -> None:
    """ISS-11: also for its own holder."""
    case = house.issue_case("one")
    with house.owner.transaction() as tx:
        block_key(tx, sha256(case.subject_key or b"").digest(), NOW)
    house.submit(case)
    house.signer().turn(LATER)
    assert house.record(case).outcome == "store.key-blocked"
    assert house.signed() == []


def test_an_application_is_used_once_even_if_its_row_says_open(house: House) -> None:
    """Design section 3: a done application that is opened again behind our back gives no second certificate.

    This is the database's own line, for a signer that does not share the other's file of used applications.
    """
    case = house.issue_case("one")
    house.submit(case)
    house.signer().turn(LATER)
    serial = house.issued(case).serial_number
    house.tamper(
        ("UPDATE application SET state = 'open', claim_until = NULL, claim_token = NULL", ()),
        ("DELETE FROM holder_place", ()),
    )
    (house.folder / "used").unlink()
    assert house.signer("next").turn(LATER + timedelta(minutes=1)).refused == 1
    assert house.issued(case).serial_number == serial
    assert house.record(case).outcome == "store.application-used"
    assert [row.state for row in house.certificates(case)][1:] == ["issued"]
