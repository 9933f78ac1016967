"""The turn of the signer: what it takes, what it refuses, and how it says so (design section 3; DBC-2)."""

from collections import Counter
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from cryptography import x509

from ca import preparation
from ca import signer as signer_module
from ca.issuance import Checkpoint
from ca.retirement import Reason
from ca.retiring import KnownRetirements
from ca.signer import Turn
from store.applications import add_evidence_many
from store.errors import DatabaseAway, RetiredRefused
from store.retired import RetiredFolder
from tests.fixtures.officers import DEPLOYMENT, NOW, status_application
from tests.fixtures.records import add_application
from tests.fixtures.retirement import ended, signed
from tests.fixtures.signing import ISSUER, LEASE, House

LATER = NOW + timedelta(minutes=5)


def test_a_turn_without_work_touches_nothing(house: House) -> None:
    """The row is the message: nothing waits, nothing is written, no roster is read."""
    before = len(house.audited("certificate.issued"))
    assert house.signer().turn(LATER) == Turn()
    assert not (house.folder / "roster.floor").exists()
    assert len(house.audited("certificate.issued")) == before


def test_one_turn_carries_out_different_actions(house: House) -> None:
    """Design section 3: the counter's single certificate and a bulk take one path; so do issues and revocations."""
    old = house.issue_case("one")
    house.submit(old)
    signer = house.signer()
    signer.turn(LATER)
    revoke = status_application(old, "revoke", house.issued(old).serial_number, issuer=ISSUER, reason=5, now=LATER)
    bad = house.issue_case("three", sex=1)
    house.submit(revoke, house.issue_case("two"), bad)
    assert signer.turn(LATER + timedelta(minutes=5)) == Turn(claimed=3, issued=1, executed=1, refused=1)
    assert house.record(bad).outcome == "policies.facts-refused"


def test_a_refusal_is_recorded_and_audited_with_its_code(house: House) -> None:
    """LOG-4 and ROL-2: who looks at the case sees why; the audit trail says the same, without a holder's name."""
    case = house.issue_case("見本太郎", nationality="JP")
    house.submit(case)
    house.signer().turn(LATER)
    record = house.record(case)
    assert (record.state, record.outcome) == ("refused", "policies.facts-refused")
    assert house.audited("application.refused") == [{"application": str(case.id), "code": "policies.facts-refused"}]
    assert house.certificates(case) == ()


def test_a_case_approved_before_it_is_examined_waits(house: House) -> None:
    """Design section 4: it stays open and unclaimed until both are there, in whatever order; then it is issued."""
    case = house.issue_case("one")
    record, evidence = house.office.case(case, house.profiles[case.profile])
    submission, examination, *approvals = evidence
    with house.ra.transaction() as tx:
        add_application(tx, record, submission)
        add_evidence_many(tx, approvals)
    assert house.signer().turn(LATER) == Turn()
    assert house.record(case).state == "open"
    with house.ra.transaction() as tx:
        add_evidence_many(tx, [examination])
    assert house.signer("second").turn(LATER) == Turn(claimed=1, issued=1)


def test_an_expired_application_is_never_taken(house: House) -> None:
    """Design section 3: the canonical form holds the expiry; after it no approval counts."""
    case = house.issue_case("one")
    house.submit(case)
    assert house.signer().turn(NOW + timedelta(days=7)) == Turn()
    assert house.record(case).state == "open"


def test_a_case_of_an_authority_unknown_here_is_refused(house: House) -> None:
    """Design section 7: certificates are matched to a CA by key; a name this signer does not have is no authority."""
    case = replace(house.issue_case("one"), authority="jpki-auth-g2")
    house.submit(case)
    house.signer().turn(LATER)
    assert house.record(case).outcome == "ca.application-authority"


def test_a_profile_unknown_here_is_refused(house: House) -> None:
    """Design section 5: only the profiles of the authority's signed record may be used."""
    case = house.issue_case("one", profile="jpki-sign")
    house.submit(case)
    house.signer().turn(LATER)
    assert house.record(case).outcome == "ca.profile-not-authorised"


def test_a_case_that_waits_for_an_approval_is_not_taken(house: House) -> None:
    """The count of approvals tells the signer when to look; until then the case is nobody's failure."""
    case = house.issue_case("one")
    record, evidence = house.office.case(case, house.profiles[case.profile])
    with house.ra.transaction() as tx:
        add_application(tx, record, evidence[0])
        add_evidence_many(tx, [one for one in evidence[1:] if one.role != "approval"])
    assert house.signer().turn(LATER) == Turn()
    assert house.record(case).state == "open"


