"""A ceremony killed by SIGKILL at every named point of every step (requirement KEY-4; design section 3).

Afterwards its transcript verifies, nothing half made is usable, and resuming it in a new process ends with exactly
what the script says, the interrupted step written down as a deviation with its reason.
"""

from dataclasses import replace
from pathlib import Path

import pytest

from ca.ceremony.confirmations import check_confirmations
from ca.ceremony.run import POINTS
from ca.ceremony.script import load_script
from ca.ceremony.steps import Step, steps
from ca.ceremony.transcript import CLOSED, OPENED
from store.authorities import authority
from store.database import Database
from store.publication import Publication
from tests.fixtures.ceremonies import EXAMPLES, Hall, make_hall
from tests.programs.ceremony_work import Found, finished, key_replaced, killed_at, look, points_passed, refused

ISSUE = ("reserving", "reserved", "signed", "recording", "recorded")
"""The points of every certificate: before and after each of its two transactions, and its signature between them."""

LEFT_BEHIND = ("reserved", "signed", "recording")
"""Where a kill leaves a reserved serial number behind, for which a signature may exist."""

CERTIFIES = {"authority.certify": "jpki-sign-ca", "responder.certify": "ocsp-responder"}
"""The profile of the certificate that a step makes."""

WITHIN = {
    "token.initialise": (
        "share.handed",
        "share.handed#2",
        "share.handed#3",
        "shares.kept",
        "half-initialised",
        "token.initialised",
        "opened",
    ),
    "key.generate": ("half-generated", "generated"),
    "authority.certify": ISSUE,
    "authority.record": ("signed", "entering", "entered", "published"),
    "responder.certify": ISSUE,
    "token.close": ("closed",),
}
"""The points inside each act, where something outside the transcript has changed; the other acts change nothing."""

AUTHORITY = "jpki-sign-g1"
MADE = Found(
    records=(AUTHORITY,),
    usable=(AUTHORITY,),
    certificates={("jpki-sign-ca", "issued"): 1, ("ocsp-responder", "issued"): 1},
    objects={"issuing": (AUTHORITY,), "responder": (f"ocsp-{AUTHORITY}",)},
)


def points_of(step: Step) -> list[str]:
    """Every point of a step, in the order in which it is passed."""
    begun, confirmed, *rest = POINTS
    return [f"{step.code}.{each}" for each in (begun, confirmed, *WITHIN.get(step.action, ()), *rest)]


STEPS = steps(load_script((EXAMPLES / "one-tier-ca.toml").read_bytes()))
ALL = [OPENED, *(point for step in STEPS for point in points_of(step))]
INSIDE = [(step, name) for step in STEPS for name in WITHIN.get(step.action, ())]
ENTERING = next(f"{step.code}.entering" for step in STEPS if step.action == "authority.record")


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[str]]:
    """One ceremony without an interruption: images of its hall before the first and after each step, and its points."""
    folder = tmp_path_factory.mktemp("ceremony")
    hall = make_hall("one-tier-ca", folder / "hall")
    images = folder / "images"
    images.mkdir()
    hall.copied(images / "S00")
    return images, points_passed(hall, images)


def before(step: Step, whole: tuple[Path, list[str]], folder: Path) -> Hall:
    """The hall as it was before the step."""
    return Hall(whole[0] / f"S{step.number - 1:02d}").copied(folder)


def usable_after(point: str) -> tuple[str, ...]:
    """The authorities that may sign after a kill at a point: none before its record is entered, whole, with its key."""
    return (AUTHORITY,) if ALL.index(point) > ALL.index(ENTERING) else ()


def killed(hall: Hall, point: str) -> None:
    """Kill the ceremony there; it has not ended, and what it has written verifies."""
    killed_at(hall, point)
    entries = hall.entries(open=True)
    assert entries[-1].event != CLOSED
    check_confirmations(hall.script, entries, open=True)


def test_the_enumeration_is_complete(whole: tuple[Path, list[str]]) -> None:
    """A ceremony passes exactly the named points, in their order."""
    assert whole[1] == ALL


