"""Multi-row INSERTs that leave rows already there alone, in the one form both engines share."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Table
from sqlalchemy.dialects import postgresql, sqlite

from store.database import Transaction


def insert_new(
    tx: Transaction, table: Table, rows: Sequence[Mapping[str, Any]], key: Sequence[str]
) -> frozenset[tuple[Any, ...]]:
    """Insert the rows whose ``key`` is not there yet and give their keys; rows that are there stay as they are."""
    if not rows:
        return frozenset()
    statement = insertion(tx, table).on_conflict_do_nothing(index_elements=list(key))
    inserted = tx.execute(statement.returning(*[table.c[name] for name in key]), list(rows))
    return frozenset(tuple(row) for row in inserted)


def insertion(tx: Transaction, table: Table) -> "postgresql.Insert | sqlite.Insert":
    """Give this engine's INSERT, which knows ON CONFLICT."""
    return sqlite.insert(table) if tx.dialect.name == "sqlite" else postgresql.insert(table)
