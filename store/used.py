"""Which applications were carried out, in a file outside the database.

Whoever can write the database can delete a row that says so, and the officers' signatures on the application would
hold a second time. The file lies beside the version floors, is only appended to, and a restored database does not bring
an older one back.
"""

import fcntl
import os
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import BinaryIO, NamedTuple
from uuid import UUID

from store.errors import UsedRefused
from store.floor import replace_durably, sync_directory

KEPT = timedelta(days=2)
"""How long past its expiry an application is remembered: longer than a clock may be set while a signer runs."""

_RECORD = len(f"{UUID(int=0).hex} 2026-11-23T09:00:00Z\n")
_AT_ONCE = 10_000  # records


class UseOnce(NamedTuple):
    """An application that is being carried out, and when it expires (aware UTC)."""

    application_id: UUID
    expires_at: datetime


class UsedApplications:
    """The applications used so far, read from ``path`` at start and whenever another signer appended to it.

    What expired `KEPT` before ``now`` is dropped from the file at start: nobody carries out an expired application. A
    file that does not exist counts as empty. Signers that share a database must share this file: one that cannot see
    it has only the database to tell it what another carried out. UsedRefused when the file holds anything else.
    """

    def __init__(self, path: Path, now: datetime) -> None:
        self._path = path
        self._ids: set[bytes] = set()
        self._read = 0
        self._last = b""
        with self._alone():
            self._drop_expired(now - KEPT)
            self._catch_up()

    def holds(self, id: UUID) -> bool:
        """Tell whether the application was carried out."""
        self._catch_up()
        return id.bytes in self._ids

    def add(self, uses: Collection[UseOnce]) -> None:
        """Write down that applications are carried out; durable when this returns. One append for all.

        Called after the last check and right before the commit of the act. When the program stops between the two, the
        application counts as used and the act did not happen: the officers apply again, which is safe; the other order
        would leave an act whose application could be carried out a second time.
        """
        if not uses:
            return
        with self._alone(), self._path.open("ab") as file:
            is_new = file.tell() == 0
            file.truncate(file.tell() // _RECORD * _RECORD)  # what a power cut left of an append
            file.write(b"".join(map(_written, uses)))
            file.flush()
            os.fsync(file.fileno())
            if is_new:
                sync_directory(self._path.parent)
        self._catch_up()

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Keep other signers of this file waiting; the lock has a file of its own, since this one is replaced."""
        with self._path.with_name(f"{self._path.name}.lock").open("ab") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _drop_expired(self, before: datetime) -> None:
        kept, dropped = bytearray(), False
        try:
            with self._path.open("rb") as file:
                for _, record in _records(file):
                    if _expiry(record) >= before:
                        kept += record
                    else:
                        dropped = True
        except FileNotFoundError:
            return
        if dropped:
            replace_durably(self._path, bytes(kept))

    def _catch_up(self) -> None:
        """Read what was appended since; from the start when another signer's start replaced the file."""
        try:
            with self._path.open("rb") as file:
                file.seek(max(0, self._read - _RECORD))
                if file.read(len(self._last)) != self._last:
                    file.seek(0)
                for end, record in _records(file):
                    self._ids.add(_id(record))
                    self._read, self._last = end, record
        except FileNotFoundError:
            self._read, self._last = 0, b""


def _written(use: UseOnce) -> bytes:
    """One record: the id, and the expiry to the next full second."""
    expiry = (use.expires_at.astimezone(UTC) + timedelta(microseconds=999_999)).replace(microsecond=0, tzinfo=None)
    return f"{use.application_id.hex} {expiry.isoformat()}Z\n".encode("ascii")


def _records(file: BinaryIO) -> Iterator[tuple[int, bytes]]:
    """Each whole record from here on with the offset of its end; half a record at the end was never acknowledged."""
    while block := file.read(_RECORD * _AT_ONCE):
        start = file.tell() - len(block)
        for at in range(0, len(block) - len(block) % _RECORD, _RECORD):
            record = block[at : at + _RECORD]
            _expiry(record), _id(record)
            yield start + at + _RECORD, record
        if len(block) % _RECORD:
            return


def _id(record: bytes) -> bytes:
    try:
        return bytes.fromhex(record[:32].decode("ascii"))
    except ValueError:
        raise UsedRefused("a line does not begin with the id of an application") from None


def _expiry(record: bytes) -> datetime:
    try:
        if record[32:33] + record[-2:] == b" Z\n":
            return datetime.fromisoformat(record[33:-2].decode("ascii")).replace(tzinfo=UTC)
    except ValueError:
        pass
    raise UsedRefused("a line does not end with the time of an expiry")
