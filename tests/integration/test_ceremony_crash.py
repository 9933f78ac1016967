"""A ceremony killed by SIGKILL at every named point of every step (requirement KEY-4; design section 3).

Afterwards its transcript verifies, nothing half made is usable, and resuming it in a new process ends with exactly
what the script says, the interrupted step written down as a deviation with its reason.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
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
    "key.destroy": ("half-destroyed", "destroyed"),
    "authority.certify": ISSUE,
    "authority.record": ("signed", "entering", "entered", "published"),
    "responder.certify": ISSUE,
    "link.certify": (*ISSUE, "published"),
    "list.sign": ("published",),
    "retirement.sign": ("signed", "written", "entered", "published"),
    "token.close": ("closed",),
}
"""The points inside each act, where something outside the transcript has changed; the other acts change nothing."""


@dataclass(frozen=True)
class Case:
    """A shipped example with what it has `made` in the end.

    `turn` is the last point before its authorities change: which have a record until then, and which may sign.
    """

    example: str
    turn: str
    records_before: tuple[str, ...]
    usable_before: tuple[str, ...]
    made: Found

    @property
    def steps(self) -> tuple[Step, ...]:
        """Its steps."""
        return steps(load_script((EXAMPLES / f"{self.example}.toml").read_bytes()))

    @property
    def points(self) -> list[str]:
        """Every point of it, in the order in which it is passed."""
        begun, confirmed, *rest = POINTS
        return [
            OPENED,
            *(
                f"{step.code}.{each}"
                for step in self.steps
                for each in (begun, confirmed, *WITHIN.get(step.action, ()), *rest)
            ),
        ]

    def authorities_after(self, point: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """The authorities that have a record after a kill at a point, and those that may sign."""
        turned = self.points.index(point) > self.points.index(self.turn)
        return (self.made.records, self.made.usable) if turned else (self.records_before, self.usable_before)

    def certified(self, step: Step) -> str:
        """The profile of the certificate that a step makes."""
        if step.action == "authority.certify":
            return step.facts["profile"]
        return {"link.certify": "lgpki-org-link"}.get(step.action, RESPONDERS[self.example])


RESPONDERS = {
    "one-tier-ca": "ocsp-responder",
    "destruction": "ocsp-responder-last",
    "renewal": "ocsp-responder",
}
AUTHORITY = "jpki-sign-g1"
OLD, NEW = "lgpki-org-g1", "lgpki-org-g2"
FIRST = Case(
    example="one-tier-ca",
    turn="S08.entering",
    records_before=(),
    usable_before=(),
    made=Found(
        records=(AUTHORITY,),
        usable=(AUTHORITY,),
        certificates={("jpki-sign-ca", "issued"): 1, ("ocsp-responder", "issued"): 1},
        objects={"issuing": (AUTHORITY,), "responder": (f"ocsp-{AUTHORITY}",)},
    ),
)
"""No authority has a record, and so none signs, before the record is entered whole, with its key certified."""

LAST = Case(
    example="destruction",
    turn="S07.signed",
    records_before=(OLD,),
    usable_before=(OLD,),
    made=Found(
        records=(OLD,),
        usable=(),
        certificates={
            ("lgpki-org-ca", "issued"): 1,
            ("ocsp-responder", "issued"): 1,
            ("ocsp-responder-last", "issued"): 1,
        },
        objects={"organisation": ()},
    ),
)
"""The authority signs no more from the moment its end is written down, though its key is destroyed later."""

NEXT = Case(
    example="renewal",
    turn="S08.entering",
    records_before=(OLD,),
    usable_before=(OLD,),
    made=Found(
        records=(OLD, NEW),
        usable=(OLD, NEW),
        certificates={
            ("lgpki-org-ca", "issued"): 2,
            ("lgpki-org-link", "issued"): 2,
            ("ocsp-responder", "issued"): 1,
        },
        objects={"organisation": (OLD, NEW), "responder": (f"ocsp-{NEW}",)},
    ),
)

STEPS = FIRST.steps
TAKEN = [
    *((FIRST, step) for step in STEPS),
    *(
        (LAST, step)
        for step in LAST.steps
        if step.action in ("token.open", "authority.record", "list.sign", "retirement.sign", "key.destroy")
    ),
    *((NEXT, step) for step in NEXT.steps if step.action == "link.certify" and step.facts["signer"] == OLD),
]
"""Every step of the first ceremony, and of two others the steps that it does not have or that go another way there."""

INSIDE = [(case, step, name) for case, step in TAKEN for name in WITHIN.get(step.action, ())]


def placed(case: Case, step: Step, *rest: str) -> object:
    """The parameters of a test with its name; what needs images of another ceremony than the first shares a worker."""
    name = "-".join((case.example, step.code, *(rest or (step.action,))))
    marks = [] if case is FIRST else [pytest.mark.xdist_group(f"ceremony-{case.example}")]
    return pytest.param(case, step, *rest, id=name, marks=marks)


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


def killed(hall: Hall, point: str) -> None:
    """Kill the ceremony there; it has not ended, and what it has written verifies."""
    killed_at(hall, point)
    entries = hall.entries(open=True)
    assert entries[-1].event != CLOSED
    check_confirmations(hall.script, entries, open=True)


@pytest.mark.parametrize(("case", "step"), [placed(each, each.steps[0]) for each in (FIRST, LAST, NEXT)])
def test_the_enumeration_is_complete(case: Case, step: Step, images: Images) -> None:
    """A ceremony passes exactly the named points, in their order, from its first step."""
    passed = images(case)[1]
    assert passed == case.points
    assert passed[1].startswith(step.code)


def test_killed_before_the_first_step(images: Images, tmp_path: Path) -> None:
    """An opened ceremony of which no step was begun is resumed without a deviation."""
    hall = before(FIRST, STEPS[0], images, tmp_path / "hall")
    killed(hall, OPENED)
    found, made = finished(hall)
    assert (found.records, found.objects) == ((), {"issuing": None, "responder": None})
    check_complete(FIRST, hall, made, deviations=[])


@pytest.mark.parametrize(("case", "step"), [placed(*each) for each in TAKEN])
def test_killed_around_an_act(case: Case, step: Step, images: Images, tmp_path: Path) -> None:
    """A step killed before its confirmations, after them, after its act and when it is done is taken three times more.

    What the last kill interrupts is written down already, so that is no deviation.
    """
    hall = before(case, step, images, tmp_path / "hall")
    for name in POINTS:
        killed(hall, f"{step.code}.{name}")
        found = look(hall)
        assert (found.records, found.usable) == case.authorities_after(f"{step.code}.{name}")
    _, made = finished(hall)
    check_complete(case, hall, made, deviations=[step.code] * 3)


@pytest.mark.parametrize(("case", "step", "name"), [placed(*each) for each in INSIDE])
def test_killed_inside_an_act(case: Case, step: Step, name: str, images: Images, tmp_path: Path) -> None:
    """Whatever the act left half made is settled when the step is taken again: found, taken up or given up."""
    hall = before(case, step, images, tmp_path / "hall")
    killed(hall, f"{step.code}.{name}")
    found, made = finished(hall)
    assert (found.records, found.usable) == case.authorities_after(f"{step.code}.{name}")
    given_up = name in LEFT_BEHIND and step.action.endswith(".certify")
    check_complete(case, hall, made, deviations=[step.code], given_up=case.certified(step) if given_up else None)


def test_a_key_that_changed_between_two_sittings_stops_the_ceremony(images: Images, tmp_path: Path) -> None:
    """What was read aloud when the key was made is what is certified."""
    made = next(each for each in STEPS if each.facts.get("label") == AUTHORITY)
    hall = Hall(images(FIRST)[0] / made.code).copied(tmp_path / "hall")
    key_replaced(hall, made.facts["token"], AUTHORITY)
    code, sentence = refused(hall)
    assert code == "ca.ceremony-changed"
    assert f"The key {AUTHORITY} is not what was reviewed" in sentence
    assert hall.entries(open=True)[-1].event == "step.stopped"
    assert look(hall).records == ()


def test_a_transcript_cut_short_destroys_no_certified_key(images: Images, tmp_path: Path) -> None:
    """A transcript that ends before the key was made, though the key is certified, does not have it made again."""
    made = next(each for each in STEPS if each.facts.get("label") == AUTHORITY)
    recorded = next(each for each in STEPS if each.action == "authority.record")
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


def check_complete(case: Case, hall: Hall, made: Found, *, deviations: list[str], given_up: str | None = None) -> None:
    """What the script says is there, once, and the transcript tells what happened.

    `given_up` is the profile of the one serial number that was reserved and never recorded.
    """
    abandoned = {} if given_up is None else {(given_up, "abandoned"): 1}
    assert made == replace(case.made, certificates={**case.made.certificates, **abandoned})
    check_published(hall, made.records)
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
