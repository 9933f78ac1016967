"""In earnest what is made is compared with what was rehearsed (exit status 6), and the transcript says with which."""

import io
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from ca.ceremony.run import Run
from ca.ceremony.script import load_script
from ca.ceremony.transcript import CLOSED, OPENED, PROGRAM, Transcript, read_transcript
from cli.ceremony.hall import filled_room
from cli.ceremony.people import SilentPeople, WrittenPapers
from cli.ceremony.rehearsal import prepare_rehearsal
from cli.exits import Exit
from cli.wiring import elapsed_seconds, utc_now
from tests.fixtures.ceremonies import EXAMPLES, Hall, give_cards
from tests.fixtures.home import Answer, in_earnest, in_process


@pytest.fixture(scope="module")
def rehearsal(prepared: Hall, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The transcript of a rehearsal of that hall's script."""
    folder = tmp_path_factory.mktemp("rehearsal")
    made = prepare_rehearsal(load_script(prepared.script_file.read_bytes()), folder, EXAMPLES)
    people = SilentPeople(made.script, made.credentials, WrittenPapers(folder), str)
    with (
        filled_room(made.config, made.script, people, made.beside, folder) as room,
        Transcript.create(folder / "rehearsal.jsonl", rehearsal=True) as lines,
    ):
        Run(room, lines, elapsed_seconds).hold()
    return folder / "rehearsal.jsonl"


@pytest.fixture
def run(hall: Hall, monkeypatch: pytest.MonkeyPatch) -> Callable[[Path], Answer]:
    """``ninsho ceremony run --rehearsal`` in the hall; nobody types anything."""

    def command(rehearsal: Path) -> Answer:
        monkeypatch.setattr(sys, "stdin", io.StringIO())
        return in_process(
            "--config", hall.config.path, "--json", "ceremony", "run", "--rehearsal", rehearsal, *hall.options()
        )

    return command


def changed(rehearsal: Path, folder: Path, fact: str, value: object, *, earnest: bool = False) -> Path:
    """The transcript of a rehearsal whose opening says something else."""
    opened = read_transcript(rehearsal.read_bytes())[0].facts
    with Transcript.create(folder / "changed.jsonl", rehearsal=not earnest) as lines:
        facts = {**opened, fact: value}
        lines.append(OPENED, facts, step=None, actor=PROGRAM, at=utc_now(), elapsed=0.0)  # type: ignore[arg-type]  # any JSON value
        lines.append(CLOSED, {"steps": 0}, step=None, actor=PROGRAM, at=utc_now(), elapsed=1.0)
    return folder / "changed.jsonl"


def test_the_rehearsal_stands_in_the_transcript(hall: Hall, run: Callable[[Path], Answer], rehearsal: Path) -> None:
    """Its root, so that anybody who has the rehearsal's transcript can compare every line of both."""
    assert run(rehearsal).error["code"] == "ca.ceremony-input-ended"
    opened = hall.entries(open=True)[0].facts
    assert opened["rehearsal"] == read_transcript(rehearsal.read_bytes())[-1].hash.hex()


@pytest.mark.parametrize(
    ("fact", "value", "names"),
    [
        ("script", "00" * 32, "The script"),
        ("software", "00" * 32, "The program"),
        ("certificates", {"jpki-sign-g1": "00" * 32}, "A certificate"),
        ("profiles", {}, "A profile"),
    ],
)
def test_something_else_was_rehearsed(
    hall: Hall, run: Callable[[Path], Answer], rehearsal: Path, tmp_path: Path, fact: str, value: object, names: str
) -> None:
    """Nothing begins where a digest differs from the rehearsal's."""
    answer = run(changed(rehearsal, tmp_path, fact, value))
    assert (answer.status, answer.error["code"]) == (Exit.SECOND_PERSON, "ca.ceremony-changed")
    assert answer.error["message"].startswith(names)
    assert hall.transcript.read_bytes() == b""


def test_an_earlier_ceremony_is_no_rehearsal(run: Callable[[Path], Answer], rehearsal: Path, tmp_path: Path) -> None:
    """Its lines are not marked as a rehearsal's."""
    answer = run(changed(rehearsal, tmp_path, "id", "again", earnest=True))
    assert answer.error["code"] == "ca.ceremony-changed"
    assert "in earnest" in answer.error["message"]


def test_a_rehearsal_that_was_broken_off_is_none(
    run: Callable[[Path], Answer], rehearsal: Path, tmp_path: Path
) -> None:
    """A ceremony that was never rehearsed to its end."""
    half = tmp_path / "half.jsonl"
    half.write_bytes(b"".join(rehearsal.read_bytes().splitlines(keepends=True)[:-1]))
    answer = run(half)
    assert (answer.status, answer.error["code"]) == (Exit.FINDINGS, "ca.ceremony-transcript-truncated")


def test_in_earnest_it_is_rehearsed_first(hall: Hall) -> None:
    """Only a demo home may leave the rehearsal out; nothing is opened and nothing written without one."""
    cards = [f"--credential={each}" for each in give_cards(hall)]
    file = hall.config.path
    file.write_text(in_earnest(file.read_text("utf-8")), "utf-8")
    options = ("--transcript", hall.transcript, *cards)
    answer = in_process("--config", file, "--json", "ceremony", "run", hall.script_file, *options)
    assert (answer.status, answer.error["code"]) == (Exit.REFUSED, "ca.ceremony-not-rehearsed")
    assert not hall.transcript.exists()
