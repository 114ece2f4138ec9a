"""When a device answered a command: only then is it known that somebody hears it."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """Make the column: nothing that was sent before is known to have been answered."""
    op.add_column("deliveries", sa.Column("answered_ms", sa.BigInteger))


def downgrade() -> None:
    """Drop it: a command counts as heard when the broker took it, again."""
    op.drop_column("deliveries", "answered_ms")
