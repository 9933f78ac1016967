"""The canonical form of what people sign: RFC 8785 (JSON Canonicalization Scheme), bounded before it is parsed.

The types below say how a value stands in JSON: octets as lower-case hexadecimal, moments as UTC to the second with a
`Z`, serial numbers as hexadecimal text since RFC 8785 knows no integer past 2**53. A text is accepted only if it is
the very bytes that its own content yields, so one content has one digest.
"""

from datetime import UTC, datetime
from typing import Annotated, Final, TypeVar

import rfc8785
from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field, PlainSerializer, TypeAdapter, ValidationError

from ca.errors import DocumentMalformed, TooLarge

__all__ = ["CONFIG", "Code", "Digest", "Moment", "Octets", "Serial", "decode", "encode"]

CONFIG: Final = ConfigDict(
    strict=True,
    extra="forbid",
    ser_json_bytes="hex",
    val_json_bytes="hex",
    # a validation error must never carry a holder's data into a log
    hide_input_in_errors=True,
)
T = TypeVar("T")
_FIRST_YEAR: Final = 2000
_LAST_YEAR: Final = 9998


def _moment(value: datetime) -> datetime:
    if value.utcoffset() is None or value.utcoffset() != UTC.utcoffset(None) or value.microsecond:
        raise ValueError("a moment is an aware UTC datetime of whole seconds")
    if not _FIRST_YEAR <= value.year <= _LAST_YEAR:
        raise ValueError("a moment lies in the years 2000 to 9998")
    return value


def _serial_from_text(value: object) -> object:
    return int(value, 16) if isinstance(value, str) else value


Octets = bytes
"""Octets, in JSON lower-case hexadecimal."""

Digest = Annotated[bytes, Field(min_length=32, max_length=32)]
"""A SHA-256 value."""

Code = Annotated[str, Field(pattern=r"\A[a-z0-9][a-z0-9._-]{0,63}\z")]
"""The code of a person, branch, credential, profile, authority, event or deployment."""

Moment = Annotated[
    datetime,
    AfterValidator(_moment),
    PlainSerializer(lambda value: value.strftime("%Y-%m-%dT%H:%M:%SZ"), return_type=str, when_used="json"),
]
"""A moment in UTC, whole seconds, in the years 2000 to 9998: a day may be added or taken away without an overflow."""

Serial = Annotated[
    int,
    Field(ge=1, lt=1 << 159),
    BeforeValidator(_serial_from_text),
    PlainSerializer(
        lambda value: f"{value:x}".zfill((value.bit_length() + 7) // 8 * 2), return_type=str, when_used="json"
    ),
]
"""A serial number: positive, at most 20 octets (RFC 5280 section 4.1.2.2); in JSON hexadecimal of even length."""


def encode(adapter: TypeAdapter[T], value: T, *, document: str, limit: int) -> bytes:
    """Return the canonical form (RFC 8785) of a value, at most `limit` octets.

    Raises DocumentMalformed for text outside Unicode or a number outside RFC 8785, TooLarge past the limit.
    """
    try:
        canonical = rfc8785.dumps(adapter.dump_python(value, mode="json"))
    except ValueError:  # CanonicalizationError and pydantic's errors about text derive from it
        raise DocumentMalformed(document, ("content",)) from None
    if len(canonical) > limit:
        raise TooLarge(len(canonical), limit)
    return canonical


def decode(adapter: TypeAdapter[T], canonical: bytes, *, document: str, limit: int) -> T:
    """Return the value whose canonical form these bytes are.

    Raises TooLarge before parsing, DocumentMalformed for unknown or missing fields, wrong types,
    doubled names, and any bytes that differ from the canonical form of their own content.
    """
    if len(canonical) > limit:
        raise TooLarge(len(canonical), limit)
    try:
        value = adapter.validate_json(canonical)
    except ValidationError as error:
        places = tuple(".".join(map(str, each["loc"]))[:64] or "document" for each in error.errors(include_input=False))
        raise DocumentMalformed(document, places[:8]) from None
    if encode(adapter, value, document=document, limit=limit) != canonical:
        raise DocumentMalformed(document, ("canonical form",))
    return value
