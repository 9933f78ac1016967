"""The database by its address: schema, transactions and refusals, on both engines."""

from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import psycopg
import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import insert, inspect, text
from sqlalchemy.pool import QueuePool

from store.counter_tables import METADATA
from store.database import SCHEMA, Database, Program, check_schema, engine, upgrade
from store.errors import DatabaseAway, DatabaseMissing, DatabaseRefused, Denied, Immutable, SchemaMismatch, StoreError
from store.tables import CHANGE_COUNTER

OpenAs = Callable[[str, Program], Database]
MIGRATIONS = Path(__file__).parents[3] / "store" / "migrations"


def config() -> Config:
    """Point Alembic at the migrations."""
    made = Config()
    made.set_main_option("script_location", str(MIGRATIONS))
    return made


def step_to(url: str, revision: str) -> None:
    """Bring a database to one revision, as an older release left it."""
    owner = engine(url, "owner", create=True)
    with owner.begin() as connection:
        chosen = config()
        chosen.attributes["connection"] = connection
        command.upgrade(chosen, revision)
    owner.dispose()


def count(database: Database) -> int:
    """Count rows of a table that any program may read."""
    with database.snapshot() as tx:
        return int(tx.execute(text("SELECT count(*) FROM change_counter")).scalar_one())


def contents(database: Database) -> dict[str, tuple[list[str], list[str]]]:
    """Every table by its name: its columns, and its rows in the order of their text."""
    with database.snapshot() as tx:
        schema = inspect(tx)
        return {
            table: (
                [f"{column['name']} {column['type']} {column['nullable']}" for column in schema.get_columns(table)],
                sorted(str(row) for row in tx.execute(text(f'SELECT * FROM "{table}"'))),  # noqa: S608 - the database's own names
            )
            for table in schema.get_table_names()
        }


def test_schema_constant_names_the_newest_migration() -> None:
    """MIG-1: the schema a program demands is the newest one it ships."""
    assert ScriptDirectory.from_config(config()).get_heads() == [SCHEMA]


def test_migrations_make_exactly_the_tables_of_the_models(database: Database) -> None:
    """The tables after the last migration are those of the models: nothing to add, remove or change."""
    with database.snapshot() as tx:
        assert compare_metadata(MigrationContext.configure(tx), METADATA) == []


def test_empty_database_is_refused_and_an_upgrade_repairs_it(open_as: OpenAs, empty_database_url: str) -> None:
    """MIG-1: a database without a schema is refused until it is upgraded."""
    owner = engine(empty_database_url, "owner", create=True)
    with owner.connect():
        pass
    owner.dispose()
    database = open_as(empty_database_url, "owner")
    with pytest.raises(SchemaMismatch) as refused:
        check_schema(database)
    assert refused.value.found is None
    upgrade(empty_database_url)
    check_schema(database)


def test_older_schema_is_refused_with_the_command_to_run(open_as: OpenAs, empty_database_url: str) -> None:
    """MIG-1: new code refuses an older schema and says what, why and what to run."""
    step_to(empty_database_url, "0002")
    database = open_as(empty_database_url, "owner")
    with pytest.raises(SchemaMismatch, match="schema 0002, and this program needs schema") as refused:
        check_schema(database)
    assert "ninsho db upgrade" in refused.value.next


def test_newer_schema_is_refused(database: Database) -> None:
    """MIG-1: old code refuses a newer schema."""
    with database.transaction() as tx:
        tx.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(SchemaMismatch) as refused:
        check_schema(database)
    assert refused.value.found == "9999"


def test_upgrade_twice_changes_nothing(open_as: OpenAs, database_url: str) -> None:
    """MIG-1: an upgrade of the newest schema is no error, and leaves every column and row as it was."""
    upgrade(database_url)
    database = open_as(database_url, "owner")
    with database.transaction() as tx:
        tx.execute(insert(CHANGE_COUNTER), {"issuer": "jpki-sign", "value": 7})
    before = contents(database)
    upgrade(database_url)
    check_schema(database)
    assert contents(database) == before


def test_failed_upgrade_leaves_the_old_schema(open_as: OpenAs, empty_database_url: str) -> None:
    """MIG-1: all steps of an upgrade happen, or none."""
    step_to(empty_database_url, "0001")
    owner = engine(empty_database_url, "owner")
    obstacle = (
        "CREATE TRIGGER audit_head_delete BEFORE DELETE ON audit_head BEGIN SELECT 1; END"
        if owner.dialect.name == "sqlite"
        else "CREATE TRIGGER audit_head_delete BEFORE DELETE ON audit_head"
        " FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger()"
    )
    with owner.begin() as connection:
        connection.exec_driver_sql(obstacle)
    owner.dispose()
    with pytest.raises(StoreError):
        upgrade(empty_database_url)
    database = open_as(empty_database_url, "owner")
    with pytest.raises(SchemaMismatch) as refused:
        check_schema(database)
    assert refused.value.found == "0001"
    with database.snapshot() as tx:
        made = "SELECT count(*) FROM sqlite_master WHERE type = 'trigger'"
        if database.dialect == "postgresql":
            made = "SELECT count(*) FROM pg_trigger WHERE NOT tgisinternal"
        assert tx.execute(text(made)).scalar() == 1


