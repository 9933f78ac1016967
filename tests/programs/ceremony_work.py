"""A ceremony in earnest in a process of its own, dead by SIGKILL at a named point, or taken to its end.

The people agree to everything, confirm with key files and keep their shares as papers in the hall's folder. The
processes are forked from a server that has imported everything and never touched a token, so a test may start many.
"""

import os
import signal
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, replace
from functools import partial
from multiprocessing import get_context
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerContext
from pathlib import Path
from typing import ParamSpec, TypeVar

import badkeys  # noqa: F401  # the server imports it once; the program itself does when it first checks a key
from pkcs11 import Attribute, ObjectClass

from ca.ceremony.errors import CeremonyRefused
from ca.ceremony.room import Room
from ca.ceremony.run import Run
from ca.ceremony.script import TokenPlan
from ca.ceremony.shares import combine, user_pin
from ca.ceremony.transcript import Transcript
from ca.retiring import KnownRetirements
from ca.statement import PrivateKey
from cli.ceremony.hall import filled_room
from cli.ceremony.people import SilentPeople, WrittenPapers
from cli.ceremony.tokens import CeremonyTokens, OpenToken
from cli.wiring import elapsed_seconds, open_authorities, token_config
from hsm.errors import PinRefused
from hsm.generation import KeyAlgorithm
from hsm.provision import slots
from hsm.token import Token
from policies.lint import lint_certificate
from store.authorities import authorities
from store.certificates import CertificateFilter, find
from store.database import Database
from store.retired import RetirementRecord
from tests.fixtures.ceremonies import Hall

__all__ = ["Found", "finished", "key_replaced", "killed_at", "look", "points_passed", "refused"]

P = ParamSpec("P")
Answer = TypeVar("Answer")

TOO_SHORT = "1"
"""A user PIN that SoftHSM refuses once the token has its label and its SO PIN."""

lint_certificate(b"")  # for the same reason: it imports the linter when it is first called


@dataclass(frozen=True)
class Found:
    """What there is of authorities in a hall, by the stores and by the tokens themselves.

    `records` are the entered authorities, `usable` those that a signer with every token open would sign for,
    `certificates` counts by profile and state, `objects` gives each token's private keys, None for one not made.
    """

    records: tuple[str, ...]
    usable: tuple[str, ...]
    certificates: dict[tuple[str, str], int]
    objects: dict[str, tuple[str, ...] | None]


def killed_at(hall: Hall, point: str) -> None:
    """Hold or resume the ceremony until it is killed at `point`."""
    process = _processes().Process(target=_die, args=(hall.folder, point))
    process.start()
    process.join()
    assert process.exitcode == -signal.SIGKILL, f"the ceremony never reached {point}"


def points_passed(hall: Hall, images: Path) -> list[str]:
    """Hold the whole ceremony, copying the hall into `images` after each step ("S03"); every point it passed."""
    return _answer(_pass, hall.folder, images)


def finished(hall: Hall) -> tuple[Found, Found]:
    """Resume the ceremony to its end: what was there before and after."""
    return _answer(_finish, hall.folder)


def look(hall: Hall) -> Found:
    """What there is in the hall."""
    return _answer(_look, hall.folder)


def refused(hall: Hall) -> tuple[str, str]:
    """Resume a ceremony that refuses to go on: the code and the sentence of the refusal."""
    return _answer(_be_refused, hall.folder)


def key_replaced(hall: Hall, token: str, label: str) -> None:
    """Do what a quorum could do between two sittings: destroy a key and make another one of its label."""
    _answer(_replace_key, hall.folder, token, label)


class Points:
    """Counts the named points; the process dies at the one called `last`. The second "a" is "a#2"."""

    def __init__(self, last: str | None, images: Path | None = None) -> None:
        self.last = last
        self.images = images
        self.passed: list[str] = []
        self._seen: Counter[str] = Counter()
        self._step = ""

    def named(self, point: str) -> str:
        """The full name of a point that is passed next: those of the ledger do not know their step."""
        _, dot, _ = point.partition(".")
        whole = point if dot else f"{self._step}.{point}"
        again = self._seen[whole] + 1
        return whole if again == 1 else f"{whole}#{again}"

    def __call__(self, point: str) -> None:
        name = self.named(point)
        self._step = name.partition(".")[0]
        self._seen[name.partition("#")[0]] += 1
        if name == self.last:
            os.kill(os.getpid(), signal.SIGKILL)
        self.passed.append(name)
        if self.images is not None and name.endswith(".done"):
            Hall(self.images.parent / "hall").copied(self.images / self._step)


@dataclass(frozen=True, slots=True)
class FragileToken(OpenToken):
    """An open token whose keys are half there when the process dies at "half-generated" or "half-destroyed"."""

    points: Points

    def generate(self, label: str, algorithm: str) -> PrivateKey:
        """See `OpenToken.generate`."""
        key = super(FragileToken, self).generate(label, algorithm)
        if self.points.named("half-generated") == self.points.last:
            self._destroy_private_half(label)
        self.points("half-generated")
        return key

    def destroy(self, label: str) -> None:
        """See `OpenToken.destroy`."""
        if self.points.named("half-destroyed") == self.points.last:
            self._destroy_private_half(label)
        self.points("half-destroyed")
        super(FragileToken, self).destroy(label)

    def _destroy_private_half(self, label: str) -> None:
        with self.token._pool.writing() as work:
            for half in work.objects({Attribute.LABEL: label, Attribute.CLASS: ObjectClass.PRIVATE_KEY}):
                half.destroy()


