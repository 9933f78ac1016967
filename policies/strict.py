"""Strict reading of TOML files into frozen dataclasses: an unknown, missing or mistyped key is an error."""

import json
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import MISSING, fields
from hashlib import sha256
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ConfigDict, TypeAdapter, ValidationError

__all__ = ["STRICT", "Fault", "as_dataclass", "only_keys_of", "read_toml"]

STRICT = ConfigDict(extra="forbid", strict=True, hide_input_in_errors=True)
"""What each dataclass read from a file carries as `__pydantic_config__`."""

_LARGEST_FILE = 65_536
_REASONS = {
    "extra_forbidden": "this key is not known",
    "unexpected_keyword_argument": "this key is not known",
    "missing": "this key is missing",
    "missing_argument": "this key is missing",
}

T = TypeVar("T")


class Fault(Exception):
    """Where a file is wrong (`key`, dotted) and why (`reason`); its readers turn it into their own error."""

    def __init__(self, key: str, reason: str) -> None:
        self.key, self.reason = key, reason
        super().__init__(f"{key}: {reason}")


def read_toml(path: Path) -> tuple[dict[str, Any], bytes]:
    """Read a TOML file of at most 65,536 octets; gives its tables and the SHA-256 of its bytes. Raises Fault."""
    try:
        with path.open("rb") as file:
            content = file.read(_LARGEST_FILE + 1)
    except OSError as error:
        raise Fault("file", f"it cannot be read ({error.strerror})") from None
    if len(content) > _LARGEST_FILE:
        raise Fault("file", f"it is longer than {_LARGEST_FILE} octets")
    try:
        return tomllib.loads(content.decode("utf-8")), sha256(content).digest()
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise Fault("file", f"it is not TOML ({error})") from None


def as_dataclass(adapter: TypeAdapter[T], table: Mapping[str, Any]) -> T:
    """Turn a table into what `adapter` describes. Raises Fault at the first wrong key."""
    try:
        # The JSON mode of a strict adapter takes arrays for tuples and still refuses "1" for 1.
        return adapter.validate_json(json.dumps(table))
    except TypeError:
        raise Fault("file", "it holds a date or a time, which no key takes") from None
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False, include_context=False)[0]
        key = ".".join(str(part) for part in first["loc"]) or "file"
        raise Fault(key, _REASONS.get(first["type"], first["msg"].removeprefix("Value error, "))) from None


def only_keys_of(kind: type) -> Callable[[Any], Any]:
    """A validator that lets pass just tables with exactly the fields of the dataclass `kind`."""
    known = {field.name for field in fields(kind)}
    needed = {field.name for field in fields(kind) if field.default is MISSING}

    def check(table: Any) -> Any:  # noqa: ANN401 - a TOML value before it is validated
        if not isinstance(table, dict):
            raise ValueError("a table is expected")
        for word, keys in (("unknown", set(table) - known), ("missing", needed - set(table))):
            if keys:
                raise ValueError(f"the key {min(keys)} is {word}")
        # A table that passed through Python is no longer JSON, where an array counts as a tuple.
        return {key: tuple(value) if isinstance(value, list) else value for key, value in table.items()}

    return check
