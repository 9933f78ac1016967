"""`revoke`: the life event chooses the reason, two officers decide, and revoked is for ever."""

from typing import Any

import pytest

from policies.life_events import life_events
from tests.fixtures.home import Answer, Home, in_process


@pytest.fixture
def issued(home: Home) -> dict[str, Any]:
    """A good certificate of a resident's card."""
    return home.issued()


def act(home: Home, verb: str, certificate: dict[str, Any], *options: object) -> Answer:
    """Run one of the acts on a certificate while the signer works."""
    with home.signing():
        return home.ninsho("revoke", verb, certificate["issuer"], certificate["serial"], *options)


def officers(home: Home) -> tuple[str, ...]:
    """The options of a decision by two officers."""
    return *home.signs("reception-1"), *home.with_("--approve", "approver-1")


def test_the_event_chooses_the_reason(home: Home, issued: dict[str, Any]) -> None:
    """A leaked key is keyCompromise by the table of life events (fact sheet c.3)."""
    body = act(home, "cert", issued, "--event", "leak", *officers(home), "--yes").body
    assert body["state"] == "done"
    assert (body["certificate"]["state"], body["certificate"]["reason"]) == ("revoked", "keyCompromise")


def test_the_registers_feed_needs_no_officer(home: Home, issued: dict[str, Any]) -> None:
    """What the resident register reports is revoked with its feed's signature alone (Act 153/2002 art. 12)."""
    body = act(home, "cert", issued, "--event", "death", *home.signs("register-1"), "--yes").body
    assert body["certificate"]["state"] == "revoked"


def test_the_registers_feed_names_an_event(home: Home, issued: dict[str, Any]) -> None:
    """Without an event the feed may revoke nothing; nothing is written."""
    answer = act(home, "cert", issued, "--reason", "superseded", *home.signs("register-1"), "--yes")
    assert (answer.status, answer.error["code"]) == (4, "ca.event-missing")


def test_without_approval_the_case_waits(home: Home, issued: dict[str, Any]) -> None:
    """One officer's wish changes nothing; another approves it by number."""
    body = act(home, "cert", issued, "--reason", "superseded", *home.signs("reception-1"), "--yes").body
    assert (body["state"], body["missing"], body["certificate"]["state"]) == ("waiting", {"approval": 1}, "good")
    home.ninsho("application", "approve", body["application"], *home.signs("head-1"))
    home.turn()
    assert home.ninsho("cert", "show", issued["issuer"], issued["serial"]).body["state"] == "revoked"


def test_a_second_time_it_says_the_same(home: Home, issued: dict[str, Any]) -> None:
    """Whoever presses twice gets the same answer, and no second application is made."""
    options = ("--event", "request", *officers(home), "--yes")
    first = act(home, "cert", issued, *options).body
    second = act(home, "cert", issued, *options).body
    assert second["application"] is None
    assert second["certificate"] == first["certificate"]


def test_only_the_reason_key_compromise_replaces_another(home: Home, issued: dict[str, Any]) -> None:
    """A key that turns out to be stolen is told to verifiers, though the certificate was revoked before."""
    act(home, "cert", issued, "--event", "request", *officers(home), "--yes")
    body = act(home, "cert", issued, "--event", "leak", *officers(home), "--yes").body
    assert body["certificate"]["reason"] == "keyCompromise"


def test_revocation_is_confirmed(home: Home, issued: dict[str, Any]) -> None:
    """Without a terminal and without --yes nothing is done: exit status 2."""
    answer = act(home, "cert", issued, "--event", "request", *officers(home))
    assert (answer.status, answer.error["code"]) == (2, "cli.usage")
    assert home.ninsho("cert", "show", issued["issuer"], issued["serial"]).body["state"] == "good"


@pytest.mark.parametrize(
    ("event", "step"), [("card-lost", "revoke hold"), ("phone-lost", "Nothing"), ("transfer", "Nothing")]
)
def test_an_event_that_does_not_revoke_is_refused(home: Home, issued: dict[str, Any], event: str, step: str) -> None:
    """The table says what an event does to this kind; the error names the right command."""
    answer = act(home, "cert", issued, "--event", event, *officers(home), "--yes")
    assert (answer.status, answer.error["code"]) == (4, "cli.refused-event")
    assert step in answer.error["next"]


def test_one_officer_holds_at_once(home: Home, issued: dict[str, Any]) -> None:
    """A hold is the fail-safe shortcut; a card's is never lifted (fact sheet c.4)."""
    held = act(home, "hold", issued, *home.signs("reception-1")).body
    assert held["certificate"]["state"] == "held"
    answer = act(home, "release", issued, *officers(home))
    assert (answer.status, answer.error["code"]) == (4, "ca.profile-forbids")


def test_a_phones_hold_is_released(home: Home) -> None:
    """A telephone that turns up again gets its authentication certificate back (fact sheet c.4)."""
    phone = home.issued(profile="jpki-auth-phone")
    act(home, "hold", phone, *home.signs("reception-1"))
    body = act(home, "release", phone, *officers(home)).body
    assert body["certificate"]["state"] == "good"


def test_what_is_not_held_is_not_released(home: Home) -> None:
    """The signer's word for the refusal is the error's code, with its own exit status."""
    answer = act(home, "release", home.issued(profile="jpki-auth-phone"), *officers(home))
    assert (answer.status, answer.error["code"]) == (4, "store.not-held")


def test_an_event_or_a_reason(home: Home, issued: dict[str, Any]) -> None:
    """Both, or neither, is a mistake of usage."""
    for options in ((), ("--event", "leak", "--reason", "keyCompromise")):
        answer = act(home, "cert", issued, *options, *officers(home), "--yes")
        assert (answer.status, answer.error["code"]) == (2, "cli.usage")


def test_reasons_show_the_whole_table(tmp_path: object) -> None:
    """Every event stands in it with its effect on every kind; no installation is needed."""
    answer = in_process("--config", f"{tmp_path}/none.toml", "--json", "revoke", "reasons")
    listed = {each["event"]: each["effects"] for each in answer.body["events"]}
    assert listed.keys() == life_events().keys()
    assert listed["card-lost"]["sign"] == "hold"
    assert listed["death"]["auth"] == "cessationOfOperation"


def test_another_branch_holds_a_certificate_but_does_not_release_it(home: Home) -> None:
    """Stopping is fail-safe, so any branch may; what makes it good again is refused at once where nobody knows it."""
    issued = home.issued(profile="jpki-auth-phone", facts=home.facts())
    held = act(home, "hold", issued, *home.signs("reception-1"), "--branch", "branch-47201").body
    assert held["certificate"]["state"] == "held"
    answer = act(home, "release", issued, *officers(home), "--branch", "branch-47201")
    assert (answer.status, answer.error["code"]) == (4, "ca.target-not-served")
    assert act(home, "release", issued, *officers(home)).body["certificate"]["state"] == "good"
