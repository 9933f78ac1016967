"""A ceremony killed by SIGKILL at every named point of every step (requirement KEY-4; design section 3).

Afterwards its transcript verifies, nothing half made is usable, and resuming it in a new process ends with exactly
what the script says, the interrupted step written down as a deviation with its reason.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from functools import cache
from pathlib import Path

import pytest

from ca.ceremony.confirmations import check_confirmations
from ca.ceremony.run import POINTS
from ca.ceremony.steps import Step
from ca.ceremony.transcript import CLOSED, OPENED, PROGRAM, Transcript
from ca.roster import parse_roster
from cli.wiring import utc_now
from store.authorities import authority
from store.database import Database
from store.publication import Publication
from tests.fixtures.ceremonies import Hall, make_hall
from tests.fixtures.ceremony_cases import (
    AUTHORITY,
    CASES,
    COPY,
    FIRST,
    FORGED,
    INSIDE,
    LEFT_BEHIND,
    OFFICERS,
    TAKEN,
    Case,
)
from tests.programs.ceremony_work import Found, finished, key_replaced, killed_at, look, points_passed, refused


def placed(case: Case, step: Step, *rest: str) -> object:
    """The parameters of a test with its name."""
    name = "-".join((case.example, step.code, *(rest or (step.action,))))
    return pytest.param(case, step, *rest, id=name)


@pytest.fixture(scope="module")
def images(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Case], tuple[Path, list[str]]]:
    """One ceremony of a case without an interruption: images of its hall around each step, and the points it passed."""

    @cache
    def held(case: str) -> tuple[Path, list[str]]:
        folder = tmp_path_factory.mktemp("ceremony")
        hall = make_hall(case, folder / "hall")
        (folder / "images").mkdir()
        hall.copied(folder / "images" / "S00")
        return folder / "images", points_passed(hall, folder / "images")

    return lambda case: held(case.example)


Images = Callable[[Case], tuple[Path, list[str]]]


def before(case: Case, step: Step, images: Images, folder: Path) -> Hall:
    """The hall as it was before the step."""
    return Hall(images(case)[0] / f"S{step.number - 1:02d}").copied(folder)


def unsigned(case: Case, step: Step) -> list[str]:
    """The step before, whose end nobody has signed when this one begins: a new sitting takes it again."""
    return [case.steps[step.number - 2].code] if step.number > 1 else []


def killed(hall: Hall, point: str) -> None:
    """Kill the ceremony there; it has not ended, and what it has written verifies."""
    killed_at(hall, point)
    entries = hall.entries(open=True)
    assert entries[-1].event != CLOSED
    check_confirmations(hall.script, entries, open=True)


@pytest.mark.parametrize(("case", "step"), [placed(each, each.steps[0]) for each in CASES])
def test_the_enumeration_is_complete(case: Case, step: Step, images: Images) -> None:
    """A ceremony passes exactly the named points, in their order, from its first step."""
    passed = images(case)[1]
    assert passed == case.points
    assert passed[1].startswith(step.code)


def test_killed_before_the_first_step(images: Images, tmp_path: Path) -> None:
    """An opened ceremony of which no step was begun is resumed without a deviation."""
    hall = before(FIRST, FIRST.steps[0], images, tmp_path / "hall")
    killed(hall, OPENED)
    found, made = finished(hall)
    assert (found.records, found.objects) == ({}, {"issuing": None, "responder": None})
    check_complete(FIRST, hall, made, deviations=[])


@pytest.mark.parametrize(("case", "step"), [placed(*each) for each in TAKEN])
def test_killed_around_an_act(case: Case, step: Step, images: Images, tmp_path: Path) -> None:
    """A step killed before its confirmations, after them, after its act and when it is done is taken four times more.

    Also when it is done, and before its confirmations the step before it is: what was written after the last
    confirmation is signed by nobody.
    """
    hall = before(case, step, images, tmp_path / "hall")
    for name in POINTS:
        killed(hall, f"{step.code}.{name}")
        found = look(hall)
        assert (tuple(found.records), found.usable) == case.authorities_after(f"{step.code}.{name}")
    _, made = finished(hall)
    check_complete(case, hall, made, deviations=[*unsigned(case, step) * 2, *[step.code] * 4])


@pytest.mark.parametrize(("case", "step", "name"), [placed(*each) for each in INSIDE])
def test_killed_inside_an_act(case: Case, step: Step, name: str, images: Images, tmp_path: Path) -> None:
    """Whatever the act left half made is settled when the step is taken again: found, taken up or given up."""
    hall = before(case, step, images, tmp_path / "hall")
    killed(hall, f"{step.code}.{name}")
    found, made = finished(hall)
    assert (tuple(found.records), found.usable) == case.authorities_after(f"{step.code}.{name}")
    given_up = name in LEFT_BEHIND and step.action.endswith(".certify")
    lost = case.certified(step) if given_up else None
    check_complete(case, hall, made, deviations=[*unsigned(case, step), step.code], given_up=lost)


@pytest.mark.parametrize(("case", "step"), [placed(*each) for each in FORGED])
def test_an_end_that_was_written_into_an_interrupted_transcript(
    case: Case, step: Step, images: Images, tmp_path: Path
) -> None:
    """Whoever has the disk between two sittings can write that a step was done; it is done all the same."""
    hall = before(case, step, images, tmp_path / "hall")
    killed(hall, f"{step.code}.confirmed")
    with Transcript.reopen(hall.transcript) as lines:
        lines.append("step.done", step.facts, step=step.code, actor=PROGRAM, at=utc_now(), elapsed=0.0)
    _, made = finished(hall)
    check_complete(case, hall, made, deviations=[*unsigned(case, step), step.code])


def test_a_key_that_changed_between_two_sittings_stops_the_ceremony(images: Images, tmp_path: Path) -> None:
    """What was read aloud when the key was made is what is certified."""
    made = next(each for each in FIRST.steps if each.facts.get("label") == AUTHORITY)
    hall = Hall(images(FIRST)[0] / FIRST.steps[made.number].code).copied(tmp_path / "hall")
    key_replaced(hall, made.facts["token"], AUTHORITY)
    code, sentence = refused(hall)
    assert code == "ca.ceremony-changed"
    assert f"The key {AUTHORITY} is not what was reviewed" in sentence
    assert hall.entries(open=True)[-1].event == "step.stopped"
    assert look(hall).records == {}


def test_a_transcript_cut_short_destroys_no_certified_key(images: Images, tmp_path: Path) -> None:
    """A transcript that ends before the key was made, though the key is certified, does not have it made again."""
    made = next(each for each in FIRST.steps if each.facts.get("label") == AUTHORITY)
    recorded = next(each for each in FIRST.steps if each.action == "authority.record")
    hall = Hall(images(FIRST)[0] / recorded.code).copied(tmp_path / "hall")
    lines = hall.transcript.read_bytes().splitlines(keepends=True)
    places = [
        n for n, each in enumerate(hall.entries(open=True)) if (each.step, each.event) == (made.code, "step.begun")
    ]
    hall.transcript.write_bytes(b"".join(lines[: places[0] + 1]))
    before_it = look(hall)
    code, sentence = refused(hall)
    assert code == "ca.ceremony-stopped"
    assert "has a certificate" in sentence
    assert look(hall) == before_it


def stopped_again(case: Case, action: str, images: Images, folder: Path, stranger: Callable[[Hall], object]) -> Hall:
    """The hall whose ceremony refused twice to go on with a step, for something that a stranger left there before."""
    step = next(each for each in case.steps if each.action == action)
    hall = before(case, step, images, folder)
    stranger(hall)
    first, second = refused(hall), refused(hall)
    assert first == second
    return hall


def other_roster_entered(hall: Hall) -> None:
    """Do what the same administrators could do elsewhere: enter another roster of the version that was reviewed."""
    reviewed = parse_roster((hall.script_file.parent / "roster-1.json").read_bytes())
    hall.enter_roster(replace(reviewed, made_at=reviewed.made_at + timedelta(seconds=1)))


def test_a_backup_of_somebody_else_is_never_written_over(images: Images, tmp_path: Path) -> None:
    """Not even by a step that is taken again, which replaces only a file that this ceremony began."""
    kept: list[Path] = []

    def stranger(hall: Hall) -> None:
        kept.append(hall.script_file.parent / "issuing-1.backup")
        kept[0].write_bytes(b"of another year")

    hall = stopped_again(COPY, "token.backup", images, tmp_path / "hall", stranger)
    assert kept[0].read_bytes() == b"of another year"
    kept[0].unlink()
    _, made = finished(hall)
    check_complete(COPY, hall, made, deviations=["S02", "S03", "S03"])


def test_a_roster_of_the_same_version_is_not_the_reviewed_one(images: Images, tmp_path: Path) -> None:
    """A step that is taken again takes no other document of that version for the one it has to have signed."""
    hall = stopped_again(OFFICERS, "roster.sign", images, tmp_path / "hall", other_roster_entered)
    assert hall.entries(open=True)[-1].event == "step.stopped"


def check_complete(case: Case, hall: Hall, made: Found, *, deviations: list[str], given_up: str | None = None) -> None:
    """What the script says is there, once, and the transcript tells what happened.

    `given_up` is the profile of the one serial number that was reserved and never recorded.
    """
    abandoned = {} if given_up is None else {(given_up, "abandoned"): 1}
    assert made == replace(case.made, certificates={**case.made.certificates, **abandoned})
    check_published(hall, tuple(made.records))
    assert not list(hall.memory.iterdir())
    entries = hall.entries()
    check_confirmations(hall.script, entries)
    written = [each for each in entries if each.event == "step.deviation"]
    assert [each.step for each in written] == deviations
    assert all(each.facts["reason"] for each in written)
    assert sum(each.event == "certificate.abandoned" for each in entries) == len(abandoned)


def check_published(hall: Hall, names: tuple[str, ...]) -> None:
    """The world has the certificates that the records name."""
    publication = Publication(hall.config.publication_root())
    database = Database(hall.config.database_url(), "owner")
    with database.snapshot() as tx:
        records = [authority(tx, name) for name in names]
    database.close()
    for record in records:
        assert publication.get(f"ca/{record.name}.cer") == record.certificate
