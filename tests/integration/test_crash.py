"""A signer killed at every named point, then recovery (requirements ISS-1, ISS-2, DBC-1; design: one certificate).

After the next turns of another signer nothing acknowledged is lost, nothing is signed without a record, and no
application has two certificates.
"""

from datetime import timedelta
from hashlib import sha256

import psycopg
import pytest

from ca.application import Application
from store.certificates import CertificateFilter, find
from store.status import statuses
from tests.fixtures.officers import NOW, status_application
from tests.fixtures.signing import ISSUER, LEASE, House
from tests.programs.signer_work import killed_at

SOON = LEASE + timedelta(seconds=1)
LATE = LEASE + timedelta(minutes=10, seconds=1)
BEFORE_SIGNING = ("claimed", "reserving")
BETWEEN = ("reserved", "signed", "recording")
POINTS = (*BEFORE_SIGNING, *BETWEEN, "recorded")


def wait_for_the_dead(url: str) -> None:
    """Wait until the server has noticed that the killed signer is gone and has rolled back what it left open."""
    mine = "pid <> pg_backend_pid() AND datname = current_database() AND state <> 'idle'"
    with psycopg.connect(url, autocommit=True) as connection:
        while connection.execute(f"SELECT count(*) FROM pg_stat_activity WHERE {mine}").fetchone() != (0,):  # noqa: S608  # a constant
            pass


def submitted(house: House, count: int = 3) -> list[Application]:
    """Applications of as many invented residents, ready for a signer."""
    cases = [house.issue_case(f"resident {number}") for number in range(count)]
    house.submit(*cases)
    return cases


def check_everything(house: House, cases: list[Application]) -> None:
    """The invariants of every crash: one certificate each, no reserved row, every signature known, right statuses."""
    with house.owner.snapshot() as tx:
        rows = find(tx, CertificateFilter(issuer=ISSUER), limit=1000)
        status = statuses(tx, ISSUER, [row.serial for row in rows])
    assert not [row for row in rows if row.state == "reserved"]
    for case in cases:
        assert house.record(case).state == "done"
        issued = [row for row in rows if row.application_id == case.id and row.state == "issued"]
        assert len(issued) == 1
        assert house.issued(case).serial_number == issued[0].serial
    assert set(house.signed()) <= {sha256(row.tbs).hexdigest() for row in rows}
    for row in rows:
        assert status[row.serial].state == ("good" if row.state == "issued" else "revoked")


@pytest.mark.parametrize("point", POINTS)
def test_recovery_soon_after_a_kill_issues_each_once(house: House, point: str) -> None:
    """Design section 4: an RSA PKCS#1 v1.5 row is signed again within 10 minutes, so no serial is lost."""
    cases = submitted(house)
    killed_at(house, point, NOW + timedelta(minutes=5))
    house.signer("successor").turn(NOW + timedelta(minutes=5) + SOON)
    check_everything(house, cases)
    assert [len(house.certificates(case)) for case in cases] == [1, 1, 1]
    assert len(set(house.signed())) == 3


@pytest.mark.parametrize("point", POINTS)
def test_recovery_late_after_a_kill_abandons_what_may_be_signed(house: House, point: str) -> None:
    """Design section 4: after 10 minutes the serial is recorded as revoked, and a new one is used."""
    cases = submitted(house)
    killed_at(house, point, NOW + timedelta(minutes=5))
    house.signer("successor").turn(NOW + timedelta(minutes=5) + LATE)
    check_everything(house, cases)
    rows = 2 if point in BETWEEN else 1
    assert [len(house.certificates(case)) for case in cases] == [rows] * 3


@pytest.mark.parametrize("point", BETWEEN)
def test_signatures_that_differ_each_time_are_never_made_twice(elliptic_house: House, point: str) -> None:
    """Design section 4: an ECDSA row is abandoned however soon, since a second signature is a second certificate."""
    cases = submitted(elliptic_house)
    killed_at(elliptic_house, point, NOW + timedelta(minutes=5))
    elliptic_house.signer("successor").turn(NOW + timedelta(minutes=5) + SOON)
    check_everything(elliptic_house, cases)
    assert [len(elliptic_house.certificates(case)) for case in cases] == [2, 2, 2]


