"""The domains and quantities that a city adds to Siaga's own."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "domains",
        sa.Column("id", sa.String(64), primary_key=True),
        sa.Column("english", sa.Text, nullable=False),
        sa.Column("indonesian", sa.Text, nullable=False),
        sa.Column("category", sa.String(16), nullable=False),
        sa.Column("retired", sa.Boolean, nullable=False),
    )
    op.create_table(
        "quantities",
        sa.Column("id", sa.String(64), primary_key=True),
        sa.Column("domain", sa.String(64), nullable=False),
        sa.Column("unit", sa.Text, nullable=False),
        sa.Column("decimals", sa.Integer, nullable=False),
        sa.Column("low", sa.Double, nullable=False),
        sa.Column("high", sa.Double, nullable=False),
        sa.Column("english", sa.Text, nullable=False),
        sa.Column("indonesian", sa.Text, nullable=False),
        sa.Column("hour", sa.String(8), nullable=False),
        sa.Column("worse", sa.String(8)),
        sa.Column("stamped", sa.String(8)),
        sa.Column("sign", sa.Text, nullable=False),
        sa.Column("sign_id", sa.Text, nullable=False),
        sa.Column("step", sa.Double),
        sa.Column("stuck_s", sa.Double),
        sa.Column("retired", sa.Boolean, nullable=False),
        sa.Column("used", sa.Boolean, nullable=False),
    )


def downgrade() -> None:
    """Drop them: an older Siaga knows no quantities but its own."""
    op.drop_table("quantities")
    op.drop_table("domains")
