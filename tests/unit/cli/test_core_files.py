"""A crash leaves nothing of what a program remembered on the disk."""

import resource
import subprocess
import sys

PROGRAM = """
import atexit, resource, sys
from cli.main import main
atexit.register(lambda: print(resource.getrlimit(resource.RLIMIT_CORE)))
hard = int(sys.argv.pop())
resource.setrlimit(resource.RLIMIT_CORE, (hard, hard))
sys.argv = ["ninsho", "--version"]
main()
"""


def limits(hard: int) -> str:
    """The soft and hard limit of core files, as a command that began with this hard limit leaves them."""
    command = [sys.executable, "-c", PROGRAM, str(hard)]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()[-1]


def test_a_command_leaves_no_core_file() -> None:
    """PINs and shares pass through a process; a limit under every core file holds for a crash handler too (core(5))."""
    _, allowed = resource.getrlimit(resource.RLIMIT_CORE)  # nobody raises it again, this process neither
    assert limits(allowed) == ("(0, 0)" if allowed == 0 else "(1, 1)")


def test_a_host_that_allows_no_core_files_stays_as_it_is() -> None:
    """A limit that is zero already cannot be raised, and need not be."""
    assert limits(0) == "(0, 0)"
