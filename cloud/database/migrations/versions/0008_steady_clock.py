"""Where steady time stands: waits of notifications go on after a restart, and no step of the clock moves them."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Make the table, empty: steady time begins as UTC, so waits that are under way stay as they are."""
    op.create_table(
        "steady_clock",
        sa.Column("boot", sa.String(64), primary_key=True),
        sa.Column("lead_ms", sa.BigInteger, nullable=False),
        sa.Column("steady_ms", sa.BigInteger, nullable=False),
        sa.Column("wall_ms", sa.BigInteger, nullable=False),
    )


def downgrade() -> None:
    """Drop it: waits are taken for UTC again, which they are but for the steps of the clock since."""
    op.drop_table("steady_clock")
