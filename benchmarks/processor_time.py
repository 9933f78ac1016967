"""How much processor time the processes of a group have had, from /proc: what a shared machine disturbs least."""

import os
from collections.abc import Iterator, Mapping
from pathlib import Path

_GROUP_FIELD = 2  # after the command's closing bracket: state, parent, group, ... (proc_pid_stat(5))
_USER_FIELD, _SYSTEM_FIELD = 11, 12


def processor_seconds(group: int) -> Mapping[int, float]:
    """User and system seconds of each living process of a process group, by process id."""
    per_second = os.sysconf("SC_CLK_TCK")
    return {
        process: (int(fields[_USER_FIELD]) + int(fields[_SYSTEM_FIELD])) / per_second
        for process, fields in _processes()
        if int(fields[_GROUP_FIELD]) == group
    }


def _processes() -> Iterator[tuple[int, list[str]]]:
    for folder in Path("/proc").iterdir():
        if not folder.name.isdecimal():
            continue
        try:
            stat = (folder / "stat").read_text("utf-8", "replace")
        except (FileNotFoundError, ProcessLookupError):  # it ended meanwhile
            continue
        yield int(folder.name), stat.rpartition(")")[2].split()
