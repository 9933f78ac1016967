"""The papers of a ceremony: where one cannot be written, nobody signs for it."""

from pathlib import Path

import pytest

from tests.fixtures.commands import CHECKOUT
from tests.fixtures.home import Answer, in_process

SCRIPT = CHECKOUT / "docs" / "ceremonies" / "one-tier-ca.toml"


def asked(command: str, folder: Path, output: Path) -> Answer:
    """A command that writes a paper, without a configuration: whatever it needs one for comes after the refusal."""
    given = folder / "given"
    given.write_bytes(b"neither a transcript nor minutes")
    sign = ("--sign-with", "audit", "-o", output)
    arguments: dict[str, tuple[object, ...]] = {
        "script": ("script", SCRIPT, "-o", output),
        "minutes": ("minutes", SCRIPT, "--transcript", given, *sign),
        "seal": ("seal", given, "--person", "abe", *sign),
    }
    return in_process("--json", "ceremony", *arguments[command])


@pytest.mark.parametrize("command", ["script", "minutes", "seal"])
def test_a_paper_that_exists_is_refused_first(command: str, tmp_path: Path) -> None:
    """Before minutes are made, a PIN asked for or a key used; the paper stays as it was."""
    output = tmp_path / "paper.pdf"
    output.write_bytes(b"signed by three")
    answer = asked(command, tmp_path, output)
    assert (answer.status, answer.error["code"]) == (1, "cli.file")
    assert "never written over" in answer.error["message"]
    assert output.read_bytes() == b"signed by three"


@pytest.mark.parametrize("command", ["script", "minutes", "seal"])
def test_a_folder_that_is_not_there_is_told_first(command: str, tmp_path: Path) -> None:
    """Before anything is made, and nothing is left behind."""
    answer = asked(command, tmp_path, tmp_path / "none" / "paper.pdf")
    assert (answer.status, answer.error["code"]) == (1, "cli.file")
    assert "folder" in answer.error["message"]
