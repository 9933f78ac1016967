"""Filling the room: what an installation demands of a script before anybody is asked to confirm anything."""

from pathlib import Path

import pytest

from ca.ceremony.errors import ScriptRefused
from ca.ceremony.script import load_script
from cli.ceremony.hall import filled_room
from cli.ceremony.people import SilentPeople, WrittenPapers
from cli.ceremony.rehearsal import prepare_rehearsal
from tests.fixtures.ceremonies import EXAMPLES


def test_a_script_in_earnest_names_its_program(tmp_path: Path) -> None:
    """KEY-4: outside a demo home, a ceremony is held by the very program that was reviewed."""
    draft = load_script((EXAMPLES / "one-tier-ca.toml").read_bytes())
    prepared = prepare_rehearsal(draft, tmp_path, EXAMPLES)
    people = SilentPeople(prepared.script, prepared.credentials, WrittenPapers(tmp_path), str)
    earnest = prepared.config.model_copy(update={"demo": False})
    with (
        pytest.raises(ScriptRefused, match="software"),
        filled_room(earnest, prepared.script, people, EXAMPLES, tmp_path),
    ):
        pytest.fail("the room was filled")
