"""One load on a responder by wrk, with the questions of a file; on a processor of its own where there are two."""

import json
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from cli.errors import Disagreement

SCRIPT = Path(__file__).with_name("wrk.lua")
CONNECTIONS = 16
LONGEST_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Load:
    """How often wrk was answered, and the milliseconds within which half and 99 of 100 answers came."""

    answers: int
    seconds: float
    p50: float
    p99: float
    errors: int

    @property
    def rate(self) -> float:
        """Answers per second."""
        return self.answers / self.seconds


def load(method: Literal["GET", "POST"], url: str, questions: Path, seconds: int) -> Load:
    """Ask one question after another, again from the start after the last; raises `Disagreement` on any error."""
    command = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "-s", str(SCRIPT), url, "--"]
    arguments = [method, str(questions)]
    with processor(1):
        done = subprocess.run(
            [*command, *arguments], capture_output=True, text=True, check=True, timeout=seconds + LONGEST_SECONDS
        )
    measured = Load(**json.loads(done.stdout.splitlines()[-1]))
    if measured.errors or not measured.answers:
        raise Disagreement(f"{url} gave {measured.answers} answers and {measured.errors} errors.", "Look at its log.")
    return measured


@contextmanager
def processor(number: int) -> Iterator[None]:
    """What is started in the block runs on this processor alone, so that server and load do not share one."""
    allowed = os.sched_getaffinity(0)
    ordered = sorted(allowed)
    os.sched_setaffinity(0, {ordered[number]} if len(ordered) > number else allowed)
    try:
        yield
    finally:
        os.sched_setaffinity(0, allowed)
