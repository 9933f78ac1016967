"""The processes that lint for the signer. They end when it says so, or with it; nobody else's signal ends them.

A supervisor that stops a service sends SIGTERM to each of its processes, and Ctrl-C reaches all programs of a terminal.
The signer finishes the turn at hand then, for which it needs them.
"""

import os
import signal
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from threading import Thread
from typing import Final

__all__ = ["linters"]

_LOOK_SECONDS: Final = 1.0


def linters(count: int) -> ProcessPoolExecutor:
    """A pool of `count` processes, started when they are first needed; they inherit nothing that is open here."""
    return ProcessPoolExecutor(count, get_context("spawn"), initializer=_begin, initargs=(os.getpid(),))


def _begin(signer: int) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
    Thread(target=_end_with, args=(signer,), daemon=True).start()


def _end_with(signer: int) -> None:
    """End this process when the signer sends SIGTERM, as its pool does to the others when one died, or is gone."""
    while os.getppid() == signer:
        told = signal.sigtimedwait({signal.SIGTERM}, _LOOK_SECONDS)
        if told is not None and told.si_pid == signer:
            break
    os._exit(1)
