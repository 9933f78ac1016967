r"""The commands in the documents do what the documents say: every line that begins with ``$`` is run.

What stands under a command until the next blank line or command is its standard output, exactly.
"""

import os
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


@pytest.mark.parametrize("document", ["README.md", "README.ja.md", "docs/ceremony.md"])
def test_every_file_that_a_document_points_to_is_there(document: str) -> None:
    """A link to a file of the project leads somewhere."""
    text = (ROOT / document).read_text(encoding="utf-8")
    links = [part.split(")")[0].split("#")[0] for part in text.split("](")[1:]]
    files = [link for link in links if not link.startswith("http")]
    assert files
    assert [link for link in files if not (ROOT / document).parent.joinpath(link).exists()] == []
