"""Small secrets in files that live in memory only: a switched-off machine has forgotten them.

A file on tmpfs or ramfs, its owner's alone, outlives a program that crashes and never reaches a disk of its own accord
(tmpfs may be swapped out: swap is to be off or encrypted).
"""

import ctypes
import os
from pathlib import Path
from stat import S_IMODE, S_ISREG
from typing import Final

from cli.errors import CommandError

__all__ = ["LARGEST", "NotInMemory", "check_folder", "forget", "keep", "kept"]

LARGEST: Final = 16 * 1024
"""Octets of a file."""

# statfs(2): f_type of tmpfs and ramfs
_IN_MEMORY: Final = (0x01021994, 0x858458F6)
_STATFS_OCTETS: Final = 512  # more than any struct statfs has


class NotInMemory(CommandError):
    """A place that is on a disk or open to others, where no secret is written and none is believed."""

    code = "cli.config-memory"

    def __init__(self, path: Path, why: str) -> None:
        super().__init__(f"{path} cannot hold a secret: {why}.")
        self.path = path
        self.why = why
        self.next = "Name a folder on tmpfs, mode 0700 and owned by the program's user, as activation.folder."


def check_folder(folder: Path) -> None:
    """Make sure that `folder` is there, in memory, and this user's alone; made when absent. Raises NotInMemory."""
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    except OSError as error:
        raise NotInMemory(folder, (error.strerror or "it is no folder").lower()) from None
    try:
        _check(folder, descriptor)
    finally:
        os.close(descriptor)


def keep(path: Path, text: str) -> None:
    """Put `text` into the file at once and as a whole, mode 0600; raises NotInMemory before anything is written."""
    check_folder(path.parent)
    partial = path.with_name(f".{path.name}.partial")
    partial.unlink(missing_ok=True)
    with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600), "wb") as stream:
        _check(path, stream.fileno())
        stream.write(text.encode())
    partial.rename(path)


def kept(path: Path) -> str | None:
    """What `keep` put there; None when nothing is. Raises NotInMemory for a file on a disk or open to others."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except (FileNotFoundError, NotADirectoryError, PermissionError):
        return None
    except OSError:
        raise NotInMemory(path, "it is no plain file") from None
    try:
        if not S_ISREG(os.fstat(descriptor).st_mode):
            raise NotInMemory(path, "it is no plain file")
        _check(path, descriptor)
        return os.read(descriptor, LARGEST).decode("utf-8", "replace")
    finally:
        os.close(descriptor)


def forget(path: Path) -> bool:
    """Remove the file; whether there was one."""
    there = path.exists()
    path.unlink(missing_ok=True)
    return there


def _check(path: Path, descriptor: int) -> None:
    """The open file lies in memory and is this user's alone."""
    status = os.fstat(descriptor)
    if _file_system(descriptor) not in _IN_MEMORY:
        raise NotInMemory(path, "it lies on a disk and would outlive the machine's restart")
    if status.st_uid != os.geteuid() or S_IMODE(status.st_mode) & 0o077:
        raise NotInMemory(path, "it is not this user's alone")


def _file_system(descriptor: int) -> int:
    # os.statvfs leaves out the kind of file system, which is the first word of what fstatfs(2) fills in
    filled = ctypes.create_string_buffer(_STATFS_OCTETS)
    if ctypes.CDLL(None, use_errno=True).fstatfs(descriptor, filled) != 0:
        raise OSError(ctypes.get_errno(), "fstatfs failed")
    return ctypes.c_ulong.from_buffer(filled).value & 0xFFFFFFFF
