"""Schema 0006: what a branch writes down of its own work, and the index by which its ledger of certificates is read.

Self-checks (自己点検) and notices of expiry (有効期限通知) are insert-only: a later one stands beside the earlier.
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

INSERT_ONLY = ("self_check", "expiry_notice")


def upgrade() -> None:
    """Make the tables with their guards, and the indexes; the front end may add to them."""
    op.create_table(
        "self_check",
        sa.Column("id", sa.Uuid(), nullable=False),
        *[sa.Column(name, sa.String(), nullable=False) for name in ("branch", "person")],
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("answers", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("self_check_branch", "self_check", ["branch", "id"])
    op.create_table(
        "expiry_notice",
        sa.Column("serial", sa.LargeBinary(), nullable=False),
        *[sa.Column(name, sa.String(), nullable=False) for name in ("issuer", "branch", "person")],
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("serial", "issuer"),
    )
    op.create_index("certificate_branch_issued", "certificate_branch", ["branch", "issued_at", "issuer", "serial"])
    parked = sa.text("state = 'parked'")
    op.create_index("application_parked", "application", ["id"], sqlite_where=parked, postgresql_where=parked)
    for table in INSERT_ONLY:
        _guard(table)


def _guard(table: str) -> None:
    if op.get_bind().dialect.name == "postgresql":
        for act in ("UPDATE", "DELETE"):
            op.execute(
                f'CREATE TRIGGER {table}_{act.lower()} BEFORE {act} ON "{table}" '
                "FOR EACH ROW EXECUTE FUNCTION ninsho_refuse()"
            )
        op.execute(
            f'CREATE TRIGGER {table}_truncate BEFORE TRUNCATE ON "{table}" '
            "FOR EACH STATEMENT EXECUTE FUNCTION ninsho_refuse()"
        )
        op.execute(f'GRANT SELECT, INSERT ON "{table}" TO ninsho_ra')
        return
    for act in ("UPDATE", "DELETE"):
        op.execute(
            f'CREATE TRIGGER {table}_{act.lower()} BEFORE {act} ON "{table}" '
            f"BEGIN SELECT RAISE(ABORT, 'insert-only: {table}'); END"
        )
