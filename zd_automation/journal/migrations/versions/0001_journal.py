"""The journal's first tables, and those that workers share."""

from alembic import op

from zd_automation.engine import shared_tables
from zd_automation.journal.tables import metadata

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Create deliveries, decisions, writes and outcomes, workers and buckets."""
    metadata.create_all(op.get_bind())
    shared_tables.metadata.create_all(op.get_bind())


def downgrade() -> None:
    """Drop them all."""
    metadata.drop_all(op.get_bind())
    shared_tables.metadata.drop_all(op.get_bind())
