"""Revoke, hold, release, hand over (requirements REV-1, REV-3, REV-4; fact sheet c.3, c.4)."""

from contextlib import ExitStack
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import settings
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from hypothesis.strategies import DataObject, data, sampled_from

from ca.application import Application
from store.database import upgrade
from store.status import Status, acts, statuses
from tests.fixtures.officers import NOW, status_application
from tests.fixtures.signing import ISSUER, House, make_house

LATER = NOW + timedelta(minutes=5)


class Desk:
    """Enters applications one minute apart and lets the signer carry each out."""

    def __init__(self, house: House) -> None:
        self.house, self.now, self.signer = house, NOW, house.signer()

    def issue(self, holder: str = "one", profile: str = "jpki-auth-phone") -> Application:
        """Issue a certificate to an invented resident."""
        return self.carried_out(self.house.issue_case(holder, profile=profile, now=self.now))

    def act(self, issue: Application, action: Any, *, serial: int | None = None, **stated: Any) -> str:  # noqa: ANN401  # passed on to an application, which checks
        """Enter an application on the certificate of `issue` and give its outcome."""
        number = serial or self.house.issued(issue).serial_number
        application = status_application(issue, action, number, issuer=ISSUER, now=self.now, **stated)
        return self.house.record(self.carried_out(application)).outcome or ""

    def act_elsewhere(self, issue: Application, action: Any, **stated: Any) -> str:  # noqa: ANN401  # as above
        """Enter it at a branch that does not serve the holder's municipality, by that branch's own officers."""
        elsewhere = replace(issue, branch="sapporo", requester="reception-sapporo")
        return self.act(elsewhere, action, serial=self.house.issued(issue).serial_number, **stated)

    def carried_out(self, application: Application) -> Application:
        """Submit and let the signer take a turn, two minutes later."""
        self.house.submit(application)
        self.now += timedelta(minutes=2)
        self.signer.turn(self.now)
        return application

    def status(self, issue: Application) -> Status:
        """What OCSP says of the certificate."""
        serial = self.house.issued(issue).serial_number
        with self.house.owner.snapshot() as tx:
            return statuses(tx, ISSUER, [serial])[serial]


@pytest.fixture
def desk(house: House) -> Desk:
    """An office at work."""
    return Desk(house)


def test_a_revocation_records_time_reason_and_who_asked(desk: Desk) -> None:
    """REV-3, REV-5: the time is that of the act, the reason the officers'; journal and audit name the application."""
    case = desk.issue()
    doubted = NOW - timedelta(days=1)
    assert desk.act(case, "revoke", reason=1) == "revoke"
    status = desk.status(case)
    assert (status.state, status.reason, status.revoked_at, status.invalidity_at) == ("revoked", 1, desk.now, None)
    facts = desk.house.audited("certificate.revoked")[-1]
    assert (facts["submission"], facts["approval"], facts["reason"]) == ("reception-minato", "approver-minato", 1)
    assert doubted < desk.now


def test_reason_unspecified_is_left_out(desk: Desk) -> None:
    """RFC 5280 5.3.1: reason unspecified is not stated; a failed hand-over revokes the new one so (fact sheet c.3)."""
    case = desk.issue()
    assert desk.act(case, "revoke", reason=0) == "revoke"
    assert desk.status(case).reason is None


def test_revoking_twice_changes_nothing_and_says_so(desk: Desk) -> None:
    """REV-4: the second one is refused; time and reason stay those of the first."""
    case = desk.issue()
    desk.act(case, "revoke", reason=5)
    first = desk.status(case)
    assert desk.act(case, "revoke", reason=4) == "store.already-revoked"
    assert desk.status(case) == first


def test_an_unknown_serial_is_refused(desk: Desk) -> None:
    """REV-4: nothing is revoked that was not issued."""
    case = desk.issue()
    assert desk.act(case, "revoke", serial=1 << 120, reason=5) == "store.unknown-certificate"
    assert desk.status(case).state == "good"


