"""A way to wake the signer of this installation early. Whoever wakes it needs nothing of the signer's.

The row in the database is the message; without this the signer looks once a second.
"""

import os
import select
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from cli.config import Config


class Wake:
    """A datagram socket that ends a wait early. What it says is never read: the database is the message."""

    def __init__(self, path: Path) -> None:
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        path.unlink(missing_ok=True)
        with _short(path) as name:
            self.socket.bind(name)
        path.chmod(0o660)
        self.socket.setblocking(False)

    def wait(self, seconds: float) -> None:
        """Return after `seconds`, or as soon as somebody wakes."""
        ready, _, _ = select.select([self.socket], [], [], seconds)
        with suppress(BlockingIOError):
            while ready:
                self.socket.recv(16)

    def close(self) -> None:
        """Stop listening."""
        self.socket.close()


def wake_path(config: Config) -> Path:
    """Where the signer of this installation may be woken."""
    return config.home / "signer.wake"


def wake(config: Config) -> None:
    """Wake the signer if one listens; never an error, since it looks by itself."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender, suppress(OSError):
        sender.setblocking(False)
        with _short(wake_path(config)) as name:
            sender.sendto(b"", name)


@contextmanager
def _short(path: Path) -> Iterator[str]:
    """The same socket by a name that fits into ``sun_path`` (107 octets, unix(7)), however long the folder's is."""
    folder = os.open(path.parent, os.O_PATH | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{folder}/{path.name}"
    finally:
        os.close(folder)
