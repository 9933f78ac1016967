"""Values as they are written on a command line: times, serial numbers, files of JSON."""

import json
from datetime import UTC, datetime
from pathlib import Path

import click
from pydantic import JsonValue

from cli.errors import FileRefused

LARGEST_JSON = 64 * 1024
"""Octets of a facts file."""

LONGEST_SERIAL = 40
"""Hexadecimal digits of 20 octets (RFC 5280 section 4.1.2.2)."""


class Moment(click.ParamType[datetime]):
    """A time by RFC 3339 in UTC, such as 2026-11-23T01:00:00Z."""

    name = "TIME"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        """The aware time in UTC, to the second."""
        if isinstance(value, datetime):
            return value
        try:
            moment = datetime.fromisoformat(str(value))
        except ValueError:
            self.fail(f"{value!r} is no time by RFC 3339, such as 2026-11-23T01:00:00Z", param, ctx)
        if moment.tzinfo is None:
            self.fail(f"{value!r} does not say its offset; end it with Z for UTC", param, ctx)
        return moment.astimezone(UTC).replace(microsecond=0)


class Serial(click.ParamType[int]):
    """A serial number in hexadecimal; colons and an odd number of digits are accepted."""

    name = "HEX"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """The positive number."""
        if isinstance(value, int):
            return value
        digits = str(value).replace(":", "").removeprefix("0x")
        try:
            number = int(digits, 16)
        except ValueError:
            number = 0
        if number <= 0 or len(digits) > LONGEST_SERIAL + 2:
            self.fail(f"{value!r} is no serial number in hexadecimal", param, ctx)
        return number


MOMENT = Moment()
SERIAL = Serial()


def check_output(output: Path | None) -> None:
    """Refuse a place where nothing can be written, before anything happens; raises `FileRefused`."""
    if output is not None and not output.parent.is_dir():
        raise FileRefused(output, "its folder does not exist")


def check_new(output: Path) -> None:
    """Refuse a file that exists or has no folder, before anybody signs for it; raises `FileRefused`."""
    check_output(output)
    if output.exists():
        raise FileRefused(output, "it exists, and papers are never written over", "Name another file with --output.")


def hexadecimal(serial: int) -> str:
    """A serial number as text: lower case, an even number of digits."""
    digits = f"{serial:x}"
    return digits if len(digits) % 2 == 0 else f"0{digits}"


def json_file(path: Path, largest: int = LARGEST_JSON) -> dict[str, JsonValue]:
    """The JSON object in `path`, at most `largest` octets; raises `FileRefused`. A key given twice is refused too."""
    if path.stat().st_size > largest:
        raise FileRefused(path, f"it is longer than {largest} octets")
    try:
        value = json.loads(path.read_text(encoding="utf-8"), object_pairs_hook=distinct)
    except UnicodeDecodeError:
        raise FileRefused(path, "it is not UTF-8") from None
    except json.JSONDecodeError as error:
        raise FileRefused(path, f"it is no JSON (line {error.lineno}, column {error.colno})") from None
    except ValueError as error:
        raise FileRefused(path, str(error)) from None
    if not isinstance(value, dict):
        raise FileRefused(path, "it holds no JSON object")
    return value


def distinct(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """A JSON object of distinct keys; ValueError for a key given twice, of which readers would choose differently."""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key is given twice")
    return found
