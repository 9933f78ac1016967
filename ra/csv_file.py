"""Tables for spreadsheets: CSV (RFC 4180) that no spreadsheet takes for a formula, with a mark that says UTF-8."""

import csv
from collections.abc import Iterable, Sequence
from io import StringIO
from typing import Final

from flask import Response

__all__ = ["csv_answer", "harmless"]

_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""How a cell begins that a spreadsheet may carry out (CWE-1236), also in full width."""


def harmless(cell: str) -> str:
    """The cell as a spreadsheet shows it: one that would be a formula begins with an apostrophe."""
    return f"'{cell}" if cell.startswith(_FORMULA) else cell


def csv_answer(name: str, heads: Sequence[str], rows: Iterable[Sequence[str]]) -> Response:
    """The answer that a browser saves as the file `name`."""
    written = StringIO()
    writer = csv.writer(written, lineterminator="\r\n")
    writer.writerow(map(harmless, heads))
    writer.writerows([harmless(cell) for cell in row] for row in rows)
    response = Response(written.getvalue().encode("utf-8-sig"), mimetype="text/csv")
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
