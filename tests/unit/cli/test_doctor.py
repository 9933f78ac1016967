"""`ninsho doctor`: what is looked at, what it says of what is wrong, and its exit status."""

import json
from contextlib import closing
from pathlib import Path

from cli.config import Config, load_config
from cli.doctor import ended_keys, roster
from store.database import Database
from store.rosters import add_roster, newest_roster
from tests.fixtures.home import Answer, Home, in_process

CARD = """
[tokens.card-1]
program = "officer"
module = "{module}"
serial = "0000000000000001"
"""
"""A person's card, which is in its holder's pocket."""


def doctor_of(home: Home, changed: str, *options: str) -> Answer:
    """`doctor` with another configuration beside the home's own."""
    path = home.config.path.with_name("examined.toml")
    path.write_text(changed, "utf-8")
    return in_process("--config", path, *options, "doctor")


def text_of(home: Home) -> str:
    """The home's configuration."""
    return home.config.path.read_text("utf-8")


def without_anchors(home: Home) -> str:
    """A configuration whose folder of anchors is not there."""
    old = f'anchors = "{home.config.audit.anchors}"'
    assert old in text_of(home)
    return text_of(home).replace(old, 'anchors = "nowhere"')


def test_a_script_is_told_by_the_exit_status_too(home: Home) -> None:
    """Exit status 1 when something is wrong, whoever reads the document."""
    answer = doctor_of(home, without_anchors(home), "--json")
    assert (answer.status, answer.error["code"]) == (1, "cli.disagreement")
    assert [each["what"] for each in json.loads(answer.out)["findings"] if not each["holds"]] == ["audit anchors"]


def test_a_finding_is_followed_by_what_to_do_about_it(home: Home) -> None:
    """With several findings nobody guesses which advice is for which."""
    lines = doctor_of(home, without_anchors(home)).out.splitlines()
    (bad,) = (number for number, line in enumerate(lines) if line.startswith("BAD "))
    assert "audit anchors" in lines[bad]
    assert "mkdir" in lines[bad + 1]
    assert lines[bad + 2].startswith("ok ")


def test_only_tokens_of_programs_are_asked_for(home: Home) -> None:
    """A card is in its holder's pocket and a ceremony's token in a safe: neither is missing."""
    card = CARD.format(module=home.config.tokens["audit"].module)
    answer = doctor_of(home, f"{text_of(home)}{card}")
    assert answer.status == 0, answer.out
    (said,) = (line for line in answer.out.splitlines() if "tokens:" in line)
    there, _, others = said.partition("not looked at")
    assert "issuing" in there
    assert {"card-1", "root"} == set(others.removeprefix(":").replace(",", " ").split())


def test_a_token_of_a_program_that_is_not_there_is_a_finding(home: Home) -> None:
    """Without it its program cannot start."""
    label = home.config.tokens["audit"].label
    answer = doctor_of(home, text_of(home).replace(f'label = "{label}"', 'label = "elsewhere"'), "--json")
    (found,) = (each for each in json.loads(answer.out)["findings"] if each["what"] == "tokens")
    assert (answer.status, found["holds"]) == (1, False)
    assert "audit" in found["found"]


def test_one_login_can_look_at_everything(home: Home, postgres_url: str) -> None:
    """On PostgreSQL a login is a member of one program's role, and doctor asks for no other's."""
    with closing(Database(home.config.database_url(), "owner")) as database, database.snapshot() as tx:
        believed = newest_roster(tx)
    assert believed is not None
    with closing(Database(postgres_url, "owner")) as database, database.transaction() as tx:
        add_roster(tx, believed)
    old = f'url = "{home.config.database.url}"'
    assert old in text_of(home)
    answer = doctor_of(home, text_of(home).replace(old, f'url = "{postgres_url}"'))
    assert answer.status == 0, answer.out


def opened(config: Config) -> int:
    """How many times this process has the home's database open."""
    wanted = (config.home / "ninsho.db").resolve()
    return sum(file.is_symlink() and file.readlink() == wanted for file in Path("/proc/self/fd").iterdir())


def test_what_is_looked_at_is_closed_again(home: Home) -> None:
    """Whatever became of the look."""
    config = load_config(home.config.path)
    before = opened(config)
    assert roster(config).startswith("version")
    ended_keys(config)
    assert opened(config) == before
