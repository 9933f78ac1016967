"""Whose branches an officer may see: part of every statement of the counter, so nothing of another branch is found.

A page of several branches is put together from one page of each, in the order of an index that begins with the branch:
so it costs the same whatever else the branches hold. For an auditor of very many branches the database sorts.
"""

from collections.abc import Sequence
from typing import Any, TypeAlias

from sqlalchemy import Column, ColumnElement, Select, UnaryExpression, false, func, select, union_all
from sqlalchemy.sql.operators import custom_op

from store.bounds import word
from store.database import Transaction
from store.errors import RecordRefused
from store.rows import among

Branches: TypeAlias = frozenset[str]
"""The codes of the branches whose records a person may see; none: nothing is found."""

MOST_BRANCHES = 10_000  # the whole country has some 1,900
_MOST_JOINED = 200  # SQLite joins at most 500 selects; the prefecture with the most municipalities and wards has 188
_PLUS: custom_op[str] = custom_op("+")
MOST_ROWS = 1000
MOST_COUNTED = 10_001
"""Counting stops here: a page says "more than 10,000"."""


def within(tx: Transaction, column: Column[Any], branches: Branches) -> ColumnElement[bool]:
    """Say that ``column`` is one of ``branches``."""
    check_branches(branches)
    return among(tx, column, sorted(branches)) if branches else false()


def of_few(tx: Transaction, column: Column[Any], branches: Branches) -> ColumnElement[bool]:
    """Say the same of rows that other conditions bring down to a few: no index by branch is walked for it.

    SQLite, which keeps no statistics of its own, would take such an index for as good as any: a plus sign forbids it.
    """
    ours = within(tx, column, branches)
    if tx.dialect.name != "sqlite" or not branches:
        return ours
    return UnaryExpression(column, operator=_PLUS).in_(sorted(branches))


def page(
    tx: Transaction,
    statement: Select[Any],
    column: Column[Any],
    branches: Branches,
    order: Sequence[str],
    limit: int,
    *,
    descending: bool = False,
) -> Select[Any]:
    """Give the first rows of a statement whose ``column`` names one of these branches, as `first` does."""
    check_branches(branches)
    if not branches or len(branches) > _MOST_JOINED:
        return first(statement.where(within(tx, column, branches)), order, limit, descending=descending)
    parts = [
        first(statement.where(column == branch), order, limit, descending=descending) for branch in sorted(branches)
    ]
    if len(parts) == 1:
        return parts[0]
    together = union_all(*[select(part.subquery()) for part in parts]).subquery()
    return first(select(together), order, limit, descending=descending)


def count_most(tx: Transaction, statement: Select[Any], most: int) -> int:
    """Count the rows of a statement, and stop at ``most``."""
    return int(tx.execute(select(func.count()).select_from(statement.limit(most).subquery())).scalar_one())


def first(statement: Select[Any], order: Sequence[str], limit: int, *, descending: bool = False) -> Select[Any]:
    """Give the first ``limit`` rows (1 to 1,000) of a statement in the order of the selected columns of these names."""
    if not 1 <= limit <= MOST_ROWS:
        raise RecordRefused("limit", f"it must be 1 to {MOST_ROWS}")
    columns = [statement.selected_columns[name] for name in order]
    return statement.order_by(*[column.desc() if descending else column for column in columns]).limit(limit)


def check_branches(branches: Branches) -> None:
    """See that these may be branches of an officer: at most 10,000 words. RecordRefused otherwise."""
    if len(branches) > MOST_BRANCHES:
        raise RecordRefused("branches", f"there may be at most {MOST_BRANCHES}")
    for branch in branches:
        word("branch", branch)
