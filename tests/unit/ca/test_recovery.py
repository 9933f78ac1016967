"""What becomes of a serial number that was reserved and never recorded (requirement ISS-2; design: after a crash)."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from ca.application import Application
from ca.issuance import Ledger
from ca.recovery import SIGN_AGAIN, orphans, sweep
from ca.signer import Turn
from ca.trail import serial_text
from store.status import statuses
from tests.fixtures.officers import NOW
from tests.fixtures.signing import ISSUER, LEASE, House

CRASH = NOW + timedelta(minutes=5)


def crashed(house: House, point: str, now: datetime = CRASH) -> Application:
    """A case whose signer vanished at `point` without a word: its claim runs out by itself."""
    case = house.issue_case("one")
    house.submit(case)
    vanish(house, point, now)
    return case


def vanish(house: House, point: str, now: datetime) -> None:
    """A signer's turn that ends at `point` as if the machine had lost power."""

    def checkpoint(reached: str) -> None:
        if reached == point:
            raise SystemExit

    with pytest.raises(SystemExit):
        house.signer(f"vanished-{now:%H-%M}", checkpoint=checkpoint).turn(now)


def states(house: House, case: Application) -> list[str]:
    """The states of the case's serial numbers, newest first."""
    return [row.state for row in house.certificates(case)]


def test_nobody_touches_a_claim_whose_lease_runs(house: House) -> None:
    """Design section 3: only an expired lease may be taken over; a slow signer is not a dead one."""
    case = crashed(house, "reserved")
    assert house.signer().turn(CRASH + LEASE - timedelta(seconds=1)) == Turn()
    assert states(house, case) == ["reserved"]


def test_a_recent_row_gets_the_same_signature_again(house: House) -> None:
    """Design section 4: RSA PKCS#1 v1.5, within 10 minutes: the same bytes, so one certificate whatever was signed."""
    case = crashed(house, "signed")
    (row,) = house.certificates(case)
    assert house.signer().turn(CRASH + LEASE) == Turn(claimed=1, issued=1)
    assert house.issued(case).tbs_certificate_bytes == row.tbs
    first, second = house.signed()
    assert first == second


def test_after_ten_minutes_the_serial_is_abandoned(house: House) -> None:
    """Design section 4: recorded as revoked, since a signature may exist; the case goes on under a new serial."""
    case = crashed(house, "signed")
    (old,) = house.certificates(case)
    later = CRASH + SIGN_AGAIN + timedelta(seconds=1)
    assert house.signer().turn(later) == Turn(claimed=1, issued=1)
    assert states(house, case) == ["issued", "abandoned"]
    with house.owner.snapshot() as tx:
        status = statuses(tx, ISSUER, [old.serial])[old.serial]
    assert (status.state, status.revoked_at) == ("revoked", later)
    assert house.audited("certificate.abandoned")[0]["serial"] == serial_text(old.serial)
    assert house.issued(case).serial_number != old.serial


def test_a_token_that_stays_away_costs_one_serial_number(house: House) -> None:
    """ISS-2 and HSM-1: each abandoned one stays in every list, so no further one is spent before the key signs."""
    case = house.issue_case("one")
    house.submit(case)
    asked: list[str] = []

    def away() -> None:
        raise ConnectionError("the token does not answer")

    def check_key(authority: str) -> None:
        asked.append(authority)
        away()

    signer = replace(house.signer(before_signing=away), check_key=check_key)
    for number in range(4):
        with pytest.raises(ConnectionError):
            signer.turn(CRASH + number * 2 * SIGN_AGAIN)
    assert (states(house, case), asked) == (["reserved"], ["jpki-auth-g1"] * 3)
    assert house.signer("back").turn(CRASH + 8 * SIGN_AGAIN) == Turn(claimed=1, issued=1)
    assert states(house, case) == ["issued", "abandoned"]


def test_a_row_that_cannot_be_signed_alike_is_abandoned_at_once(elliptic_house: House) -> None:
    """Design section 4: a second ECDSA signature would be a second certificate under one serial number."""
    case = crashed(elliptic_house, "reserved")
    assert elliptic_house.signer().turn(CRASH + LEASE) == Turn(claimed=1, issued=1)
    assert states(elliptic_house, case) == ["issued", "abandoned"]


