"""Whose signals end the processes that lint for the signer (design section 3: SIGTERM finishes the turn at hand)."""

import os
import signal
import subprocess
import sys
import time
from concurrent.futures import BrokenExecutor

import pytest

from cli.linters import linters

PROGRAM = """
import os, signal
from cli.linters import linters
print(linters(1).submit(os.getpid).result(), flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_signal_to_all_programs_of_a_service_ends_no_linter() -> None:
    """DBC-1: the signer is stopped by the same signal, and finishes its turn with their help."""
    with linters(1) as pool:
        process = pool.submit(os.getpid).result()
        for name in ("-TERM", "-INT"):
            subprocess.run(["/bin/kill", name, str(process)], check=True)
        time.sleep(0.2)
        assert pool.submit(os.getpid).result() == process


def test_when_one_linter_dies_the_pool_ends() -> None:
    """The signer ends then; a linter that stayed would keep it waiting for ever."""
    with linters(2) as pool:
        at_work = pool.submit(time.sleep, 30)
        os.kill(pool.submit(os.getpid).result(), signal.SIGKILL)
        with pytest.raises(BrokenExecutor):
            at_work.result(timeout=10)


def test_linters_end_with_a_signer_that_is_killed() -> None:
    """A signer that crashes and is started again leaves none behind: nobody holds its output open any more."""
    killed = subprocess.run([sys.executable, "-c", PROGRAM], stdout=subprocess.PIPE, timeout=30, check=False)
    assert killed.returncode == -signal.SIGKILL
    assert int(killed.stdout) > 0