def test_a_case_that_trips_the_program_takes_nobody_with_it(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """Design section 4: it is not refused for a fault of ours, comes back, and is parked after three times."""
    case, other = house.issue_case("one", window="666Z"), house.issue_case("two")
    house.submit(case, other)
    build = preparation.certificate_builder

    def broken(*stated: Any, **named: Any) -> x509.CertificateBuilder:  # noqa: ANN401  # as the function it stands for
        if stated[2].window == "666Z":
            raise ZeroDivisionError
        return build(*stated, **named)

    monkeypatch.setattr(preparation, "certificate_builder", broken)
    assert house.signer().turn(LATER) == Turn(claimed=2, issued=1, failed=1)
    for number in (1, 2):
        assert house.signer(f"signer-{number}").turn(LATER + timedelta(seconds=number)) == Turn(claimed=1, failed=1)
    assert house.signer("last").turn(LATER + timedelta(seconds=3)) == Turn(claimed=1, parked=1)
    assert house.audited("application.failed")[0]["kind"] == "ZeroDivisionError"
    assert house.certificates(case) == ()


def test_an_outage_of_the_database_is_nobodys_failure(house: House) -> None:
    """DBC-1: however often the database goes away in the middle of a turn, the cases are issued when it is back."""
    cases = [house.issue_case("one"), house.issue_case("two")]
    house.submit(*cases)

    def away(point: str) -> None:
        if point == "reserving":
            raise DatabaseAway("the connection was lost")

    for number in range(5):
        with pytest.raises(DatabaseAway):
            house.signer("same", checkpoint=away).turn(LATER + timedelta(seconds=number))
    assert house.signer("same").turn(LATER + timedelta(seconds=6)) == Turn(claimed=2, issued=2)
    assert [house.record(case).attempts for case in cases] == [0, 0]


def test_a_case_that_kills_its_signers_is_parked_alone(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """Design section 4: whoever was claimed with it is issued, since a twice orphaned case is claimed alone."""
    cases = [house.issue_case("one"), house.issue_case("deadly", window="666Z"), house.issue_case("two")]
    house.submit(*cases)
    build = preparation.certificate_builder

    def deadly(*stated: Any, **named: Any) -> x509.CertificateBuilder:  # noqa: ANN401  # as the function it stands for
        if stated[2].window == "666Z":
            raise SystemExit
        return build(*stated, **named)

    monkeypatch.setattr(preparation, "certificate_builder", deadly)
    deaths, turns = 0, []
    for number in range(8):
        try:
            turns.append(house.signer(f"signer-{number}").turn(LATER + number * 2 * LEASE))
        except SystemExit:
            deaths += 1
    assert deaths == 3
    assert [house.record(case).state for case in cases] == ["done", "parked", "done"]
    assert Counter(turns) - Counter({Turn(): 8}) == {Turn(claimed=1, issued=1): 2, Turn(claimed=1, parked=1): 1}


def test_a_case_that_kills_whoever_reads_it_is_parked(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """Design section 4: attempts are counted before anything of the case is read."""
    case = house.issue_case("one")
    house.submit(case)

    def deadly(*stated: Any, **named: Any) -> None:  # noqa: ANN401  # as the function it stands for
        raise SystemExit

    monkeypatch.setattr(signer_module, "verify", deadly)
    for number in range(3):
        with pytest.raises(SystemExit):
            house.signer(f"signer-{number}").turn(LATER + number * 2 * LEASE)
    assert house.signer("last").turn(LATER + 6 * LEASE) == Turn(claimed=1, parked=1)


def test_evidence_of_a_clock_ahead_of_ours_waits(house: House) -> None:
    """Design section 3: the case is put off until our clock is there, not refused for ever."""
    case = house.issue_case("one", now=NOW + timedelta(hours=1))
    house.submit(case)
    assert house.signer().turn(NOW) == Turn(claimed=1, put_off=1)
    assert house.signer().turn(NOW + timedelta(minutes=30)) == Turn()
    assert house.signer("next").turn(NOW + timedelta(hours=1)) == Turn(claimed=1, issued=1)
    assert house.audited("application.put-off") == [{"application": str(case.id), "code": "ca.evidence-time"}]


def taken_over(house: House, turn: Turn) -> Checkpoint:
    """A point at which a signer sleeps past its lease, while its successor does that turn."""

    def checkpoint(reached: str) -> None:
        if reached == "claimed":
            assert house.signer("successor").turn(LATER + LEASE) == turn

    return checkpoint


def test_a_failure_under_a_lost_claim_is_told_as_lost(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """Design section 3: who has the application now counts its attempts; the trail says no failure that was none."""
    house.submit(house.issue_case("one"))

    def broken(*stated: Any, **named: Any) -> None:  # noqa: ANN401  # as the function it stands for
        raise ZeroDivisionError

    monkeypatch.setattr(preparation, "certificate_builder", broken)
    late = house.signer("late", checkpoint=taken_over(house, Turn(claimed=1, failed=1)))
    assert late.turn(LATER) == Turn(claimed=1, lost=1)
    assert (len(house.audited("application.failed")), len(house.audited("claim.lost"))) == (1, 1)


def test_an_early_case_under_a_lost_claim_is_told_as_lost(house: House) -> None:
    """Design section 3: its successor has put the application off; nothing is put off twice."""
    house.submit(house.issue_case("one", now=LATER + timedelta(hours=1)))
    late = house.signer("late", checkpoint=taken_over(house, Turn(claimed=1, put_off=1)))
    assert late.turn(LATER) == Turn(claimed=1, lost=1)
    assert (len(house.audited("application.put-off")), len(house.audited("claim.lost"))) == (1, 1)


def test_evidence_from_beyond_the_end_of_its_case_is_refused(house: House) -> None:
    """Design section 3: a time at which the application has expired can never come."""
    case = house.issue_case("one")
    record, evidence = house.office.case(case, house.profiles[case.profile])
    late = replace(evidence[-1], signed_at=record.expires_at + timedelta(minutes=6))
    with house.ra.transaction() as tx:
        add_application(tx, record, evidence[0])
        add_evidence_many(tx, [*evidence[1:-1], late])
    assert house.signer().turn(LATER) == Turn(claimed=1, refused=1)
    assert house.record(case).outcome == "ca.evidence-time"


def test_the_database_of_a_signer_is_written_as_a_signer(postgres_house: House) -> None:
    """Design section 3: on PostgreSQL all the signer does fits into the grants of its role."""
    case = postgres_house.issue_case("one", profile="jpki-auth-phone")
    postgres_house.submit(case)
    signer = postgres_house.signer()
    assert signer.turn(LATER) == Turn(claimed=1, issued=1)
    serial, now = postgres_house.issued(case).serial_number, LATER
    for action, reason in (("hold", None), ("release", None), ("hand-over", None), ("revoke", 1)):
        postgres_house.submit(status_application(case, action, serial, issuer=ISSUER, reason=reason, now=now))  # type: ignore[arg-type]  # an action by its name
        now += timedelta(minutes=2)
        assert signer.turn(now) == Turn(claimed=1, executed=1)


def keep(house: House, reason: Reason) -> None:
    """End the house's authority while its signers run: whichever program learns of it writes it into the folder."""
    folder = RetiredFolder(house.folder / "retired")
    known = KnownRetirements(folder, house.office.administrators, DEPLOYMENT)
    known.keep(signed(ended(house.authority.statement, reason), house.office.administrator_keys))


@pytest.mark.parametrize("reason", ["retired", "key-destroyed", "compromised"])
def test_a_key_that_ends_while_the_signer_runs_issues_no_more(house: House, reason: Reason) -> None:
    """KEY-2: from the next turn on, refused and audited with a code of its own; revocations go on."""
    old = house.issue_case("one")
    house.submit(old)
    signer = house.signer()
    assert signer.turn(LATER).issued == 1
    case = house.issue_case("two")
    revoke = status_application(old, "revoke", house.issued(old).serial_number, issuer=ISSUER, reason=5, now=LATER)
    house.submit(case, revoke)
    keep(house, reason)
    assert signer.turn(LATER) == Turn(claimed=2, executed=1, refused=1)
    assert house.record(case).outcome == f"ca.authority-{reason}"
    assert house.audited("application.refused") == [{"application": str(case.id), "code": f"ca.authority-{reason}"}]
    assert house.certificates(case) == ()


def test_a_reserved_serial_of_a_compromised_key_is_not_signed(house: House) -> None:
    """KEY-2 and ISS-2: a crash between reservation and signature leaves nothing that recovery would sign."""

    def stopped(point: str) -> None:
        if point == "reserved":
            raise KeyboardInterrupt

    case = house.issue_case("one")
    house.submit(case)
    with pytest.raises(KeyboardInterrupt):
        house.signer(checkpoint=stopped).turn(LATER)
    keep(house, "compromised")
    assert house.signer("second").turn(LATER + 2 * LEASE) == Turn(claimed=1, refused=1)
    assert [row.state for row in house.certificates(case)] == ["abandoned"]
    assert house.signed() == []


def test_what_an_authority_issued_is_revoked_without_its_key(house: House) -> None:
    """Decision 0004: the other generations' lists hold it, so a signer that opens the key no more still revokes."""
    old = house.issue_case("one")
    house.submit(old)
    signer = house.signer()
    signer.turn(LATER)
    revoke = status_application(old, "revoke", house.issued(old).serial_number, issuer=ISSUER, reason=5, now=LATER)
    house.submit(revoke, house.issue_case("two"))
    keep(house, "key-destroyed")
    without = replace(signer, authorities={}, ended={house.authority.name: house.authority.statement})
    assert without.turn(LATER) == Turn(claimed=2, executed=1, refused=1)
    assert house.record(revoke).outcome == "revoke"


def test_a_folder_that_cannot_be_believed_stops_the_turn(house: House) -> None:
    """KEY-2: a signer that cannot know which keys ended claims nothing."""
    case = house.issue_case("one")
    house.submit(case)
    (house.folder / "retired").mkdir()
    (house.folder / "retired" / "note").write_bytes(b"")
    with pytest.raises(RetiredRefused):
        house.signer().turn(LATER)
    assert (house.record(case).state, house.record(case).attempts) == ("open", 0)
