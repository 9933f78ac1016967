"""What the accessibility tests found, as the tests themselves wrote it down (tests/browser/conftest.py)."""

import json
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Final

__all__ = ["FILE", "Results", "Tested", "results"]

FILE: Final = "accessibility.json"


@dataclass(frozen=True, slots=True)
class Tested:
    """One page in one language: how many rules it keeps, and how many it breaks."""

    page: str
    language: str
    passes: int
    violations: int


@dataclass(frozen=True, slots=True)
class Results:
    """One run of the tests: the day, the program that tested, the rules it held the pages against, each page."""

    day: str
    program: str
    browser: str
    rules: tuple[str, ...]
    pages: tuple[Tested, ...]

    @property
    def violations(self) -> int:
        """Broken rules on all pages together."""
        return sum(each.violations for each in self.pages)


@cache
def results() -> Results:
    """The newest run that was written down."""
    data = json.loads(files("ra").joinpath(FILE).read_text("utf-8"))
    return Results(
        data["day"],
        data["program"],
        data["browser"],
        tuple(data["rules"]),
        tuple(Tested(**each) for each in data["pages"]),
    )
