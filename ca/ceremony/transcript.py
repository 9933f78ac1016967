"""The transcript of a ceremony: lines that only grow, each holding the hash of the one before (`ca.ceremony.entry`).

Its root, the hash of the last line, stands for all of it: every confirmation and the minutes name it. Whoever rewrites
a line must rewrite all that follow, and then the root is another one.
"""

import fcntl
import os
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from hashlib import sha256
from io import FileIO
from pathlib import Path
from typing import Final, Self

from pydantic import JsonValue

from ca.ceremony.entry import CLOSED, NO_ROOT, OPENED, PROGRAM, RESUMED, Entry, hash_of
from ca.ceremony.errors import (
    TranscriptBroken,
    TranscriptClosed,
    TranscriptExists,
    TranscriptInUse,
    TranscriptTruncated,
)
from ca.errors import TooLarge
from store.floor import sync_directory

__all__ = [
    "CLOSED",
    "DROPPED",
    "FILE_LIMIT",
    "NO_ROOT",
    "OPENED",
    "PROGRAM",
    "RESUMED",
    "Entry",
    "Transcript",
    "read_transcript",
]

FILE_LIMIT: Final = 32 * 1024 * 1024
"""Octets of a transcript."""

DROPPED: Final = "transcript.incomplete-line-dropped"
"""The event that tells of a line that a power cut left incomplete."""


def read_transcript(data: bytes, *, open: bool = False) -> tuple[Entry, ...]:
    """Return the entries of a transcript that is whole; with `open`, one whose ceremony is not closed yet.

    Raises TranscriptBroken with the first line, counted from 1, that is not as it was written or not where it was;
    TranscriptTruncated for an incomplete last line or, unless `open`, a missing closing entry; TooLarge past
    FILE_LIMIT. Whether the chain as a whole is the one that was written only its root tells, which the minutes hold.
    """
    entries, tail = _read(data)
    following = len(entries) + 1
    if tail and entries and entries[-1].event == CLOSED:
        raise TranscriptBroken(following, "it follows the closing entry")
    if tail:
        raise TranscriptTruncated(following, "the line is incomplete, since no newline ends it", len(entries))
    if not entries:
        raise TranscriptTruncated(following, "the opening entry is missing", 0)
    if entries[-1].event != CLOSED and not open:
        raise TranscriptTruncated(following, "the closing entry is missing", len(entries))
    return entries


def _read(data: bytes) -> tuple[tuple[Entry, ...], bytes]:
    """Return the entries of the whole lines, and what follows the last newline."""
    if len(data) > FILE_LIMIT:
        raise TooLarge(len(data), FILE_LIMIT)
    *lines, tail = data.split(b"\n")
    entries: list[Entry] = []
    root = NO_ROOT
    for number, line in enumerate(lines, start=1):
        entry = _entry(line, number)
        if entry.number == len(entries) and entry.previous != root:
            _refuse_break(number)
        if why := _misplaced(entry, entries):
            raise TranscriptBroken(number, why)
        entries.append(entry)
        root = hash_of(line)
    return tuple(entries), tail


def _entry(line: bytes, number: int) -> Entry:
    try:
        return Entry.parse(line)
    except ValueError as error:
        raise TranscriptBroken(number, str(error)) from None


def _refuse_break(number: int) -> None:
    if number == 1:
        raise TranscriptBroken(number, "a first line follows no other, and this one names one")
    # a line vouches for the one before it, so that is the one which was rewritten
    raise TranscriptBroken(number - 1, f"it is not the line after which line {number} was written")


def _misplaced(entry: Entry, before: Sequence[Entry]) -> str | None:
    """Say why an entry cannot stand after these, None if it can."""
    if entry.number != len(before):
        return f"it is entry {entry.number} where {len(before)} should stand: lines are missing, added or moved"
    if (entry.event == OPENED) == bool(before):
        return f"{OPENED} is the first event and no other"
    if before and before[-1].event == CLOSED:
        return "it follows the closing entry"
    if before and before[0].rehearsal != entry.rehearsal:
        return "one line is of a rehearsal and another is not"
    return None