def test_killed_before_the_first_step(whole: tuple[Path, list[str]], tmp_path: Path) -> None:
    """An opened ceremony of which no step was begun is resumed without a deviation."""
    hall = before(STEPS[0], whole, tmp_path / "hall")
    killed(hall, OPENED)
    found, made = finished(hall)
    assert (found.records, found.objects) == ((), {"issuing": None, "responder": None})
    check_complete(hall, made, deviations=[])


@pytest.mark.parametrize("step", STEPS, ids=[f"{each.code}-{each.action}" for each in STEPS])
def test_killed_around_an_act(step: Step, whole: tuple[Path, list[str]], tmp_path: Path) -> None:
    """A step killed before its confirmations, after them, after its act and when it is done is taken three times more.

    What the last kill interrupts is written down already, so that is no deviation.
    """
    hall = before(step, whole, tmp_path / "hall")
    for name in POINTS:
        killed(hall, f"{step.code}.{name}")
        found = look(hall)
        assert found.usable == found.records == usable_after(f"{step.code}.{name}")
    _, made = finished(hall)
    check_complete(hall, made, deviations=[step.code] * 3)


@pytest.mark.parametrize(("step", "name"), INSIDE, ids=[f"{step.code}-{name}" for step, name in INSIDE])
def test_killed_inside_an_act(step: Step, name: str, whole: tuple[Path, list[str]], tmp_path: Path) -> None:
    """Whatever the act left half made is settled when the step is taken again: found, taken up or given up."""
    hall = before(step, whole, tmp_path / "hall")
    killed(hall, f"{step.code}.{name}")
    found, made = finished(hall)
    assert found.usable == found.records == usable_after(f"{step.code}.{name}")
    given_up = CERTIFIES.get(step.action) if name in LEFT_BEHIND else None
    check_complete(hall, made, deviations=[step.code], given_up=given_up)


def test_a_key_that_changed_between_two_sittings_stops_the_ceremony(
    whole: tuple[Path, list[str]], tmp_path: Path
) -> None:
    """What was read aloud when the key was made is what is certified."""
    made = next(each for each in STEPS if each.facts.get("label") == AUTHORITY)
    hall = Hall(whole[0] / made.code).copied(tmp_path / "hall")
    key_replaced(hall, made.facts["token"], AUTHORITY)
    code, sentence = refused(hall)
    assert code == "ca.ceremony-changed"
    assert f"The key {AUTHORITY} is not what was reviewed" in sentence
    assert hall.entries(open=True)[-1].event == "step.stopped"
    assert look(hall).records == ()


def test_a_transcript_cut_short_destroys_no_certified_key(whole: tuple[Path, list[str]], tmp_path: Path) -> None:
    """A transcript that ends before the key was made, though the key is certified, does not have it made again."""
    made = next(each for each in STEPS if each.facts.get("label") == AUTHORITY)
    recorded = next(each for each in STEPS if each.action == "authority.record")
    hall = Hall(whole[0] / recorded.code).copied(tmp_path / "hall")
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


def check_complete(hall: Hall, made: Found, *, deviations: list[str], given_up: str | None = None) -> None:
    """What the script says is there, once, and the transcript tells what happened.

    `given_up` is the profile of the one serial number that was reserved and never recorded.
    """
    abandoned = {} if given_up is None else {(given_up, "abandoned"): 1}
    assert made == replace(MADE, certificates={**MADE.certificates, **abandoned})
    check_published(hall)
    entries = hall.entries()
    check_confirmations(hall.script, entries)
    written = [each for each in entries if each.event == "step.deviation"]
    assert [each.step for each in written] == deviations
    assert all(each.facts["reason"] for each in written)
    assert sum(each.event == "certificate.abandoned" for each in entries) == len(abandoned)


def check_published(hall: Hall) -> None:
    """The world has the certificate that the record names."""
    database = Database(hall.config.database_url(), "owner")
    with database.snapshot() as tx:
        record = authority(tx, AUTHORITY)
    database.close()
    assert Publication(hall.config.publication_root()).get(f"ca/{AUTHORITY}.cer") == record.certificate
