"""The inbox's first table."""

from alembic import op

from zd_automation.engine.inbox import metadata

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Create the inbox."""
    metadata.create_all(op.get_bind())


def downgrade() -> None:
    """Drop it."""
    metadata.drop_all(op.get_bind())
