"""Many rows in one statement: the bulk forms of INSERT and UPDATE that issuance lives on.

PostgreSQL gets one array for each column (``unnest``), so a statement's text does not grow with its rows and is parsed
once; SQLite gets the rows as values. Both are written for the driver: compiling such a statement would cost more than
carrying it out. Names come from the table models alone; values are always parameters.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import ARRAY, Column, ColumnElement, Dialect, LargeBinary, Table, any_, literal
from sqlalchemy.dialects import postgresql, sqlite

from store.database import Transaction

_MOST_SQLITE_VALUES = 30_000  # SQLite takes at most 32,766 parameters


def insert_new(
    tx: Transaction, table: Table, rows: Sequence[Mapping[str, Any]], key: Sequence[str]
) -> frozenset[tuple[Any, ...]]:
    """Insert the rows whose ``key`` is not there yet and give their keys; rows that are there stay as they are."""
    if not rows:
        return frozenset()
    names = tuple(rows[0])
    values = _values(tx.dialect, table, names, rows)
    tail = f" ON CONFLICT ({', '.join(key)}) DO NOTHING RETURNING {', '.join(key)}"
    inserted = {tuple(row) for part in _inserts(tx, table, names, values, tail) for row in part}
    places = [names.index(name) for name in key]
    return frozenset(
        tuple(row[name] for name in key)
        for row, written in zip(rows, values, strict=True)
        if tuple(written[place] for place in places) in inserted
    )


def insert_all(tx: Transaction, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert every row; a key that is there already is an error of the caller, which the database refuses."""
    if not rows:
        return
    names = tuple(rows[0])
    for _ in _inserts(tx, table, names, _values(tx.dialect, table, names, rows), ""):
        pass


def update_all(tx: Transaction, table: Table, rows: Sequence[Mapping[str, Any]], key: Sequence[str]) -> int:
    """Write the other columns of each row where the ``key`` columns match, and tell how many rows were hit."""
    if not rows:
        return 0
    names = tuple(name for name in rows[0] if name not in key)
    values = _values(tx.dialect, table, (*names, *key), rows)
    if tx.dialect.name == "sqlite":
        statement = (
            f'UPDATE "{table.name}" SET {", ".join(f"{name} = ?" for name in names)} '  # noqa: S608 - the models' names
            f"WHERE {' AND '.join(f'{name} = ?' for name in key)}"
        )
        return tx.exec_driver_sql(statement, [tuple(row) for row in values]).rowcount
    statement = (
        f'UPDATE "{table.name}" AS old SET {", ".join(f"{name} = new.{name}" for name in names)} '  # noqa: S608 - the models' names
        f"FROM {_unnest(table, (*names, *key))} AS new({', '.join((*names, *key))}) "
        f"WHERE {' AND '.join(f'old.{name} = new.{name}' for name in key)}"
    )
    return tx.exec_driver_sql(statement, _columns(values)).rowcount


def among(tx: Transaction, column: "Column[Any]", values: Collection[Any]) -> "ColumnElement[bool]":
    """Say that ``column`` is one of ``values``: on PostgreSQL as one array, so that the statement's text stays."""
    if tx.dialect.name == "sqlite":
        return column.in_(values)
    return column == any_(literal(list(values), ARRAY(column.type)))


def insertion(tx: Transaction, table: Table) -> "postgresql.Insert | sqlite.Insert":
    """Give this engine's INSERT, which knows ON CONFLICT, for single rows."""
    return sqlite.insert(table) if tx.dialect.name == "sqlite" else postgresql.insert(table)


def _inserts(
    tx: Transaction, table: Table, names: tuple[str, ...], values: Sequence[Sequence[Any]], tail: str
) -> Iterable[Sequence[Any]]:
    """Carry the insertion out and give what each statement returned."""
    head = f'INSERT INTO "{table.name}" ({", ".join(names)}) '  # the models' names
    if tx.dialect.name != "sqlite":
        source = f"SELECT * FROM {_unnest(table, names)}"  # noqa: S608 - the models' names
        done = tx.exec_driver_sql(head + source + tail, _columns(values))
        yield done.all() if tail else ()
        return
    most = _MOST_SQLITE_VALUES // len(names)
    one = f"({', '.join('?' * len(names))})"
    for start in range(0, len(values), most):
        part = values[start : start + most]
        flat = tuple(value for row in part for value in row)
        done = tx.exec_driver_sql(f"{head}VALUES {', '.join([one] * len(part))}{tail}", flat)
        yield done.all() if tail else ()


@lru_cache(maxsize=64)
def _unnest(table: Table, names: tuple[str, ...]) -> str:
    dialect = postgresql.dialect()  # type: ignore[no-untyped-call]  # SQLAlchemy gives it no types
    # an array's elements have no collation of their own: the column they go to has it
    types = [table.c[name].type.compile(dialect=dialect).partition(" COLLATE ")[0] for name in names]
    return f"unnest({', '.join(f'%b::{type_}[]' for type_ in types)})"


def _columns(values: Sequence[Sequence[Any]]) -> tuple[list[Any], ...]:
    return tuple(list(column) for column in zip(*values, strict=True))


def _values(dialect: Dialect, table: Table, names: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> list[list[Any]]:
    """Give the rows as the driver takes them, in the order of ``names``."""
    writers = [(name, _writer(dialect, table.c[name])) for name in names]
    return [[row[name] if write is None else write(row[name]) for name, write in writers] for row in rows]


def _writer(dialect: Dialect, column: "Column[Any]") -> Callable[[Any], Any] | None:
    if isinstance(column.type, LargeBinary):
        return None  # both drivers take octets as they are
    write: Callable[[Any], Any] | None = column.type.dialect_impl(dialect).bind_processor(dialect)
    return write
