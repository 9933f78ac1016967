"""Where a benchmark ran: processor, memory, load, and the versions of everything that was measured."""

import os
import platform
import re
import subprocess
import sys
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path

PACKAGES = ("cryptography", "python-pkcs11", "sqlalchemy", "psycopg", "granian", "pkilint", "pydantic")

PROGRAMS = {
    "openssl": ("openssl", "version"),
    "nginx": ("nginx", "-v"),
    "wrk": ("wrk", "-v"),
    "softhsm": ("softhsm2-util", "--version"),
}


def surroundings() -> Mapping[str, str]:
    """Words about this machine now, and the versions of the packages and programs that benchmarks use."""
    return {
        "processor": f"{processor()}, {os.cpu_count()} processors",
        "memory": memory(),
        "load": " ".join(f"{load:.2f}" for load in os.getloadavg()),
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        **{name: version(name) for name in PACKAGES},
        **{name: program_version(command) for name, command in PROGRAMS.items()},
        "command": f"python -m benchmarks {' '.join(sys.argv[1:])}".strip(),
    }


def processor() -> str:
    """The processor's own name; "unknown" where Linux does not tell."""
    found = re.search(r"^model name\s*:\s*(.+)$", Path("/proc/cpuinfo").read_text("ascii", "replace"), re.MULTILINE)
    return found[1] if found else "unknown"


def memory() -> str:
    """The machine's memory in GiB."""
    return f"{os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') / 2**30:.0f} GiB"


def program_version(command: tuple[str, ...]) -> str:
    """The first version number that the program prints about itself; "absent" when it is not installed."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=10, check=False)
    except FileNotFoundError:
        return "absent"
    found = re.search(r"\d+(\.\d+)+", done.stdout + done.stderr)
    return found[0] if found else "unknown"
