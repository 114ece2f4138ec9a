"""Readings by people, each once by person and key."""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"


def upgrade() -> None:
    """Make their table and its indexes."""
    op.create_table(
        "manual_readings",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True),
        sa.Column("person", sa.String(80), nullable=False),
        sa.Column("key", sa.String(64), nullable=False),
        sa.Column("sensor", sa.String(64), nullable=False),
        sa.Column("quantity", sa.String(64), nullable=False),
        sa.Column("time_ms", sa.BigInteger, nullable=False),
        sa.Column("clock_offset_ms", sa.BigInteger, nullable=False),
        sa.Column("value", sa.Double, nullable=False),
        sa.Column("entered_ms", sa.BigInteger, nullable=False),
        sa.UniqueConstraint("person", "key"),
    )
    op.create_index("manual_readings_series", "manual_readings", ["sensor", "time_ms"])
    op.create_index("manual_readings_entered", "manual_readings", ["person", "entered_ms"])


def downgrade() -> None:
    """Forget them: an older Siaga does not know them."""
    op.drop_table("manual_readings")
