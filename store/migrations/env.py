"""How Alembic runs here: on the one connection `store.database.upgrade` hands over, all steps in its transaction."""

from alembic import context

from store.counter_tables import METADATA

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=METADATA,
    transactional_ddl=True,
    transaction_per_migration=False,
)
context.run_migrations()
