"""Processes that only sign with a token's key: the limit of whatever needs one signature for each of its acts."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import IO

from cli.config import Config
from cli.pins import pin_of
from cli.wiring import token_config


@contextmanager
def bare_signers(config: Config, token: str, key: str, count: int) -> Iterator[Callable[[float], tuple[float, float]]]:
    """`count` processes with a session on `token`; the function lets all sign for so many seconds.

    It gives their signatures per second together and the mean processor milliseconds of one signature.
    """
    reached = token_config(config, token)
    command = [sys.executable, "-m", "benchmarks.raw_sign", str(reached.module), str(reached.label), key]
    children = [
        subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, **reached.environment},
        )
        for _ in range(count)
    ]

    def sign(seconds: float) -> tuple[float, float]:
        for child in children:
            tell(child.stdin, str(seconds))
        answers = [[float(word) for word in heard(child.stdout).split()] for child in children]
        return sum(rate for rate, _ in answers), sum(cost for _, cost in answers) / count

    try:
        for child in children:
            tell(child.stdin, pin_of(config, token))
            if heard(child.stdout) != "ready":
                raise RuntimeError("a bare signer did not open the token")
        yield sign
    finally:
        for child in children:
            with child:  # waits, and closes both pipes
                child.terminate()


def tell(stream: IO[str] | None, line: str) -> None:
    """Write one line at once."""
    if stream is not None:
        stream.write(f"{line}\n")
        stream.flush()


def heard(stream: IO[str] | None) -> str:
    """The next line without its end; "" when the other side is gone."""
    return "" if stream is None else stream.readline().strip()