@pytest.mark.parametrize("point", ["reserved", "recording", "recorded"])
def test_recovery_holds_on_postgresql(postgres_house: House, point: str) -> None:
    """DBC-1: the same on PostgreSQL, whose server outlives the killed signer."""
    cases = submitted(postgres_house)
    killed_at(postgres_house, point, NOW + timedelta(minutes=5))
    wait_for_the_dead(postgres_house.url)
    postgres_house.signer("successor").turn(NOW + timedelta(minutes=5) + SOON)
    check_everything(postgres_house, cases)


@pytest.mark.parametrize("after", [SOON, LATE])
def test_a_kill_between_the_use_and_the_commit_uses_the_applications_up(house: House, after: timedelta) -> None:
    """Decision 0003: written down as used, not recorded: the serial is abandoned and the officers apply again."""
    cases = submitted(house)
    killed_at(house, "used", NOW + timedelta(minutes=5))
    assert house.signer("successor").turn(NOW + timedelta(minutes=5) + after).refused == 3
    for case in cases:
        assert (house.record(case).state, house.record(case).outcome) == ("refused", "ca.application-used")
        assert [row.state for row in house.certificates(case)] == ["abandoned"]


def test_two_kills_in_a_row_leave_one_certificate(house: House) -> None:
    """ISS-2: a successor that is killed while it resolves leaves the case to the next one."""
    cases = submitted(house)
    killed_at(house, "signed", NOW + timedelta(minutes=5))
    killed_at(house, "resolving", NOW + timedelta(minutes=7))
    for _ in cases:  # each alone, since two signers vanished over them
        house.signer("successor").turn(NOW + timedelta(minutes=9))
    check_everything(house, cases)
    assert [len(house.certificates(case)) for case in cases] == [1, 1, 1]


def test_kill_after_an_abandonment_leaves_one_certificate(house: House) -> None:
    """ISS-2: an abandoned serial stays abandoned when its signer dies before it has issued under a new one."""
    cases = submitted(house, 1)
    killed_at(house, "signed", NOW + timedelta(minutes=5))
    killed_at(house, "resolved", NOW + timedelta(minutes=20))
    house.signer("successor").turn(NOW + timedelta(minutes=40))
    check_everything(house, cases)
    assert [row.state for row in house.certificates(cases[0])] == ["issued", "abandoned"]


@pytest.mark.parametrize(("point", "state"), [("executing", "good"), ("executed", "revoked")])
def test_a_revocation_happens_wholly_or_not_at_all(house: House, point: str, state: str) -> None:
    """Design section 4: status, journal, application and audit are one transaction; the successor ends what is open."""
    (case,) = submitted(house, 1)
    house.signer().turn(NOW + timedelta(minutes=5))
    serial = house.issued(case).serial_number
    revoke = status_application(case, "revoke", serial, issuer=ISSUER, reason=5, now=NOW + timedelta(minutes=6))
    house.submit(revoke)
    killed_at(house, point, NOW + timedelta(minutes=10))
    with house.owner.snapshot() as tx:
        assert statuses(tx, ISSUER, [serial])[serial].state == state
    house.signer("successor").turn(NOW + timedelta(minutes=12))
    with house.owner.snapshot() as tx:
        assert statuses(tx, ISSUER, [serial])[serial].state == "revoked"
    assert house.record(revoke).state == "done"


def test_a_kill_between_the_use_and_the_commit_leaves_the_status(house: House) -> None:
    """Decision 0003: a revocation that was written down as used and not committed is refused; the officers see it."""
    (case,) = submitted(house, 1)
    house.signer().turn(NOW + timedelta(minutes=5))
    serial = house.issued(case).serial_number
    revoke = status_application(case, "revoke", serial, issuer=ISSUER, reason=5, now=NOW + timedelta(minutes=6))
    house.submit(revoke)
    killed_at(house, "used", NOW + timedelta(minutes=10))
    assert house.signer("successor").turn(NOW + timedelta(minutes=12)).refused == 1
    with house.owner.snapshot() as tx:
        assert statuses(tx, ISSUER, [serial])[serial].state == "good"
    assert house.record(revoke).outcome == "ca.application-used"
