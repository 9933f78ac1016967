"""What a benchmark hands over: rounds of rates, the median of their ratios, a table, a document."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a benchmark's table: `rates` holds one value for each round, in `unit`; `detail` is shown as is.

    `ratio` is that of the row to its yardstick, or None for a yardstick itself.
    """

    name: str
    unit: str
    rates: tuple[float, ...]
    ratio: float | None = None
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """One benchmark's result: what was run, where, and its rows."""

    benchmark: str
    what: str
    settings: Mapping[str, str | int]
    rows: tuple[Row, ...]


def median_of_ratios(ours: Sequence[float], yardstick: Sequence[float]) -> float:
    """The median over the rounds of our value divided by the yardstick's of the same round.

    A busy machine slows both halves of a round alike, so their ratio holds where neither value does. ValueError when
    the rounds do not pair up or a yardstick is not positive.
    """
    if not ours or len(ours) != len(yardstick):
        raise ValueError(f"{len(ours)} rounds do not pair with {len(yardstick)}")
    if min(yardstick) <= 0:
        raise ValueError("a yardstick's value is positive")
    return median(one / other for one, other in zip(ours, yardstick, strict=True))


def spread(values: Sequence[float]) -> float:
    """How far the rounds lie apart: (largest - smallest) / median; 0 for one round."""
    return (max(values) - min(values)) / median(values)


def table(rows: Sequence[Row]) -> str:
    """The rows as text: median, spread and ratio, in columns; numbers are aligned to the right."""
    head = ("", "median", "", "spread", "ratio", "")
    lines = [head, *[_cells(row) for row in rows]]
    widths = [max(len(line[column]) for line in lines) for column in range(len(head))]
    return "\n".join(
        "  ".join(
            cell.rjust(width) if column in (1, 3, 4) else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in lines
    )


def document(outcome: Outcome, surroundings: Mapping[str, str]) -> dict[str, object]:
    """The result as one JSON-ready document, every round in it."""
    return {
        "benchmark": outcome.benchmark,
        "what": outcome.what,
        "settings": dict(outcome.settings),
        "surroundings": dict(surroundings),
        "rows": [
            {
                "name": row.name,
                "unit": row.unit,
                "rounds": [round(rate, 4) for rate in row.rates],
                "median": round(median(row.rates), 4),
                "spread": round(spread(row.rates), 4),
                "ratio": None if row.ratio is None else round(row.ratio, 4),
                "detail": row.detail,
            }
            for row in outcome.rows
        ],
    }


def _cells(row: Row) -> tuple[str, ...]:
    ratio = "" if row.ratio is None else f"{row.ratio:.3g}"
    return row.name, _number(median(row.rates)), row.unit, f"{spread(row.rates):.0%}", ratio, row.detail


def _number(value: float) -> str:
    """Three significant digits, or all of a whole number from 1,000 up."""
    return f"{value:,.0f}" if value >= 1000 else f"{value:.3g}"
