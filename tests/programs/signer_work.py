"""A signer in a process of its own, which stops at a named point: dead by SIGKILL, or waiting to be let go.

The processes are forked from a server that has imported everything, so that a test may start many.
"""

import os
import signal
from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from multiprocessing import get_context
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerContext, ForkServerProcess
from pathlib import Path

from tests.fixtures.signing import House, open_signer


@dataclass(frozen=True)
class SignerProcess:
    """A running signer; `gate` says "here" when it reaches its point, and waits for a word to go on."""

    process: ForkServerProcess
    gate: Connection

    def reached(self) -> None:
        """Wait until the signer stands at its point."""
        assert self.gate.recv() == "here"

    def freeze(self) -> None:
        """Stop it as a hanging machine does; it holds everything it held."""
        assert self.process.pid is not None
        os.kill(self.process.pid, signal.SIGSTOP)

    def thaw(self) -> None:
        """Continue it, past its point."""
        assert self.process.pid is not None
        os.kill(self.process.pid, signal.SIGCONT)
        self.gate.send("go on")

    def end(self) -> int | None:
        """Wait for its end and give its exit status, negative for a signal."""
        self.process.join()
        return self.process.exitcode


def processes() -> ForkServerContext:
    """The context whose server has this module, and with it all a signer needs."""
    context = get_context("forkserver")
    context.set_forkserver_preload(["tests.programs.signer_work"])
    return context


def killed_at(house: House, point: str, now: datetime, *, time: int = 1) -> None:
    """Run a signer's turn that is killed when it reaches `point` for the `time`-th time."""
    process = processes().Process(target=_work, args=(house.folder, house.url, "doomed", [now], point, time, None, 256))
    process.start()
    process.join()
    assert process.exitcode == -signal.SIGKILL, f"the signer never reached {point}"


def signer_process(
    house: House, name: str, nows: list[datetime], *, point: str = "never", time: int = 1, limit: int = 256
) -> SignerProcess:
    """Start a signer that takes a turn at each of `nows`, waiting at `point` when it gets there the `time`-th time."""
    context = processes()
    ours, theirs = context.Pipe()
    process = context.Process(target=_work, args=(house.folder, house.url, name, nows, point, time, theirs, limit))
    process.start()
    theirs.close()
    return SignerProcess(process, ours)


def _work(
    folder: Path,
    url: str,
    name: str,
    nows: list[datetime],
    point: str,
    time: int,
    gate: Connection | None,
    limit: int,
) -> None:
    seen: Counter[str] = Counter()

    def checkpoint(reached: str) -> None:
        seen[reached] += 1
        if (reached, seen[reached]) != (point, time):
            return
        if gate is None:
            os.kill(os.getpid(), signal.SIGKILL)
            return
        gate.send("here")
        gate.recv()

    signer = open_signer(folder, url, name, checkpoint=checkpoint, limit=limit)
    for now in nows:
        signer.turn(now)
