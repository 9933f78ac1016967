"""Schema 0004: retirements of authorities, newer versions of their records, and the certificates of a partition.

Both new tables are insert-only. A retirement may be entered by the signer too, which puts those back that a restored
database lost; it is believed for its signatures alone. The index lets the list of a partition hold every certificate of
a compromised generation without a row written for each.
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

INSERT_ONLY = ("authority_version", "retirement")
GRANTS = {
    "ra": {"authority_version": "SELECT", "retirement": "SELECT"},
    "signer": {"authority_version": "SELECT", "retirement": "SELECT, INSERT"},
    "ocsp": {"authority_version": "SELECT", "retirement": "SELECT"},
    "audit": {"retirement": "SELECT"},
}


def upgrade() -> None:
    """Make the tables, their guards and the index, and grant each program its part."""
    op.add_column("authority", sa.Column("version", sa.Integer(), server_default="1", nullable=False))
    op.create_table(
        "authority_version",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        *_signed_document(),
        sa.PrimaryKeyConstraint("name", "version"),
    )
    op.create_table(
        "retirement",
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("authority", sa.String(), nullable=False),
        *_signed_document(),
        sa.PrimaryKeyConstraint("digest"),
    )
    op.create_index("certificate_partition", "certificate", ["issuer", "partition", "serial", "authority"])
    postgresql = op.get_bind().dialect.name == "postgresql"
    for table in INSERT_ONLY:
        for act in ("UPDATE", "DELETE"):
            op.execute((_POSTGRESQL if postgresql else _SQLITE).format(table=table, name=act.lower(), act=act))
        if postgresql:
            op.execute(_TRUNCATE.format(table=table))
    if postgresql:
        for program, grants in GRANTS.items():
            for table, rights in grants.items():
                op.execute(f'GRANT {rights} ON "{table}" TO ninsho_{program}')


def _signed_document() -> tuple[sa.Column[bytes], sa.Column[object], sa.Column[int]]:
    return (
        sa.Column("document", sa.LargeBinary(), nullable=False),
        sa.Column("signatures", sa.JSON(), nullable=False),
        sa.Column("added_at", sa.BigInteger(), nullable=False),
    )


_SQLITE = """
CREATE TRIGGER {table}_{name} BEFORE {act} ON "{table}"
BEGIN SELECT RAISE(ABORT, 'insert-only: {table}'); END
"""
_POSTGRESQL = """
CREATE TRIGGER {table}_{name} BEFORE {act} ON "{table}" FOR EACH ROW EXECUTE FUNCTION ninsho_refuse()
"""
_TRUNCATE = """
CREATE TRIGGER {table}_truncate BEFORE TRUNCATE ON "{table}" FOR EACH STATEMENT EXECUTE FUNCTION ninsho_refuse()
"""
