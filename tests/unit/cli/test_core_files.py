"""A crash leaves nothing of what a program remembered on the disk."""

import subprocess
import sys

PROGRAM = """
import atexit, resource, sys
from cli.main import main
atexit.register(lambda: print(resource.getrlimit(resource.RLIMIT_CORE)))
resource.setrlimit(resource.RLIMIT_CORE, (0 if HARD == 0 else 4096, HARD))
sys.argv = ["ninsho", "--version"]
main()
"""


def limits(hard: int) -> str:
    """The soft and hard limit of core files, as a command that began with this hard limit leaves them."""
    program = PROGRAM.replace("HARD", str(hard))
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return done.stdout.splitlines()[-1]


def test_a_command_leaves_no_core_file() -> None:
    """PINs and shares pass through a process; a limit under every core file holds for a crash handler too (core(5))."""
    assert limits(65_536) == "(1, 1)"


def test_a_host_that_allows_no_core_files_stays_as_it_is() -> None:
    """A limit that is zero already cannot be raised, and need not be."""
    assert limits(0) == "(0, 0)"
