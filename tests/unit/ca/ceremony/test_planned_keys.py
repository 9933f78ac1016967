"""Keys that a script makes for no authority: where they come in the steps, and what a script may not say of them."""

from pathlib import Path

import pytest

from ca.ceremony.check import check_script
from ca.ceremony.errors import ScriptRefused
from ca.ceremony.script import Script, load_script
from ca.ceremony.steps import steps

ONE_TIER = (Path(__file__).parents[4] / "docs" / "ceremonies" / "one-tier-ca.toml").read_text(encoding="utf-8")
AUDIT = '\n[[keys]]\ntoken = "issuing"\nlabel = "audit"\nalgorithm = "p-256"\n'


def with_keys(tables: str) -> Script:
    """The one-tier ceremony with these tables of keys."""
    return load_script((ONE_TIER + tables).encode())


def test_a_planned_key_is_made_once_the_tokens_are_open() -> None:
    """A key of the script comes after all tokens and before the authorities' keys, confirmed like each of those."""
    script = with_keys(AUDIT)
    check_script(script)
    actions = [(each.action, each.facts.get("label")) for each in steps(script)]
    place = actions.index(("key.generate", "audit"))
    assert actions[place - 1] == ("token.initialise", "responder")
    assert actions[place + 1] == ("key.generate", "ocsp-jpki-sign-g1")
    made = [each for each in steps(script) if each.action == "key.generate"]
    assert len({each.confirm for each in made}) == 1
    assert dict(made[0].facts) == {"token": "issuing", "label": "audit", "algorithm": "p-256"}


@pytest.mark.parametrize(
    ("tables", "place"),
    [
        (AUDIT.replace("issuing", "other"), "keys.audit.token"),
        (AUDIT + AUDIT, "keys.audit"),
        (AUDIT.replace("p-256", "rsa-1024"), "keys.0.algorithm"),
    ],
)
def test_a_planned_key_that_cannot_be_made_is_refused(tables: str, place: str) -> None:
    """The refusal names the table: a token that the script does not have, a label twice, an algorithm of no kind."""
    with pytest.raises(ScriptRefused) as refused:
        check_script(with_keys(tables))
    assert place in str(refused.value)


def test_a_ceremony_that_makes_no_keys_has_no_table_of_them() -> None:
    """What a kind of ceremony would pass over is refused, so a reviewed table is a table that is done."""
    script = with_keys(AUDIT)
    without = {"kind": "backup", "authorities": (), "backup": {"token": "issuing", "file": "b", "keys": ("a",)}}
    with pytest.raises(ScriptRefused, match="keys"):
        check_script(Script.model_validate({**script.model_dump(by_alias=True), **without}))