class Transcript:
    """A transcript that one program writes; every entry is on the disk before `append` returns.

    `create` and `reopen` make it. It holds a lock on the file until `close`, which the end of a `with` calls.
    """

    def __init__(self, file: FileIO, entries: Iterable[Entry], *, rehearsal: bool, incomplete: bytes) -> None:
        self._file = file
        self._entries = list(entries)
        self._rehearsal = rehearsal
        self._incomplete = incomplete
        self._root = self._entries[-1].hash if self._entries else NO_ROOT

    @classmethod
    def create(cls, path: Path, *, rehearsal: bool) -> Self:
        """Begin a transcript in a new file (mode 0600); an empty one left by an interrupted start is taken over.

        Raises TranscriptExists, TranscriptInUse, and OSError as the file system says it.
        """
        file = _locked(path, os.O_CREAT)
        if file.seek(0, os.SEEK_END):
            file.close()
            raise TranscriptExists
        sync_directory(path.parent)
        return cls(file, (), rehearsal=rehearsal, incomplete=b"")

    @classmethod
    def reopen(cls, path: Path) -> Self:
        """Go on with a transcript whose ceremony was interrupted, once all of it has been verified.

        What a power cut left of a line without a newline is dropped, and an event of its own, `DROPPED`, tells so
        before the next entry; a last line that lacks nothing but its newline gets it. Raises TranscriptClosed for one
        that is closed, TranscriptTruncated for one without an entry, TranscriptBroken, TooLarge, TranscriptInUse,
        and OSError as the file system says it.
        """
        file = _locked(path)
        try:
            entries, incomplete = _read(_content(file))
            if incomplete and _is_whole(incomplete):
                _write(file, b"\n")
                entries, incomplete = _read(_content(file))
            if not entries:
                raise TranscriptTruncated(1, "the opening entry is missing", 0)
            if entries[-1].event == CLOSED:
                raise TranscriptClosed
            if _is_whole(incomplete[:-1]):
                raise TranscriptBroken(len(entries) + 1, "the newline that ended it was changed")
        except BaseException:
            file.close()
            raise
        return cls(file, entries, rehearsal=entries[0].rehearsal, incomplete=incomplete)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the file; nothing can be appended any more."""
        self._file.close()

    @property
    def entries(self) -> tuple[Entry, ...]:
        """All entries, from the first."""
        return tuple(self._entries)

    @property
    def root(self) -> bytes:
        """The hash of the last line: it stands for the whole transcript. NO_ROOT while there is none."""
        return self._root

    def append(
        self,
        event: str,
        facts: Mapping[str, JsonValue],
        *,
        step: str | None,
        actor: str,
        at: datetime,
        elapsed: float,
    ) -> Entry:
        """Write one entry and wait until the disk has it; `at` and `elapsed` are kept to the millisecond.

        Raises ValueError for an entry that cannot stand here, TooLarge or DocumentMalformed for one that cannot be
        written; nothing is written then. Raises OSError when the disk fails, and TranscriptClosed from then on, or
        after the closing entry: what the disk holds is known again after `reopen`.
        """
        if self._file.closed or (self._entries and self._entries[-1].event == CLOSED):
            raise TranscriptClosed
        at = at.replace(microsecond=at.microsecond // 1000 * 1000)
        if self._incomplete:
            self._drop_incomplete(at, elapsed)
        entry = Entry(
            number=len(self._entries),
            at=at,
            elapsed=round(elapsed, 3),
            step=step,
            actor=actor,
            event=event,
            facts=facts,
            previous=self._root,
            rehearsal=self._rehearsal,
        )
        if why := _misplaced(entry, self._entries):
            raise ValueError(why)
        self._write(entry)
        return entry

    def _drop_incomplete(self, at: datetime, elapsed: float) -> None:
        dropped, self._incomplete = self._incomplete, b""
        self._file.truncate(self._file.seek(0, os.SEEK_END) - len(dropped))
        facts: dict[str, JsonValue] = {"octets": len(dropped), "sha256": sha256(dropped).hexdigest()}
        self.append(DROPPED, facts, step=None, actor=PROGRAM, at=at, elapsed=elapsed)

    def _write(self, entry: Entry) -> None:
        line = entry.line
        size = self._file.seek(0, os.SEEK_END) + len(line)
        if size > FILE_LIMIT:
            raise TooLarge(size, FILE_LIMIT)
        try:
            _write(self._file, line)
        except BaseException:
            # the disk may hold all of the line, a part or nothing; only reading it again tells
            self.close()
            raise
        self._entries.append(entry)
        self._root = hash_of(line)


def _locked(path: Path, flags: int = 0) -> FileIO:
    descriptor = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CLOEXEC | os.O_NOFOLLOW | flags, 0o600)
    file = FileIO(descriptor, "r+b")
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.close()
        raise TranscriptInUse from None
    return file


def _content(file: FileIO) -> bytes:
    file.seek(0)
    with os.fdopen(os.dup(file.fileno()), "rb") as reader:
        return reader.read(FILE_LIMIT + 1)


def _is_whole(line: bytes) -> bool:
    try:
        Entry.parse(line)
    except ValueError:
        return False
    return True


def _write(file: FileIO, octets: bytes) -> None:
    rest = memoryview(octets)
    while rest:
        rest = rest[file.write(rest) :]
    os.fsync(file.fileno())
