"""One entry of a ceremony's transcript and the line it is written as.

A line is the canonical form (RFC 8785) of its entry and a newline. `check`, a short digest of the rest of the line,
finds a changed octet in the line where it stands; `previous`, the SHA-256 of the whole line before without its
newline, makes one chain of them.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from hashlib import sha256
from typing import Annotated, Final

from pydantic import AfterValidator, Field, JsonValue, PlainSerializer, TypeAdapter
from pydantic.dataclasses import dataclass

from ca.canonical import CONFIG, Digest, decode, encode
from ca.errors import DocumentMalformed, TooLarge

__all__ = ["CLOSED", "LINE_LIMIT", "NO_ROOT", "OPENED", "PROGRAM", "RESUMED", "Entry", "hash_of"]

LINE_LIMIT: Final = 64 * 1024
"""Octets of a line, its newline included."""

NO_ROOT: Final = bytes(32)
"""What the first entry holds instead of the hash of a line before."""

OPENED: Final = "ceremony.opened"
"""The event of the first entry, and of no other."""

CLOSED: Final = "ceremony.closed"
"""The event of the last entry, and of no other."""

RESUMED: Final = "ceremony.resumed"
"""The event that begins each sitting after the first."""

PROGRAM: Final = "program"
"""The actor of what the program does by itself."""


def _instant(value: datetime) -> datetime:
    if value.utcoffset() is None or value.utcoffset() != UTC.utcoffset(None) or value.microsecond % 1000:
        raise ValueError("an instant is an aware UTC datetime of whole milliseconds")
    return value


Instant = Annotated[
    datetime,
    AfterValidator(_instant),
    PlainSerializer(
        lambda value: value.strftime("%Y-%m-%dT%H:%M:%S.") + f"{value.microsecond // 1000:03d}Z",
        return_type=str,
        when_used="json",
    ),
]
"""A moment in UTC, to the millisecond."""

Event = Annotated[str, Field(pattern=r"\A[a-z][a-z0-9-]*(\.[a-z][a-z0-9-]*)*\z", max_length=64)]
"""What happened: words with points between them, such as ``token.initialised``."""


@dataclass(frozen=True, kw_only=True, config=CONFIG)
class Entry:
    """One thing that happened, as it stands in a line.

    `number` counts from 0, `elapsed` are the seconds of a monotonic clock since this sitting began, `step` is the
    script's step ("S03") if the event belongs to one, `actor` a person's code or `PROGRAM`, `facts` what the event
    has to tell in JSON, never a secret.
    """

    number: Annotated[int, Field(ge=0)]
    at: Instant
    elapsed: Annotated[float, Field(ge=0, allow_inf_nan=False)]
    step: Annotated[str, Field(pattern=r"\AS[0-9]{2,4}\z")] | None
    actor: Annotated[str, Field(min_length=1, max_length=64)]
    event: Event
    facts: Mapping[str, JsonValue]
    previous: Digest
    rehearsal: bool

    @property
    def line(self) -> bytes:
        """The line of this entry with its newline. Raises TooLarge past LINE_LIMIT, DocumentMalformed for odd text."""
        content = encode(_ENTRY, self, document=_DOCUMENT, limit=LINE_LIMIT)
        written = _OBJECT.validate_json(content) | {"check": _check(content)}
        return encode(_OBJECT, written, document=_DOCUMENT, limit=LINE_LIMIT - 1) + b"\n"

    @property
    def hash(self) -> bytes:
        """SHA-256 of the line without its newline: what the next entry holds as `previous`."""
        return hash_of(self.line)

    @staticmethod
    def parse(line: bytes) -> "Entry":
        """Return the entry of a line without its newline. Raises ValueError, saying why, for any other octets."""
        try:
            written = decode(_OBJECT, line, document=_DOCUMENT, limit=LINE_LIMIT - 1)
        except TooLarge:
            raise ValueError(f"it has more than {LINE_LIMIT} octets") from None
        except DocumentMalformed:
            raise ValueError("it is not JSON in canonical form") from None
        check = written.pop("check", None)
        content = encode(_OBJECT, written, document=_DOCUMENT, limit=LINE_LIMIT)
        if check != _check(content):
            raise ValueError("its content is not what its check was made of")
        try:
            return decode(_ENTRY, content, document=_DOCUMENT, limit=LINE_LIMIT)
        except DocumentMalformed as error:
            raise ValueError(f"it is no entry ({', '.join(error.fields)})") from None


_DOCUMENT: Final = "transcript entry"
_ENTRY: Final = TypeAdapter(Entry)
_OBJECT: Final = TypeAdapter(dict[str, JsonValue])


def hash_of(line: bytes) -> bytes:
    """SHA-256 of a line without its newline."""
    return sha256(line.removesuffix(b"\n")).digest()


def _check(content: bytes) -> str:
    return sha256(content).hexdigest()[:16]
