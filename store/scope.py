"""Whose branches an officer may see: part of every statement of the counter, so nothing of another branch is found.

A page of several branches is put together from one page of each, in the order of an index that begins with the branch:
so it costs the same whatever else the branches hold.
"""

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

from sqlalchemy import Column, ColumnElement, Select, false, func, select, union_all

from store.bounds import word
from store.database import Transaction
from store.errors import RecordRefused
from store.rows import among

Branches: TypeAlias = frozenset[str]
"""The codes of the branches whose records a person may see; none: nothing is found."""

MOST_BRANCHES = 200  # SQLite joins at most 500 selects; the prefecture with the most municipalities and wards has 188
MOST_ROWS = 1000
MOST_COUNTED = 10_001
"""Counting stops here: a page says "more than 10,000"."""


def within(tx: Transaction, column: Column[Any], branches: Branches) -> ColumnElement[bool]:
    """Say that ``column`` is one of ``branches``."""
    check_branches(branches)
    return among(tx, column, sorted(branches)) if branches else false()


def page(
    branches: Branches, one: Callable[[str], Select[Any]], order: Sequence[str], limit: int, *, descending: bool = False
) -> Select[Any]:
    """Give the first ``limit`` rows (1 to 1,000) of all branches together in the order of these columns.

    ``one`` gives the statement for one branch; its columns carry the names by which ``order`` speaks of them.
    """
    check_branches(branches)
    if not 1 <= limit <= MOST_ROWS:
        raise RecordRefused("limit", f"it must be 1 to {MOST_ROWS}")
    if not branches:
        return one("none").where(false())
    parts = [_first(one(branch), order, limit, descending=descending) for branch in sorted(branches)]
    if len(parts) == 1:
        return parts[0]
    together = union_all(*[select(part.subquery()) for part in parts]).subquery()
    return _first(select(together), order, limit, descending=descending)


def count_most(tx: Transaction, statement: Select[Any], most: int) -> int:
    """Count the rows of a statement, and stop at ``most``."""
    return int(tx.execute(select(func.count()).select_from(statement.limit(most).subquery())).scalar_one())


def _first(statement: Select[Any], order: Sequence[str], limit: int, *, descending: bool) -> Select[Any]:
    columns = [statement.selected_columns[name] for name in order]
    return statement.order_by(*[column.desc() if descending else column for column in columns]).limit(limit)


def check_branches(branches: Branches) -> None:
    """See that these may be branches of an officer: at most 200 words. RecordRefused otherwise."""
    if len(branches) > MOST_BRANCHES:
        raise RecordRefused("branches", f"there may be at most {MOST_BRANCHES}")
    for branch in branches:
        word("branch", branch)
