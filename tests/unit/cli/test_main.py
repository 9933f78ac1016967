"""How an error becomes lines on the screen, and one document with --json."""

from pathlib import Path

import pytest

from cli.errors import Disagreement
from cli.main import explain
from tests.fixtures.home import CHECKOUT, in_process

SCRIPT = CHECKOUT / "docs" / "ceremonies" / "one-tier-ca.toml"


@pytest.fixture
def refused(tmp_path: Path) -> Path:
    """A ceremony's script whose people are refused, in more than 80 columns."""
    file = tmp_path / "script.toml"
    file.write_text(SCRIPT.read_text("utf-8").replace("quorum = 2", "quorum = 9"), "utf-8")
    return file


def test_an_error_fits_a_screen_of_80_columns(refused: Path) -> None:
    """Sentence, advice and code, in whole words; what goes on is set in."""
    lines = in_process("ceremony", "check", refused).err.splitlines()
    assert max(map(len, lines)) <= 80
    assert lines[0].startswith("Error: The people of this ceremony are refused")
    assert all(line.startswith("  ") for line in lines[1:])
    assert lines[-1].endswith("[ca.ceremony-people]")
    assert "in a script reviewed again" in " ".join(" ".join(lines).split())


def test_an_error_in_japanese_fits_too(capsys: pytest.CaptureFixture[str]) -> None:
    """A full-width character takes two columns."""
    explain(Disagreement("「" + "様式" * 60 + "」", "Compare."), as_json=False)
    assert max(len(line.encode("euc-jp")) for line in capsys.readouterr().err.splitlines()) <= 80


def test_a_path_in_an_error_stays_whole(capsys: pytest.CaptureFixture[str]) -> None:
    """It is there to be copied."""
    path = "/srv/" + "ceremony/" * 12 + "script.toml"
    explain(Disagreement(f"The file {path} is another one than before.", "Compare."), as_json=False)
    assert path in capsys.readouterr().err


def test_an_error_document_is_one_line(refused: Path) -> None:
    """Programs read it: nothing in it is broken."""
    answer = in_process("--json", "ceremony", "check", refused)
    assert len(answer.err.splitlines()) == 1
    assert "\n" not in answer.error["message"]
