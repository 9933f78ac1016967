"""Schema 0007: the index by which a branch finds the hand-overs that the authority refused."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the index; it is small, since such an end is rare."""
    undone = sa.text("action = 'hand-over' AND state IN ('refused', 'parked')")
    op.create_index("application_undone", "application", ["branch", "id"], sqlite_where=undone, postgresql_where=undone)
