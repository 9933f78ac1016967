"""What code, tests and documents cite by a short name stands in a document of this repository."""

import re
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
ROOMS = ("benchmarks", "ca", "cli", "crl", "deploy", "docs", "hsm", "ocsp", "policies", "ra", "store", "tests")
REQUIREMENTS, SOURCES = ROOT / "docs" / "requirements.md", ROOT / "docs" / "sources.md"
NOT_REQUIREMENTS = {"PDF", "SHA", "SLIP", "UTF"}  # names of standards that look like a requirement's


@cache
def tree() -> str:
    """All that cites: programs, tests, their data, documents, settings; without the two lists of what is cited."""
    kinds = {".cnf", ".html", ".md", ".py", ".toml"}
    files = [*ROOT.glob("*.*"), *(file for room in ROOMS for file in (ROOT / room).rglob("*.*"))]
    cites = [file for file in files if file.suffix in kinds and file not in (REQUIREMENTS, SOURCES, Path(__file__))]
    return "\n".join(file.read_text("utf-8") for file in cites)


def rows(document: Path, heading: str) -> list[str]:
    """The names in the first column of the tables between a heading and the next of its level."""
    section = document.read_text("utf-8").partition(f"{heading}\n")[2].split(f"\n{heading.split()[0]} ")[0]
    return re.findall(r"(?m)^\| (\S*[0-9]|[a-f]) \|", section)


def test_each_requirement_that_is_cited_is_written_down_and_each_that_is_written_down_is_cited() -> None:
    """A reader finds every requirement in docs/requirements.md, once, and none there that nothing answers to."""
    cited = {
        f"{prefix}-{number}"
        for prefix, number in re.findall(r"\b([A-Z]{3,4})-([0-9]{1,2})\b", tree())
        if prefix not in NOT_REQUIREMENTS
    }
    assert sorted(rows(REQUIREMENTS, "# Requirements")) == sorted(cited)


def test_each_section_of_the_fact_sheet_that_is_cited_has_its_row() -> None:
    """A reader finds in docs/sources.md what "fact sheet b.2" is about and what it was drawn from."""
    cited = {*re.findall(r"(?<![\w.])[a-f]\.[0-9]\b", tree()), *re.findall(r"(?i)fact sheet ([a-f])\b(?!\.)", tree())}
    assert {"b.2", "c.4", "d"} <= cited
    assert cited <= set(rows(SOURCES, "## The fact sheet"))


def test_each_section_of_the_design_that_is_cited_has_its_row() -> None:
    """A reader finds in docs/sources.md what "design section 3" is about and which documents hold it now."""
    cited = set(re.findall(r"(?i)\bdesign(?:'s)?\s+section\s+([0-9])", tree()))
    assert {"3", "7"} <= cited
    assert cited <= set(rows(SOURCES, "## The design"))
