"""Identity over time: since when sites, gateways and sensors are retired, and what was imported of before.

What a retired one measured before is accepted however late it comes; of those that are retired already nobody knows.
"""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0018"

TABLES = ("sites", "gateways", "sensors")
ROW_ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Add the column, and the table."""
    for table in TABLES:
        op.add_column(table, sa.Column("retired_ms", sa.BigInteger, nullable=True))
    op.create_table(
        "imported_ranges",
        sa.Column("id", ROW_ID, primary_key=True),
        sa.Column("sensor", sa.String(64), nullable=False),
        sa.Column("quantity", sa.String(64), nullable=False),
        sa.Column("first_ms", sa.BigInteger, nullable=False),
        sa.Column("last_ms", sa.BigInteger, nullable=False),
        sa.Column("ready_ms", sa.BigInteger, nullable=False),
    )


def downgrade() -> None:
    """Drop them: what comes late of a retired sensor is refused again."""
    op.drop_table("imported_ranges")
    for table in TABLES:
        op.drop_column(table, "retired_ms")
