"""Which hours of series are to be judged again, until that is done."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "review_notes",
        sa.Column("sensor", sa.String(64), primary_key=True),
        sa.Column("quantity", sa.String(64), primary_key=True),
        sa.Column("hour", sa.BigInteger, primary_key=True),
    )


def downgrade() -> None:
    """Drop it: what is not reviewed yet keeps the marks that it came with."""
    op.drop_table("review_notes")
