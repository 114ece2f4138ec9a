"""Which gauge the water of a gauge reaches next."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    """Make the column: of no gauge it was told."""
    op.add_column("sensors", sa.Column("next_downstream", sa.String(64)))


def downgrade() -> None:
    """Drop it: gauges stand by their names again."""
    op.drop_column("sensors", "next_downstream")
