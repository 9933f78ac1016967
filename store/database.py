"""The database by its address: SQLite or PostgreSQL, one role per program, short transactions.

`Transaction` is what every function of this package takes first; upper layers only pass it on. A transaction that may
write starts as such (SQLite: BEGIN IMMEDIATE), so two writers wait for one another and never fail half way.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from sqlite3 import SQLITE_ERROR
from sqlite3 import Connection as SQLiteConnection
from typing import Literal, TypeAlias

from sqlalchemy import URL, Connection, Engine, create_engine, event, inspect, make_url, text
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as NoConnectionFree
from sqlalchemy.pool import ConnectionPoolEntry

from store.errors import (
    DatabaseAway,
    DatabaseMissing,
    DatabaseRefused,
    Denied,
    Immutable,
    SchemaMismatch,
    StoreError,
)

Transaction: TypeAlias = Connection
Program = Literal["owner", "ra", "signer", "ocsp", "audit"]

SCHEMA = "0007"  # the newest file in store/migrations/versions
_READERS = ("ocsp", "audit")
_BUSY_SECONDS = 10
_SILENT = {"tcp_user_timeout": 10_000, "keepalives_idle": 5, "keepalives_interval": 2, "keepalives_count": 3}
"""After how long (milliseconds; seconds) a server whose machine or line is gone without a word counts as away."""
_DENIED = "42501"  # PostgreSQL: insufficient_privilege
_INSERT_ONLY = "insert-only"  # how the guards' messages begin (store/migrations/versions/schema_0002_guards.py)


class Database:
    """One program's way to the database.

    ``url`` is ``sqlite:///path`` or ``postgresql://user@host/name``; on PostgreSQL every connection takes the role of
    ``program`` before its first statement. Raises DatabaseMissing for an SQLite file that does not exist.
    """

    def __init__(self, url: str, program: Program) -> None:
        self.program: Program = program
        self._engine = engine(url, program)
        self.dialect: Literal["sqlite", "postgresql"] = (
            "sqlite" if self._engine.dialect.name == "sqlite" else "postgresql"
        )
        self._reader = self._engine.execution_options(
            **({} if self.dialect == "sqlite" else {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}),
            read_only=True,
        )

    @contextmanager
    def transaction(self) -> Iterator[Transaction]:
        """Run the body in one transaction: all of it is durable when the block ends, or nothing of it happened.

        Raises DatabaseAway, DatabaseRefused, Denied or Immutable for what the database itself refuses.
        """
        with _translated(), self._engine.begin() as connection:
            yield connection

    @contextmanager
    def snapshot(self) -> Iterator[Transaction]:
        """Run the body on one unmoving state of the database, without waiting for writers; it cannot write."""
        with _translated(), self._reader.connect() as connection, connection.begin():
            yield connection

    def close(self) -> None:
        """Close every pooled connection."""
        self._engine.dispose()


def engine(url: str, program: Program, *, create: bool = False) -> Engine:
    """Make the engine of ``url``; ``create`` lets an SQLite file come into being (only an upgrade does that)."""
    address = make_url(url)
    if address.get_backend_name() == "sqlite":
        return _sqlite(address, program, create=create)
    return _postgresql(address, program)


def check_schema(database: Database) -> None:
    """Refuse to work on a database of another schema, older or newer: SchemaMismatch."""
    with database.snapshot() as tx:
        found = found_schema(tx)
    if found != SCHEMA:
        raise SchemaMismatch(found, SCHEMA)


def found_schema(tx: Transaction) -> str | None:
    """Tell the schema's revision, or None for an empty database."""
    if not inspect(tx).has_table("alembic_version"):
        return None
    return tx.execute(text("SELECT version_num FROM alembic_version")).scalar()


def upgrade(url: str) -> None:
    """Bring the database to the newest schema, creating it when empty; all steps or none.

    Run by the owner role. Raises DatabaseAway when it cannot be reached.
    """
    from alembic import command
    from alembic.config import Config  # alembic takes 0.2 s to import, and only an upgrade needs it

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    owner = engine(url, "owner", create=True)
    try:
        with _translated(), owner.begin() as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
    finally:
        owner.dispose()


def _sqlite(address: URL, program: Program, *, create: bool) -> Engine:
    path = Path(address.database or "")
    if not address.database or not (create or path.is_file()):
        raise DatabaseMissing
    made = create_engine(address, hide_parameters=True, connect_args={"timeout": _BUSY_SECONDS})

    def connected(connection: DBAPIConnection, record: ConnectionPoolEntry) -> None:
        if isinstance(connection, SQLiteConnection):
            connection.isolation_level = None  # transactions begin where `begin` below says, not where sqlite3 guesses
        cursor = connection.cursor()
        for pragma in (
            "journal_mode=WAL",
            "synchronous=FULL",
            f"busy_timeout={_BUSY_SECONDS * 1000}",
            "recursive_triggers=ON",  # so that REPLACE meets the guards against deletion too
            f"query_only={'ON' if program in _READERS else 'OFF'}",
        ):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    def begin(connection: Connection) -> None:
        read_only = program in _READERS or connection.get_execution_options().get("read_only", False)
        connection.exec_driver_sql("BEGIN" if read_only else "BEGIN IMMEDIATE")

    event.listen(made, "connect", connected)
    event.listen(made, "begin", begin)
    return made


def _postgresql(address: URL, program: Program) -> Engine:
    made = create_engine(
        address.set(drivername="postgresql+psycopg"),
        pool_pre_ping=program != "ocsp",  # a lost connection costs OCSP one answer, a ping would cost it every answer
        hide_parameters=True,
        connect_args={"connect_timeout": 5, **_SILENT},
    )

    def connected(connection: DBAPIConnection, record: ConnectionPoolEntry) -> None:
        cursor = connection.cursor()
        if program != "owner":
            cursor.execute(f"SET ROLE ninsho_{program}")
        cursor.execute(f"SET lock_timeout = '{_BUSY_SECONDS}s'")
        cursor.execute(
            "SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'"
        )
        cursor.close()
        connection.commit()

    event.listen(made, "connect", connected)
    return made


@contextmanager
def _translated() -> Iterator[None]:
    """Give the database's refusals this package's words.

    A driver's text may repeat a whole row, so neither it nor the error it stands in is passed on, not even as a cause.
    """
    try:
        yield
    except DBAPIError as error:
        raise _translation(error) from None
    except NoConnectionFree:  # each of the pool's is waiting for the database
        raise DatabaseAway("TimeoutError") from None


def _translation(error: DBAPIError) -> StoreError:
    state: str | None = getattr(error.orig, "sqlstate", None)
    if state == _DENIED:
        return Denied()
    if str(error.orig).startswith(_INSERT_ONLY):
        return Immutable()
    # sqlite3 calls a missing table or column "operational" too, under the code of every statement it cannot compile
    is_defect = getattr(error.orig, "sqlite_errorcode", None) == SQLITE_ERROR
    if isinstance(error, OperationalError | InterfaceError) and not is_defect:
        return DatabaseAway(type(error.orig).__name__)
    constraint = getattr(getattr(error.orig, "diag", None), "constraint_name", None)
    return DatabaseRefused(" ".join(part for part in (type(error.orig).__name__, state, constraint) if part))