def test_missing_sqlite_file_is_an_error_and_is_not_made(open_as: OpenAs, tmp_path: Path) -> None:
    """A wrong path never becomes an empty database."""
    path = tmp_path / "nowhere.db"
    with pytest.raises(DatabaseMissing):
        open_as(f"sqlite:///{path}", "signer")
    assert not path.exists()


def test_failed_transaction_leaves_nothing(database: Database) -> None:
    """What was written before an error in the same transaction did not happen."""

    def fail_after_writing() -> None:
        with database.transaction() as tx:
            tx.execute(insert(CHANGE_COUNTER), {"issuer": "jpki-sign", "value": 1})
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail_after_writing()
    assert count(database) == 0


def test_snapshot_does_not_see_what_is_committed_later(database: Database) -> None:
    """A snapshot is one unmoving state: two reads in it agree although a writer committed between them."""
    with database.snapshot() as reading:
        before = reading.execute(text("SELECT count(*) FROM change_counter")).scalar()
        with database.transaction() as tx:
            tx.execute(insert(CHANGE_COUNTER), {"issuer": "jpki-sign", "value": 1})
        assert reading.execute(text("SELECT count(*) FROM change_counter")).scalar() == before
    assert count(database) == 1


def test_sqlite_is_durable_and_reads_beside_a_writer(open_as: OpenAs, sqlite_url: str) -> None:
    """DBC-1: WAL and full synchronisation are set on every connection."""
    database = open_as(sqlite_url, "signer")
    with database.snapshot() as tx:
        assert tx.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
        assert tx.exec_driver_sql("PRAGMA synchronous").scalar() == 2


def test_postgresql_commits_synchronously_even_where_the_server_says_otherwise(
    open_as: OpenAs, postgres_url: str
) -> None:
    """DBC-1: synchronous_commit is on, whatever the database's default."""
    owner = open_as(postgres_url, "owner")
    with owner.transaction() as tx:
        name = tx.execute(text("SELECT current_database()")).scalar()
        tx.execute(text(f"ALTER DATABASE {name} SET synchronous_commit = off"))
    again = open_as(postgres_url, "signer")
    with again.snapshot() as tx:
        assert tx.execute(text("SHOW synchronous_commit")).scalar() == "on"


def test_reading_program_cannot_write_on_sqlite(open_as: OpenAs, sqlite_url: str) -> None:
    """Design section 3: `ocsp` and `audit` write nothing, on SQLite by the connection's own mode."""
    database = open_as(sqlite_url, "ocsp")
    with pytest.raises(DatabaseAway), database.transaction() as tx:
        tx.execute(insert(CHANGE_COUNTER), {"issuer": "jpki-sign", "value": 1})


def test_unreachable_server_is_a_clear_error(open_as: OpenAs) -> None:
    """A database that is away is DatabaseAway, not a driver's traceback, and the address is not repeated."""
    database = open_as("postgresql://nobody:secret@/nothing?host=/nonexistent", "ocsp")
    with pytest.raises(DatabaseAway) as away, database.snapshot():
        pass
    assert "secret" not in str(away.value)


@pytest.mark.parametrize("statement", ["SELECT * FROM nowhere", "SELECT nothing FROM change_counter"])
def test_missing_table_or_column_is_a_defect_and_not_an_absence(database: Database, statement: str) -> None:
    """A program that waited for a table of another schema would wait for ever; it is told at once."""
    with pytest.raises(DatabaseRefused) as refused, database.snapshot() as tx:
        tx.execute(text(statement))
    assert not isinstance(refused.value, ConnectionError)


def test_refusals_of_the_database_are_built_in_errors() -> None:
    """Upper layers can tell "away" and "not allowed" from a mistake without knowing this package."""
    assert issubclass(DatabaseAway, ConnectionError)
    assert issubclass(Denied, PermissionError)
    assert issubclass(Immutable, PermissionError)


def test_a_server_gone_without_a_word_is_noticed_in_ten_seconds(open_as: OpenAs, postgres_url: str) -> None:
    """OCSP-6: a machine without power refuses nothing; the connection says so itself, long before TCP would."""
    with open_as(postgres_url, "ocsp").snapshot() as tx:
        driver = tx.connection.driver_connection
        assert isinstance(driver, psycopg.Connection)
        asked = driver.info.get_parameters()
    assert asked["tcp_user_timeout"] == "10000"
    idle, interval, times = (int(asked[f"keepalives_{name}"]) for name in ("idle", "interval", "count"))
    assert idle + interval * times <= 12


def test_a_pool_whose_connections_all_wait_is_an_outage(
    open_as: OpenAs, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """OCSP-6: whoever finds every connection taken hears that the database is away, not of a pool."""
    database = open_as(database_url, "ocsp")
    with ExitStack() as stack:
        pool = stack.enter_context(database.snapshot()).engine.pool
        assert isinstance(pool, QueuePool)
        monkeypatch.setattr(pool, "_timeout", 0.01)
        for _ in range(pool.size() + 10 - 1):  # ten more than its size, SQLAlchemy's bound; one is open
            stack.enter_context(database.snapshot())
        with pytest.raises(DatabaseAway):
            stack.enter_context(database.snapshot())
