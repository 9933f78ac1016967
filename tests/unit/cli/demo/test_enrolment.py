"""The demo's roster: everybody who uses the front end has a passkey for each origin, made by software and marked so."""

from contextlib import closing

import pytest

from ca.roster import Role, Roster
from ca.statement import key_octets
from cli.demo.home import BROWSERS, TERMINALS
from cli.wiring import believed_roster, open_database, parties_of, private_key_file
from tests.fixtures.home import Home


@pytest.fixture
def roster(home: Home) -> Roster:
    """The roster that the demo's ceremony signed."""
    with closing(open_database(home.config, "ra")) as database:
        return believed_roster(home.config, database)


@pytest.mark.parametrize("person", BROWSERS)
def test_a_person_has_a_passkey_for_each_relying_party(home: Home, roster: Roster, person: str) -> None:
    """Design section 3: an officer has a credential for each in the roster; the demo's lie in files beside it."""
    parties, listed = parties_of(home.config), roster.person(person)
    assert parties is not None
    assert listed is not None
    found = {each.code: each for each in listed.credentials if each.kind == "demo-passkey"}
    assert found.keys() == {f"working-{person}", f"approval-{person}"}
    for name, party in (("working", parties.working), ("approval", parties.approval)):
        credential = found[f"{name}-{person}"]
        key = private_key_file(home.config.home / "officers" / f"{person}.{name}.key.pem")
        assert (credential.rp_id, credential.spki) == (party.id, key_octets(key.public_key()))
        assert roster.credential(credential.id) == (listed, credential)


def test_the_registers_feed_uses_no_browser(roster: Roster) -> None:
    """It is a system: it signs with a key."""
    feed = roster.person("register-1")
    assert feed is not None
    assert {each.kind for each in feed.credentials} == {"key"}


def test_every_role_of_the_front_end_has_somebody(roster: Roster) -> None:
    """Whoever looks at the demo can log in as each."""
    roles = {role for code in BROWSERS if (person := roster.person(code)) for role in person.roles}
    assert roles == set(Role) - {Role.REGISTER}


@pytest.mark.parametrize("code", TERMINALS)
def test_some_windows_have_a_terminal(home: Home, roster: Roster, code: str) -> None:
    """Fact sheet c.1: keys are made at known terminals; the other branches of the demo have none yet."""
    terminal = roster.terminal(code)
    key = private_key_file(home.config.home / "officers" / f"{code}.key.pem")
    assert terminal is not None
    assert (terminal.window, terminal.spki) == ("001A", key_octets(key.public_key()))
    assert terminal.code == f"terminal-{terminal.branch}"
