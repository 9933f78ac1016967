r"""The commands in the documents do what the documents say: every line that begins with ``$`` is run.

What stands under a command until the next blank line or command is its standard output, exactly.
"""

import os
import re
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import pytest
from sybil import Document, Example, Region, Sybil

ROOT = Path(__file__).parents[2]


def sessions(document: Document) -> Iterable[Region]:
    """Each command of an indented block as a region of its own."""
    position = 0
    start, lines = 0, list[str]()
    for line in [*document.text.splitlines(keepends=True), "\n"]:
        is_command = line.startswith("    $ ")
        if lines and (is_command or not line.startswith("    ")):
            yield Region(start, position, parsed="".join(lines), evaluator=run)
            lines = []
        if is_command:
            start, lines = position, [line]
        elif lines:
            lines.append(line)
        position = min(position + len(line), len(document.text))


def run(example: Example) -> None:
    """Run one command in the document's folder and compare what it prints."""
    command, *expected = [line.removeprefix("    ") for line in example.parsed.splitlines()]
    folder: Path = example.namespace["folder"]
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    result = subprocess.run(
        ["sh", "-c", command.removeprefix("$ ")],
        cwd=folder,
        env={**os.environ, "PATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    assert result.stdout.splitlines() == expected


@pytest.mark.parametrize("document", sorted(ROOT.glob("docs/*.md")), ids=lambda path: path.name)
def test_every_command_prints_what_the_document_says(document: Path, tmp_path: Path) -> None:
    """An example that no longer works fails the build."""
    parsed = Sybil(parsers=[sessions]).parse(document)
    parsed.namespace["folder"] = tmp_path
    (tmp_path / "docs").symlink_to(ROOT / "docs")  # a reader's commands are given in the checkout
    for example in parsed.examples():
        example.evaluate()


def anchors(document: Path) -> set[str]:
    """What links can point to in a document: its headings in lower case, without marks, a hyphen for each space.

    So GitHub makes them, but for a heading that stands twice.
    """
    headings = re.findall(r"(?m)^#+ (.*)$", document.read_text(encoding="utf-8"))
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_an_anchor_is_its_heading_without_marks(tmp_path: Path) -> None:
    """Letters of any script stay, code marks and brackets go."""
    page = tmp_path / "page.md"
    page.write_text("# Deferred mode: the centre is down\n\n    # a remark\n\n## `ra serve` (預かり)\n", "utf-8")
    assert anchors(page) == {"deferred-mode-the-centre-is-down", "ra-serve-預かり"}


@pytest.mark.parametrize(
    "document", sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")]), ids=lambda path: str(path.relative_to(ROOT))
)
def test_every_link_of_a_document_leads_somewhere(document: Path) -> None:
    """The file of the project is there, and the heading in it."""
    links = [link for link in re.findall(r"\]\(([^)]+)\)", document.read_text(encoding="utf-8")) if "://" not in link]
    broken = []
    for link in links:
        name, _, fragment = link.partition("#")
        target = document.parent / name if name else document
        if not target.exists() or (fragment and fragment not in anchors(target)):
            broken.append(link)
    assert broken == []
