"""A ceremony in earnest in a process of its own, dead by SIGKILL at a named point, or taken to its end.

The people agree to everything, confirm with key files and keep their shares as papers in the hall's folder. The
processes are forked from a server that has imported everything and never touched a token, so a test may start many.
"""

import signal
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial
from multiprocessing import get_context
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerContext
from pathlib import Path
from typing import ParamSpec, TypeVar

import badkeys  # noqa: F401  # the server imports it once; the program itself does when it first checks a key
from cryptography.x509 import load_der_x509_crl

from ca.ceremony.errors import CeremonyRefused
from ca.ceremony.run import Run
from ca.ceremony.script import TokenPlan
from ca.ceremony.shares import combine, user_pin
from ca.ceremony.transcript import Transcript
from cli.ceremony.hall import filled_room
from cli.ceremony.people import SilentPeople, WrittenPapers
from cli.config import Config
from cli.errors import NotFound
from cli.wiring import believed_roster, elapsed_seconds, open_authorities, token_config
from hsm.generation import KeyAlgorithm
from hsm.provision import slots
from hsm.token import Token
from policies.lint import lint_certificate
from store.authorities import authorities
from store.certificates import CertificateFilter, find
from store.database import Database
from store.errors import StoreError
from tests.fixtures.ceremonies import Hall
from tests.programs.ceremony_points import Points, fragile

__all__ = ["Found", "finished", "key_replaced", "killed_at", "look", "points_passed", "refused"]

P = ParamSpec("P")
Answer = TypeVar("Answer")

lint_certificate(b"")  # for the same reason: it imports the linter when it is first called


@dataclass(frozen=True)
class Found:
    """What there is in a hall, by the stores, by the tokens themselves and by the places where files are.

    `records` are the entered authorities with the version of each record, `usable` those that a signer with every token
    open would sign for, `certificates` counts by profile and state, `objects` gives each token's private keys, None for
    one not made. `published` are the files beside the authorities' certificates, `lists` the published lists with the
    number of their entries, `roster` is the version that programs believe, `files` is what lies beside the script.
    """

    records: dict[str, int]
    usable: tuple[str, ...]
    certificates: dict[tuple[str, str], int]
    objects: dict[str, tuple[str, ...] | None]
    published: tuple[str, ...] = ()
    lists: dict[str, int] = field(default_factory=dict)
    roster: int | None = 1
    files: tuple[str, ...] = ()


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
    except (CeremonyRefused, StoreError, FileExistsError) as error:
        return getattr(error, "code", type(error).__name__), str(error)
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
        room = stack.enter_context(filled_room(hall.config, script, people, hall.script_file.parent, hall.memory))
        lines = Transcript.reopen(hall.transcript) if known else Transcript.create(hall.transcript, rehearsal=False)
        stack.enter_context(lines)
        Run(fragile(room, points), lines, elapsed_seconds, points).hold()


def _look(folder: Path) -> Found:
    hall = Hall(folder)
    database = Database(hall.config.database_url(), "owner")
    with ExitStack() as stack:
        stack.callback(database.close)
        tokens = {name: stack.enter_context(token) for name, token in _opened(hall).items()}
        with database.snapshot() as tx:
            records = {each.name: each.version for each in authorities(tx)}
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
        roster = _roster_version(hall.config, database)
    return Found(
        records,
        usable,
        dict(kept),
        objects,
        published=_names(hall.public / "ca"),
        lists={
            each.relative_to(hall.public / "crl").with_suffix("").as_posix(): len(load_der_x509_crl(each.read_bytes()))
            for each in sorted((hall.public / "crl").glob("*/*.crl"))
        },
        roster=roster,
        files=_names(hall.script_file.parent),
    )


def _names(folder: Path) -> tuple[str, ...]:
    """The files in a folder but for the script; those with a # are the local store's own."""
    found = folder.iterdir() if folder.is_dir() else ()
    return tuple(sorted(each.name for each in found if "#" not in each.name and each.name != "script.toml"))


def _roster_version(config: Config, database: Database) -> int | None:
    try:
        return believed_roster(config, database).version
    except NotFound:
        return None


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
