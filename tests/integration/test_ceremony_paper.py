"""The printed script alone is enough to hold a ceremony: what is typed is read from the paper."""

import re
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from ca.ceremony.transcript import Entry, read_transcript
from cli.output import display_width

ROOT = Path(__file__).parents[2]
SCRIPT = ROOT / "docs" / "ceremonies" / "one-tier-ca.toml"
PHRASE = re.compile(r"(?:types|入力)\s+(\S+ S\d\d)")


@dataclass(frozen=True)
class Held:
    """A rehearsal that was held: what the paper said to type, what the screen showed, what the transcript says."""

    phrases: Sequence[str]
    shown: Sequence[str]
    entries: Sequence[Entry]


def _ninsho(*arguments: object, typed: str = "") -> str:
    command = [sys.executable, "-m", "cli.main", *map(str, arguments)]
    done = subprocess.run(command, cwd=ROOT, input=typed, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module", params=["ja", "en"])
def held(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Held:
    """A rehearsal driven by what `pdftotext` reads from the script printed in one language, and nothing else."""
    folder = tmp_path_factory.mktemp("paper")
    paper, transcript = folder / "script.pdf", folder / "rehearsal.jsonl"
    _ninsho("ceremony", "script", SCRIPT, "--lang", request.param, "-o", paper)
    text = subprocess.run(["pdftotext", "-layout", paper, "-"], capture_output=True, text=True, check=True).stdout
    phrases = PHRASE.findall(text)
    shown = _ninsho("ceremony", "rehearse", SCRIPT, "--transcript", transcript, typed="\n".join(phrases) + "\n")
    return Held(phrases, shown.splitlines(), read_transcript(transcript.read_bytes()))


def test_the_paper_says_all_that_is_typed(held: Held) -> None:
    """KEY-4: every confirmation of the ceremony stands in the script that people hold, in its order."""
    confirmed = [f"{each.actor} {each.step}" for each in held.entries if each.event == "step.confirmed"]
    assert confirmed == held.phrases


def test_every_line_of_a_rehearsal_says_so(held: Held) -> None:
    """KEY-4: neither the screen nor the transcript of a rehearsal passes for that of a ceremony."""
    assert all(line.startswith("REHEARSAL") for line in held.shown)
    assert all(entry.rehearsal for entry in held.entries)


def test_no_line_is_wider_than_80_columns(held: Held) -> None:
    """A ceremony room's terminal has 80 columns, and a wide character takes two (Unicode TR 11)."""
    assert [line for line in held.shown if display_width(line) > 80 and "transcript root" not in line] == []
