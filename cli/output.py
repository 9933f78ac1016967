"""What a command prints: its document on standard output, talk on standard error.

With ``--json`` a command prints exactly one JSON document on standard output, with a ``schema`` key that names its
shape; an error is ``{"error": {"code", "message", "next"}}`` on standard error.
"""

import json
import re
import sys
from collections.abc import Mapping, Sequence
from typing import Final

import click

_PIECE: Final = re.compile(r"[\u3000-\u9fff\uff00-\uffef]|[^\s\u3000-\u9fff\uff00-\uffef]+\s*|\s+")
"""What a line is broken between: one wide character, or a word with the space after it."""

_CLOSING: Final = "、。」』)】・ー"


def as_json(context: click.Context) -> bool:
    """Whether this run was asked for JSON."""
    return bool(context.find_root().params.get("json_output"))


def document(context: click.Context, schema: str, body: Mapping[str, object], text: str) -> None:
    """Print one result: `body` under `schema` as JSON when asked, else `text` for a person."""
    if as_json(context):
        click.echo(json.dumps({"schema": f"ninsho.{schema}.v1", **body}, ensure_ascii=False))
    else:
        click.echo(text)


def say(message: str) -> None:
    """Talk: a line on standard error, never part of the result."""
    click.echo(message, err=True)


def table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A plain text table that a terminal of 80 columns and a pipe both show well; wide characters count two."""
    cells = [tuple(headings), *[tuple(row) for row in rows]]
    widths = [max(display_width(row[column]) for row in cells) for column in range(len(headings))]
    lines = ["  ".join(pad(cell, width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in cells]
    return "\n".join([lines[0], "  ".join("-" * width for width in widths), *lines[1:]])


def display_width(text: str) -> int:
    """Columns that `text` takes on a terminal: full-width and wide characters (Unicode TR 11) take two."""
    from unicodedata import east_asian_width

    return sum(2 if east_asian_width(character) in "WF" else 1 for character in text)


def wrapped(text: str, width: int, *, split: bool = True) -> list[str]:
    """The lines of a paragraph, none wider than `width` columns; Japanese breaks anywhere, other text between words.

    A word that is wider goes on in the next line; without `split` it stays whole, for somebody to copy.
    """
    lines = [""]
    for piece in _PIECE.findall(text):
        if display_width(lines[-1] + piece.rstrip()) > width:
            # no line begins with what closes the one before (JIS X 4051)
            carried = lines[-1][-1:] if piece[0] in _CLOSING else ""
            lines[-1] = lines[-1].removesuffix(carried)
            lines.append(carried)
            piece = piece.lstrip()
        while split and display_width(piece) > width:
            lines[-1], piece = piece[:width], piece[width:]
            lines.append("")
        lines[-1] += piece
    return [line.rstrip() for line in lines if line.strip()]


def pad(text: str, width: int) -> str:
    """`text` filled with blanks to `width` columns."""
    return text + " " * (width - display_width(text))


def on_terminal() -> bool:
    """Whether a person watches: progress bars only then, a line now and then elsewhere."""
    return sys.stderr.isatty()
