"""`ninsho db`: the database's schema."""

from contextlib import closing

import click

from ca.people import enter_missing
from cli.installation import config_of
from cli.output import document
from store.database import SCHEMA, Database, check_schema
from store.database import upgrade as upgrade_schema


@click.group()
def db() -> None:
    """Upgrade and check the database."""


@db.command("upgrade")
@click.pass_context
def db_upgrade(context: click.Context) -> None:
    """Bring the database to this program's schema: all steps, or none. Run it as the owner role.

    Afterwards it enters whom older applications are about, so that the counter's search finds them.

    \b
    Example:
      ninsho --config /etc/ninsho/ninsho.toml db upgrade
    """
    url = config_of(context).database_url()
    upgrade_schema(url)
    with closing(Database(url, "owner")) as database:
        enter_missing(database)
    document(context, "db.upgrade", {"schema_revision": SCHEMA}, f"The database has schema {SCHEMA}.")


@db.command("check")
@click.pass_context
def db_check(context: click.Context) -> None:
    """Say whether the database has this program's schema; exit status 8 when not.

    \b
    Example:
      ninsho --config demo-home/ninsho.toml db check
    """
    database = Database(config_of(context).database_url(), "owner")  # as whoever asks: no other role is taken
    try:
        check_schema(database)
    finally:
        database.close()
    document(context, "db.check", {"schema_revision": SCHEMA}, f"The database has schema {SCHEMA}, as it should.")
