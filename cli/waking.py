"""A way to wake the signer of this installation early. Whoever wakes it needs nothing of the signer's.

The row in the database is the message; without this the signer looks once a second.
"""

import select
import socket
from contextlib import suppress
from pathlib import Path

from cli.config import Config


class Wake:
    """A datagram socket that ends a wait early. What it says is never read: the database is the message."""

    def __init__(self, path: Path) -> None:
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        path.unlink(missing_ok=True)
        self.socket.bind(str(path))
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
        sender.sendto(b"", str(wake_path(config)))
