"""Publishing files: each version is put once under a name of its own, then the current name is swapped to it.

The root is a folder (a path or ``file:`` URL) or an object store (``s3://bucket/prefix``, credentials from the
environment). A reader of the current name always gets one whole version: in a folder it is a plain file that a web
server can serve (a second name of the versioned file, so it costs no space), elsewhere a copy made by the store itself.
"""

import os
import re
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

import obstore
from obstore.exceptions import AlreadyExistsError, BaseError
from obstore.store import LocalStore, from_url

from store.bounds import word
from store.errors import NotPublished, PublicationAway, RecordRefused, VersionExists
from store.floor import sync_directory

if TYPE_CHECKING:
    from collections.abc import Iterator

    from obstore.store import ObjectStore

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*(/[A-Za-z0-9][A-Za-z0-9._-]*){0,7}")
_MOST_NAME = 200
_STREAMED_FROM = 8 * 1024 * 1024  # octets; above it a file goes in parts


class Publication:
    """A place of publication; ``root`` is a folder, made when missing, or a URL."""

    def __init__(self, root: str | Path) -> None:
        address = str(root)
        local = "://" not in address or address.startswith("file://")
        self._folder = Path(address.removeprefix("file://")).absolute() if local else None
        self._store: ObjectStore = (
            from_url(address) if self._folder is None else LocalStore(prefix=self._folder, mkdir=True)
        )

    def put(self, name: str, body: bytes | Path, version: str) -> None:
        """Publish ``body`` (octets, or a file to stream) under ``name`` as ``version``.

        The version is put create-once and durable, then the current name is swapped to it; putting the same content
        again (after a crash in between) only swaps. VersionExists when the version holds other content, PublicationAway
        when the place fails: the current name then holds the old or the new version, whole.
        """
        versioned = _versioned(name, version)
        if isinstance(body, Path) and not body.is_file():
            raise RecordRefused("body", "there is no such file")
        with _away(name):
            if not self._create(versioned, body) and not self._same(versioned, body):
                raise VersionExists(name, version)
            self._make_durable(versioned)
            obstore.copy(self._store, versioned, name, overwrite=True)
            self._make_durable(name)

    def get(self, name: str, version: str | None = None) -> bytes:
        """Give the current content of ``name``, or of one ``version``. NotPublished, PublicationAway."""
        with _away(name):
            return obstore.get(self._store, _place(name, version)).bytes().to_bytes()

    def stream(self, name: str, version: str | None = None) -> "Iterator[bytes]":
        """Give the content in parts of a few MiB, for files too large to hold. NotPublished, PublicationAway."""
        with _away(name):
            for part in obstore.get(self._store, _place(name, version)).stream():
                yield bytes(part)

    def versions(self, name: str) -> tuple[str, ...]:
        """Give the versions of ``name``, sorted as text."""
        prefix = f"versions/{_checked(name)}/"
        with _away(name):
            found = [item["path"] for page in obstore.list(self._store, prefix) for item in page]
        return tuple(sorted(path.removeprefix(prefix) for path in found))

    def _create(self, versioned: str, body: bytes | Path) -> bool:
        """Put the version if there is none; tell whether it was put."""
        if isinstance(body, Path) and body.stat().st_size > _STREAMED_FROM:
            return self._create_in_parts(versioned, body)
        try:
            obstore.put(self._store, versioned, body if isinstance(body, bytes) else body.read_bytes(), mode="create")
        except AlreadyExistsError:
            return False
        return True

    def _create_in_parts(self, versioned: str, body: Path) -> bool:
        """Stream the version in parts. Parts cannot ask for create-once, so the name is looked up first."""
        try:
            obstore.head(self._store, versioned)
        except FileNotFoundError:
            with body.open("rb") as file:
                obstore.put(self._store, versioned, file, use_multipart=True, max_concurrency=2)
            return True
        return False

    def _same(self, versioned: str, body: bytes | Path) -> bool:
        there = sha256()
        for part in obstore.get(self._store, versioned).stream():
            there.update(part)
        return there.digest() == _digest(body)

    def _make_durable(self, name: str) -> None:
        """Bring a file of a local folder, and the names that lead to it, to the disk."""
        if self._folder is None:
            return
        file = self._folder / name
        descriptor = os.open(file, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        for parent in file.parents:
            sync_directory(parent)
            if parent == self._folder:
                break


def _checked(name: str) -> str:
    if len(name) > _MOST_NAME or not _NAME.fullmatch(name) or name.startswith("versions/"):
        raise RecordRefused("name", "it must be words of letters, digits and . _ - joined by /")
    return name


def _versioned(name: str, version: str) -> str:
    word("version", version)
    return f"versions/{_checked(name)}/{version}"


def _place(name: str, version: str | None) -> str:
    return _checked(name) if version is None else _versioned(name, version)


def _digest(body: bytes | Path) -> bytes:
    if isinstance(body, bytes):
        return sha256(body).digest()
    digest = sha256()
    with body.open("rb") as file:
        while part := file.read(1 << 20):
            digest.update(part)
    return digest.digest()


@contextmanager
def _away(name: str) -> "Iterator[None]":
    """Give the failures of the place this package's words."""
    try:
        yield
    except FileNotFoundError as error:
        raise NotPublished(name) from error
    except (BaseError, OSError) as error:
        raise PublicationAway(name) from error
