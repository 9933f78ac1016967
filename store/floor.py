"""The lowest version of a signed document, the roster or an authority's, that a program still accepts, in a file.

The file is outside the database, so a restored copy of the database cannot bring an old document back.
"""

import fcntl
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from store.errors import FloorRefused

_MOST_OCTETS = 20


class VersionFloor:
    """A number in a file that only rises. A file that does not exist yet counts as 0."""

    def __init__(self, path: Path) -> None:
        self._path = path

    @property
    def value(self) -> int:
        """Read the floor. FloorRefused when the file holds anything but a number."""
        try:
            with self._path.open("rb") as file:
                content = file.read(_MOST_OCTETS + 1)
        except FileNotFoundError:
            return 0
        except OSError as error:
            raise FloorRefused("its file cannot be read") from error
        if not content.strip().isdigit() or len(content) > _MOST_OCTETS:
            raise FloorRefused("its file holds no number")
        return int(content)

    def raise_to(self, version: int) -> None:
        """Write ``version`` durably; a lower one than the floor is FloorRefused, an equal one changes nothing.

        Programs that share the file take turns, so the highest version of them all stands there in the end.
        """
        with _turn(self._path.parent):
            floor = self.value
            if version < floor:
                raise FloorRefused(f"{version} is below {floor}")
            if version > floor:
                _replace(self._path, f"{version}\n".encode())


def replace_durably(path: Path, content: bytes) -> None:
    """Put ``content`` at ``path`` so that after a power cut either the old or the new content stands there.

    Of several programs that do so at once the last one's content stands there, whole.
    """
    with _turn(path.parent):
        _replace(path, content)


def _replace(path: Path, content: bytes) -> None:
    beside = path.with_name(f".{path.name}.new")
    with beside.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)
    sync_directory(path.parent)


@contextmanager
def _turn(directory: Path) -> Iterator[None]:
    """Be the only writer of a replaced file in ``directory``; the lock is the directory's, so it leaves no file."""
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def create_durably(path: Path, content: bytes) -> bool:
    """Make ``path`` appear whole or not at all; False when there is a file of this name, which stays as it is.

    Whoever may enter the folder may read it: other programs' users hold it against what they see.
    """
    descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    beside = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            os.fchmod(file.fileno(), 0o644)  # mkstemp's is its user's alone
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.link(beside, path)
    except FileExistsError:
        return False
    finally:
        beside.unlink()
    sync_directory(path.parent)
    return True


def sync_directory(directory: Path) -> None:
    """Make the names in ``directory`` durable."""
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
