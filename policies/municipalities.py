"""The municipalities and wards: their names, their spelling in certificates, and the days between which they exist."""

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files

from policies.errors import UnknownMunicipality

__all__ = ["Municipality", "municipalities", "municipality", "municipality_of_list"]


@dataclass(frozen=True, slots=True)
class Municipality:
    """A municipality, or a ward of a designated city, as it stands in certificates (fact sheet b.2, b.3).

    `code`: five digits, without the check digit. `prefecture`, `name`: as in the register, without the county.
    `kana`: full-width katakana. `prefecture_roman`, `roman`: the two L of a subject, e.g. "Kanagawa-ken" and
    "Yokohama-shi-Nishi-ku". `list_roman`: the spelling in the name of its CRL, which stays for ever with the code.
    `valid_from`, `valid_to`: first and last day in Japan; no last day means that it still exists.
    """

    code: str
    prefecture: str
    prefecture_roman: str
    name: str
    kana: str
    roman: str
    list_roman: str
    valid_from: date
    valid_to: date | None

    @property
    def crldp_name(self) -> str:
        """The CN of the distribution point, e.g. "Minato-ku CRLDP"; one code has one name for ever."""
        return f"{self.list_roman} CRLDP"

    def exists(self, on: date) -> bool:
        """Say whether it exists on that day, both ends counted."""
        return self.valid_from <= on and (self.valid_to is None or on <= self.valid_to)


def municipality(code: str, on: date) -> Municipality:
    """Find the municipality or ward that has this code on that day (a day in Japan).

    Raises UnknownMunicipality when none has; the table begins with 2016-01-01.
    """
    for row in _table().get(code, ()):
        if row.exists(on):
            return row
    raise UnknownMunicipality(code, on)


def municipality_of_list(code: str) -> Municipality | None:
    """Find what a list is named by, on whatever day: the name of a code's list, and its prefecture, never change."""
    return next(iter(_table().get(code, ())), None)


def municipalities(on: date) -> tuple[Municipality, ...]:
    """List all municipalities and wards of that day in the order of their codes."""
    return tuple(row for rows in _table().values() for row in rows if row.exists(on))


@cache
def _table() -> Mapping[str, tuple[Municipality, ...]]:
    """Read the packaged table once; rows of one code stand together and follow each other in time."""
    text = files("policies").joinpath("data/municipalities.tsv").read_text("utf-8")
    lines = (line for line in text.splitlines() if not line.startswith("#"))
    table: dict[str, tuple[Municipality, ...]] = {}
    for cells in csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE):
        row = Municipality(
            code=cells["code"],
            prefecture=cells["prefecture"],
            prefecture_roman=cells["prefecture_roman"],
            name=cells["name"],
            kana=cells["kana"],
            roman=cells["roman"],
            list_roman=cells["list"],
            valid_from=date.fromisoformat(cells["valid_from"]),
            valid_to=date.fromisoformat(cells["valid_to"]) if cells["valid_to"] else None,
        )
        table[row.code] = (*table.get(row.code, ()), row)
    return table
