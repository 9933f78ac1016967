"""A resident's key is made at an enrolled terminal of the case's window, or nothing is issued for it."""

from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest
from pydantic import ValidationError

from ca.application import Application, Proof, canonical, digest, parse
from ca.evidence_errors import (
    NotificationInvalid,
    TerminalElsewhere,
    TerminalMissing,
    TerminalNotValid,
    TerminalUnknown,
)
from ca.notification import check_notification
from ca.request import prove_possession
from ca.roster import Roster
from ca.statement import key_octets
from tests.fixtures.officers import (
    NOW,
    WINDOW,
    authority_statement,
    issue_application,
    make_office,
    notified,
    sample_profile,
    software_key,
    status_application,
    terminal,
)
from tests.unit.ca.cases import LATER, OFFICE, warranted

PROFILE = sample_profile()
STAFF = replace(PROFILE, facts="staff")
ROSTER = replace(make_office().roster, terminals=(terminal("minato"), replace(terminal("sapporo"), window="001A")))
PLAIN = issue_application(
    authority_statement({PROFILE.name: PROFILE}),
    PROFILE,
    {"municipality": "13103", "window": WINDOW},
    software_key("card"),
)


def check(application: Application, roster: Roster = ROSTER) -> None:
    """Believe the notification, or raise."""
    check_notification(application, PROFILE, roster, LATER)


def test_a_notification_of_the_windows_terminal_is_believed() -> None:
    """Act 153/2002 art. 3(5): the counter notifies the key that the card made."""
    check(notified(PLAIN))


def test_the_terminal_stands_in_what_officers_sign() -> None:
    """Design section 3: it is part of the canonical form, so the approvers sign for it too."""
    made = notified(PLAIN)
    assert digest(made) != digest(PLAIN)
    assert parse(canonical(made)) == made


def test_a_key_without_a_terminal_is_refused_where_terminals_are_enrolled() -> None:
    """Design section 3: whoever holds the web process has a key and no terminal."""
    with pytest.raises(TerminalMissing):
        check(PLAIN)


@pytest.mark.parametrize("proof", ["pkcs10", "challenge"])
def test_no_form_of_proof_is_a_way_around(proof: str) -> None:
    """The same for a certification request, which proves possession and not where the key is."""
    with pytest.raises(TerminalMissing):
        check(replace(PLAIN, proof=Proof(proof, b"x")))  # type: ignore[arg-type]  # by its name


def test_a_branch_without_terminals_needs_none() -> None:
    """Terminals are enrolled branch by branch."""
    check(PLAIN, replace(ROSTER, terminals=(terminal("sapporo"),)))


def test_staff_bring_their_own_requests() -> None:
    """Fact sheet d.2: a server makes its key where it stands."""
    check_notification(PLAIN, STAFF, ROSTER, LATER)


def test_only_an_issue_has_a_key() -> None:
    """A revocation is no key's."""
    check(status_application(PLAIN, "revoke", 5, reason=1))


def test_a_swapped_key_is_refused() -> None:
    """Design section 3: the intruder's key with a right proof of possession, under the terminal's old signature."""
    real, mine = notified(PLAIN), software_key("intruder")
    own = prove_possession(mine, real.deployment, real.id, real.salt)
    assert real.proof is not None
    swapped = replace(
        real, subject_key=key_octets(mine.public_key()), proof=replace(real.proof, form=own.form, value=own.value)
    )
    with pytest.raises(NotificationInvalid):
        check(swapped)


@pytest.mark.parametrize(
    "changed",
    [
        {"id": uuid4()},
        {"salt": bytes(16)},
        {"deployment": "other"},
        {"subject_key": key_octets(software_key("intruder").public_key())},
    ],
    ids=["application", "salt", "deployment", "key"],
)
def test_a_notification_is_of_one_key_and_one_application(changed: dict[str, str]) -> None:
    """A notification that was seen once cannot be put under another case."""
    with pytest.raises(NotificationInvalid):
        check(replace(notified(PLAIN), **changed))  # type: ignore[arg-type]  # by their names


def test_a_notification_covers_the_cards_proof() -> None:
    """Another signature of the same card is another notification."""
    real = notified(PLAIN)
    assert real.proof is not None
    with pytest.raises(NotificationInvalid):
        check(replace(real, proof=replace(real.proof, value=b"another")))


def test_a_terminal_of_another_branch_is_refused() -> None:
    """Requirement ROL-3: a terminal stands in one branch."""
    with pytest.raises(TerminalElsewhere):
        check(notified(PLAIN, by="terminal-sapporo"))


def test_a_terminal_of_another_window_is_refused() -> None:
    """The window of the facts is the one where the case is taken."""
    with pytest.raises(TerminalElsewhere):
        check(notified(replace(PLAIN, facts={**PLAIN.facts, "window": "999Z"})))


def test_a_signature_for_another_window_is_refused() -> None:
    """The window stands in what the terminal signed."""
    with pytest.raises(NotificationInvalid):
        check(notified(PLAIN, window="999Z"))


def test_a_terminal_outside_the_roster_is_refused() -> None:
    """Design section 3: an own terminal, with an own key."""
    with pytest.raises(TerminalUnknown):
        check(notified(PLAIN, by="terminal-mine"))


def test_a_terminal_outside_the_roster_is_refused_where_none_is_needed() -> None:
    """Who names a terminal is held to it."""
    with pytest.raises(TerminalUnknown):
        check(notified(PLAIN, by="terminal-mine"), replace(ROSTER, terminals=()))


def test_another_key_in_a_terminals_name_is_refused() -> None:
    """Only the enrolled key signs for a terminal."""
    real = notified(PLAIN, by="terminal-sapporo")
    assert real.proof is not None
    with pytest.raises(NotificationInvalid):
        check(replace(real, proof=replace(real.proof, terminal="terminal-minato")))


@pytest.mark.parametrize(
    "changed",
    [{"valid_from": NOW + timedelta(minutes=1)}, {"valid_until": LATER}],
    ids=["not-yet-when-made", "over-since"],
)
def test_a_terminal_that_does_not_count_is_refused(changed: dict[str, str]) -> None:
    """As for persons: both when the application was made and now."""
    late = replace(terminal("minato"), **changed)  # type: ignore[arg-type]  # by their names
    with pytest.raises(TerminalNotValid):
        check(notified(PLAIN), replace(ROSTER, terminals=(late,)))


@pytest.mark.parametrize("half", [{"terminal": "t"}, {"terminal_signature": b"s"}])
def test_a_terminal_and_its_signature_go_together(half: dict[str, str]) -> None:
    """Half of it would be neither."""
    with pytest.raises(ValidationError):
        Proof("challenge", b"x", **half)  # type: ignore[arg-type]  # by their names


def test_no_warrant_without_the_terminal() -> None:
    """Design section 3: the signer asks, whatever the front end let pass."""
    with pytest.raises(TerminalMissing):
        warranted(roster=replace(OFFICE.roster, terminals=(terminal("minato"),)))