class FragileTokens(CeremonyTokens):
    """Tokens that are left half made at the points inside the maker's own functions."""

    def __init__(self, tokens: CeremonyTokens, points: Points) -> None:
        super().__init__(tokens._configs, tokens._memory)
        self._points = points

    def initialise(self, name: str, so_pin: str, user_pin: str) -> str:
        """See `CeremonyTokens.initialise`; passes a token with label and SO PIN and without a user PIN."""
        with suppress(PinRefused):
            super().initialise(name, so_pin, TOO_SHORT)
        self._points("half-initialised")
        return super().initialise(name, so_pin, user_pin)

    @contextmanager
    def open(self, name: str, pin: str) -> Iterator[OpenToken]:
        """See `CeremonyTokens.open`."""
        with super().open(name, pin) as token:
            yield FragileToken(token.token, token.serial, self._points)


class FragileRetirements(KnownRetirements):
    """What is known of ended keys; passes a point between the folder and the database."""

    def __init__(self, known: KnownRetirements, points: Points) -> None:
        super().__init__(known._folder, known._administrators, known._deployment)
        self._points = points

    def keep(self, record: RetirementRecord) -> None:
        """See `KnownRetirements.keep`."""
        super().keep(record)
        self._points("written")


def _processes() -> ForkServerContext:
    context = get_context("forkserver")
    context.set_forkserver_preload(["tests.programs.ceremony_work"])
    return context


def _answer(work: Callable[P, Answer], *arguments: P.args, **named: P.kwargs) -> Answer:
    ours, theirs = _processes().Pipe(duplex=False)
    process = _processes().Process(target=_tell, args=(theirs, partial(work, *arguments, **named)))
    process.start()
    theirs.close()
    try:
        told: Answer = ours.recv()
    finally:
        process.join()
    return told


def _tell(gate: Connection, work: Callable[[], object]) -> None:
    gate.send(work())


def _die(folder: Path, point: str) -> None:
    _hold(Hall(folder), Points(point))


def _pass(folder: Path, images: Path) -> list[str]:
    points = Points(None, images)
    _hold(Hall(folder), points)
    return points.passed


def _finish(folder: Path) -> tuple[Found, Found]:
    before = _look(folder)
    _hold(Hall(folder), Points(None))
    return before, _look(folder)


def _be_refused(folder: Path) -> tuple[str, str]:
    try:
        _hold(Hall(folder), Points(None))
    except CeremonyRefused as error:
        return error.code, str(error)
    raise AssertionError("the ceremony went on")


def _replace_key(folder: Path, token: str, label: str) -> None:
    with _opened(Hall(folder))[token] as opened:
        opened.destroy(label)
        opened.generate(label, KeyAlgorithm.RSA_2048)


def _hold(hall: Hall, points: Points) -> None:
    script = hall.script
    people = SilentPeople(script, hall.credentials(), WrittenPapers(hall.papers), lambda line: None)
    known = hall.transcript.is_file()
    with ExitStack() as stack:
        room = stack.enter_context(
            filled_room(hall.config, script, people, hall.script_file.parent, hall.folder / "memory")
        )
        lines = Transcript.reopen(hall.transcript) if known else Transcript.create(hall.transcript, rehearsal=False)
        stack.enter_context(lines)
        Run(_fragile(room, points), lines, elapsed_seconds, points).hold()


def _fragile(room: Room, points: Points) -> Room:
    assert isinstance(room.tokens, CeremonyTokens)
    ledger = replace(room.ledger, checkpoint=points)
    ended = FragileRetirements(room.ended, points)
    return replace(room, ledger=ledger, tokens=FragileTokens(room.tokens, points), ended=ended)


def _look(folder: Path) -> Found:
    hall = Hall(folder)
    database = Database(hall.config.database_url(), "owner")
    with ExitStack() as stack:
        stack.callback(database.close)
        tokens = {name: stack.enter_context(token) for name, token in _opened(hall).items()}
        with database.snapshot() as tx:
            records = tuple(each.name for each in authorities(tx))
            kept: Counter[tuple[str, str]] = Counter(
                (each.profile, each.state) for each in find(tx, CertificateFilter(), limit=1000)
            )
        usable = tuple(each.name for each in open_authorities(hall.config, database, tokens))
        objects = {
            plan.name: tuple(each.label for each in tokens[plan.name].objects() if each.kind == "private key")
            if plan.name in tokens
            else None
            for plan in hall.script.tokens
        }
    return Found(records, usable, dict(kept), objects)


def _opened(hall: Hall) -> dict[str, Token]:
    """Every token of the script that has a user PIN, opened by its papers."""
    opened = {}
    for plan in hall.script.tokens:
        config = token_config(hall.config, plan.name)
        found = [each for each in slots(config.module, config.environment) if each.label == plan.label]
        if any(each.user_pin_set for each in found):
            opened[plan.name] = Token.open(config, user_pin(_secret(hall, plan)))
    return opened


def _secret(hall: Hall, plan: TokenPlan) -> bytes:
    papers = [hall.papers / f"{each.code}-{plan.name}.txt" for each in hall.script.people]
    shares = [each.read_text("ascii").strip() for each in papers if each.is_file()]
    return combine(shares[: hall.script.quorum])
