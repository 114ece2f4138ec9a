"""Which end of the interval that a reading speaks for a sensor stamps it with."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Make the column: of no sensor it was told."""
    op.add_column("sensors", sa.Column("stamped", sa.String(8)))


def downgrade() -> None:
    """Drop it: every reading belongs to the moment of its stamp again."""
    op.drop_column("sensors", "stamped")