def test_one_officer_holds_so_many_within_an_hour_and_no_more(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """A hold needs nobody else, so a stolen credential stops few; other acts go on, and an hour later holds do too."""
    monkeypatch.setattr("ca.revocation.HOLDS_AN_HOUR", 2)
    cases = [desk.issue(name) for name in ("one", "two", "three", "four")]
    assert [desk.act(each, "hold") for each in cases[:3]] == ["hold", "hold", "ca.too-many-holds"]
    assert desk.status(cases[2]).state == "good"
    assert desk.act(cases[0], "release") == "release"
    desk.now += timedelta(hours=1)
    assert desk.act(cases[3], "hold") == "hold"


def test_a_hold_is_released_where_the_profile_allows(desk: Desk) -> None:
    """Fact sheet c.4: a found smartphone's user-authentication certificate is good again; both acts stay on record."""
    case = desk.issue()
    assert desk.act(case, "hold") == "hold"
    assert (desk.status(case).state, desk.status(case).reason) == ("held", 6)
    assert desk.act(case, "release") == "release"
    assert desk.status(case).state == "good"
    serial = desk.house.issued(case).serial_number
    with desk.house.owner.snapshot() as tx:
        assert [act.act for act in acts(tx, ISSUER, [serial])[serial]] == ["hold", "release"]


def test_a_cards_hold_is_never_released(desk: Desk) -> None:
    """Fact sheet c.4: a card's certificate on hold ends with revocation."""
    case = desk.issue(profile="jpki-auth")
    desk.act(case, "hold")
    assert desk.act(case, "release") == "ca.profile-forbids"
    assert desk.status(case).state == "held"


def test_a_revoked_certificate_is_never_released_or_held(desk: Desk) -> None:
    """REV-1: revoked is for ever."""
    case = desk.issue()
    desk.act(case, "revoke", reason=5)
    assert desk.act(case, "release") == "store.not-held"
    assert desk.act(case, "hold") == "store.already-revoked"
    assert desk.status(case).state == "revoked"


def test_a_life_event_has_the_effect_of_the_table_and_no_other(desk: Desk) -> None:
    """Fact sheet c.3: a change of address leaves the user-authentication certificate valid."""
    case = desk.issue()
    assert desk.act(case, "revoke", reason=3, event="record-change") == "ca.effect-differs"
    assert desk.status(case).state == "good"
    assert desk.act(case, "revoke", reason=1, event="death") == "ca.effect-differs"
    assert desk.act(case, "revoke", reason=5, event="death") == "revoke"


def test_an_unknown_life_event_is_refused(desk: Desk) -> None:
    """The table is the whole list."""
    case = desk.issue()
    assert desk.act(case, "revoke", reason=5, event="lottery-won").startswith("policies.")
    assert desk.status(case).state == "good"


def test_the_register_feed_revokes_without_officers(desk: Desk) -> None:
    """Act 153/2002 art. 12: an event of the register network revokes by its own signature."""
    case = desk.issue()
    assert desk.act(case, "revoke", reason=5, event="death", requester="register-feed") == "revoke"
    assert desk.status(case).state == "revoked"


def test_a_renewal_supersedes_at_hand_over(desk: Desk) -> None:
    """Fact sheet c.3: the old certificate lives until the new one is handed over, then it is superseded."""
    old = desk.issue()
    assert desk.act(old, "hand-over") == "hand-over"
    new = desk.issue()
    assert (desk.status(old).state, desk.status(new).state) == ("good", "good")
    assert desk.act(new, "hand-over") == "hand-over"
    assert (desk.status(old).state, desk.status(old).reason) == ("revoked", 4)
    assert desk.status(new).state == "good"


def test_a_failed_hand_over_leaves_the_old_certificate(desk: Desk) -> None:
    """Fact sheet c.3: the new one is revoked without a reason, the old one stays, and another new one can be made."""
    old = desk.issue()
    desk.act(old, "hand-over")
    failed = desk.issue()
    assert desk.act(failed, "revoke", reason=0) == "revoke"
    assert (desk.status(failed).state, desk.status(failed).reason) == ("revoked", None)
    assert desk.status(old).state == "good"
    assert desk.act(desk.issue(), "hand-over") == "hand-over"


def test_nothing_is_handed_over_twice(desk: Desk) -> None:
    """A live certificate is not pending any more."""
    case = desk.issue()
    desk.act(case, "hand-over")
    assert desk.act(case, "hand-over") == "ca.target-differs"


def test_a_key_compromise_blocks_the_key(desk: Desk) -> None:
    """ISS-11: after keyCompromise the key gets no certificate again, for nobody."""
    key = ec.generate_private_key(ec.SECP256R1())
    case = desk.carried_out(desk.house.issue_case("one", profile="jpki-auth-phone", key=key))
    desk.act(case, "revoke", reason=1)
    again = desk.carried_out(desk.house.issue_case("one", profile="jpki-auth-phone", key=key, now=desk.now))
    assert desk.house.record(again).outcome == "store.key-blocked"


def test_another_holders_certificate_is_not_touched(desk: Desk) -> None:
    """REV-5: the officers signed for one holder; the serial of another one's certificate is refused."""
    mine, other = desk.issue("one"), desk.issue("two")
    serial = desk.house.issued(other).serial_number
    assert desk.act(mine, "revoke", serial=serial, reason=5) == "ca.target-differs"
    assert desk.status(other).state == "good"


def test_an_invalidity_date_in_the_future_is_refused(desk: Desk) -> None:
    """RFC 5280 5.3.2: the invalidity date is when the key became doubtful."""
    case = desk.issue()
    serial = desk.house.issued(case).serial_number
    plain = status_application(case, "revoke", serial, issuer=ISSUER, reason=1, now=desk.now)
    future: datetime = desk.now + timedelta(days=1)
    refused = desk.carried_out(replace(plain, invalidity_at=future))
    assert desk.house.record(refused).outcome == "ca.invalidity-in-future"
    past = desk.now - timedelta(days=3)
    again = status_application(case, "revoke", serial, issuer=ISSUER, reason=1, now=desk.now)
    desk.carried_out(replace(again, invalidity_at=past))
    assert desk.status(case).invalidity_at == past


def test_the_one_change_of_a_reason_is_to_key_compromise(desk: Desk) -> None:
    """BR 7.2.2, REV-3: what turns out to be a compromised key is said so; the time of revocation stays."""
    case = desk.issue()
    desk.act(case, "revoke", reason=4)
    at = desk.status(case).revoked_at
    assert desk.act(case, "revoke", reason=1) == "revoke"
    assert (desk.status(case).reason, desk.status(case).revoked_at) == (1, at)


def test_only_a_branch_that_serves_the_holder_releases(desk: Desk) -> None:
    """ROL-3: what makes a certificate good again is decided where its holder is known."""
    case = desk.issue()
    desk.act(case, "hold")
    assert desk.act_elsewhere(case, "release") == "ca.target-not-served"
    assert desk.status(case).state == "held"
    assert desk.act(case, "release") == "release"


def test_only_a_branch_that_serves_the_holder_hands_over(desk: Desk) -> None:
    """ROL-3: a hand-over supersedes the holder's old certificate, so no other branch records one."""
    case = desk.issue()
    assert desk.act_elsewhere(case, "hand-over") == "ca.target-not-served"
    assert desk.act(case, "hand-over") == "hand-over"


def test_any_branch_holds_and_revokes(desk: Desk) -> None:
    """Fail-safe: whoever stands at the next counter can have a certificate stopped."""
    case = desk.issue()
    assert desk.act_elsewhere(case, "hold") == "hold"
    assert desk.act_elsewhere(case, "revoke", reason=5) == "revoke"
    assert desk.status(case).state == "revoked"


class Life(RuleBasedStateMachine):
    """One holder's certificates through any sequence of acts; the model is a set of those that were once revoked."""

    def __init__(self) -> None:
        super().__init__()
        self._stack = ExitStack()
        folder = Path(self._stack.enter_context(TemporaryDirectory()))
        upgrade(f"sqlite:///{folder}/ninsho.db")
        self.house = make_house(folder, f"sqlite:///{folder}/ninsho.db")
        self._stack.callback(self.house.close)
        self.desk = Desk(self.house)
        self.revoked: set[int] = set()
        self.issued: dict[int, Application] = {}

    def teardown(self) -> None:
        """Close and remove the house."""
        self._stack.close()

    @rule(profile=sampled_from(["jpki-auth", "jpki-auth-phone"]))
    def issue(self, profile: str) -> None:
        """Ask for a certificate; it is refused while another one waits for its hand-over."""
        case = self.desk.issue("one", profile)
        for row in self.house.certificates(case):
            self.issued[row.serial] = case

    @precondition(lambda self: self.issued)
    @rule(
        data=data(),
        action=sampled_from(["revoke", "hold", "release", "hand-over"]),
        reason=sampled_from([0, 1, 3, 4, 5]),
    )
    def act(self, data: DataObject, action: str, reason: int) -> None:
        """Do anything to any certificate, sensible or not."""
        serial = data.draw(sampled_from(sorted(self.issued)))
        stated = {"reason": reason} if action == "revoke" else {}
        self.desk.act(self.issued[serial], action, serial=serial, **stated)

    @invariant()
    def revoked_is_for_ever(self) -> None:
        """REV-1: nothing that was revoked once is anything else later."""
        with self.house.owner.snapshot() as tx:
            now = statuses(tx, ISSUER, list(self.issued))
        assert all(now[serial].state == "revoked" for serial in self.revoked)
        self.revoked |= {serial for serial, status in now.items() if status.state == "revoked"}


TestLife = Life.TestCase
TestLife.settings = settings(max_examples=8, stateful_step_count=12, deadline=None)