def test_a_case_that_no_longer_holds_is_refused_and_its_serial_abandoned(house: House) -> None:
    """Design section 4: approvals, profile and authority must still hold; else nothing more is signed."""
    case = crashed(house, "reserved")
    file = house.folder / "profiles" / "jpki-auth.toml"
    file.write_text(file.read_text("utf-8") + "# edited\n", "utf-8")
    assert house.signer().turn(CRASH + LEASE) == Turn(claimed=1, refused=1)
    assert house.signed() == []
    assert states(house, case) == ["abandoned"]
    assert house.record(case).outcome == "ca.profile-not-authorised"


def test_after_three_vanished_signers_the_case_is_parked(house: House) -> None:
    """Design section 4: a case that kills its signers is set aside, with every serial it was given revoked."""
    case = crashed(house, "signed")
    for number in (1, 2):
        vanish(house, "signed", CRASH + number * timedelta(minutes=20))
    assert house.signer().turn(CRASH + timedelta(minutes=60)) == Turn(claimed=1, parked=1)
    assert house.record(case).outcome == "ca.too-many-failures"
    assert states(house, case) == ["abandoned"] * 3
    assert house.signer().turn(CRASH + timedelta(minutes=80)) == Turn()


def test_a_row_whose_case_expired_is_abandoned(house: House) -> None:
    """ISS-2: every interrupted issuance ends; nobody claims an expired application, so its row is swept."""
    case = crashed(house, "signed")
    assert house.signer().turn(CRASH + timedelta(days=8)) == Turn(orphans=1)
    assert states(house, case) == ["abandoned"]
    assert house.signer().turn(CRASH + timedelta(days=9)) == Turn()


def test_two_signers_may_sweep_at_once(house: House) -> None:
    """DBC-2: who comes second finds nothing to do, and goes on with the rest."""
    crashed(house, "signed")
    later = CRASH + timedelta(days=8)
    signer = house.signer()
    ledger = Ledger(signer.database, signer.audit)
    with house.owner.snapshot() as tx:
        rows = orphans(tx, later, LEASE)
    assert [sweep(rows, ledger, later), sweep(rows, ledger, later)] == [1, 0]


def test_the_sweep_leaves_rows_that_will_be_claimed(house: House) -> None:
    """ISS-2: an open case keeps its row for its own next signer, however long that takes."""
    case = crashed(house, "reserved")
    turn = house.signer().turn(CRASH + timedelta(days=1))
    assert turn == Turn(claimed=1, issued=1)
    assert states(house, case) == ["issued", "abandoned"]


def test_a_signer_that_comes_back_late_discards_its_signature(house: House) -> None:
    """Design section 3: who lost the claim discards its signature and audits that; the other certificate stays."""
    case = house.issue_case("one")
    house.submit(case)

    def checkpoint(reached: str) -> None:
        if reached == "signed":
            house.signer("successor").turn(CRASH + LEASE)

    assert house.signer("late", checkpoint=checkpoint).turn(CRASH) == Turn(claimed=1, lost=1)
    assert len(house.certificates(case)) == 1
    assert [facts["application"] for facts in house.audited("signature.discarded")] == [str(case.id)]


def test_a_signer_that_comes_back_after_the_sweep_discards_its_signature(house: House) -> None:
    """ISS-2: an abandoned serial stays revoked, even if its signer wakes up with the signature in its hand."""
    case = house.issue_case("one")
    house.submit(case)

    def checkpoint(reached: str) -> None:
        if reached == "signed":
            assert house.signer("successor").turn(CRASH + timedelta(days=8)) == Turn(orphans=1)

    assert house.signer("late", checkpoint=checkpoint).turn(CRASH) == Turn(claimed=1, refused=1)
    assert states(house, case) == ["abandoned"]
    assert house.record(case).outcome == "store.not-reserved"
    assert len(house.audited("signature.discarded")) == 1
