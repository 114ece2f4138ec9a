"""By how much clocks of gateways and devices were found wrong, so that a reading that comes again is moved the same."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Make the table, empty."""
    op.create_table(
        "clock_offsets",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True),
        sa.Column("gateway", sa.String(64), nullable=False),
        sa.Column("stream", sa.String(64), nullable=False),
        sa.Column("sensor", sa.String(64), nullable=False),
        sa.Column("first", sa.BigInteger, nullable=False),
        sa.Column("last", sa.BigInteger, nullable=False),
        sa.Column("low_ms", sa.BigInteger, nullable=False),
        sa.Column("high_ms", sa.BigInteger, nullable=False),
        sa.Column("offset_ms", sa.BigInteger, nullable=False),
        sa.Column("agreed", sa.Boolean, nullable=False),
        sa.UniqueConstraint("gateway", "stream", "sensor", "first", "low_ms"),
    )


def downgrade() -> None:
    """Drop it: what is sent again of corrected readings may then be stored at its uncorrected time beside them."""
    op.drop_table("clock_offsets")
