"""Handover notes: what a shift writes for the next one, and who of that has read it."""

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0025"

ROW_ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "handover_notes",
        sa.Column("id", ROW_ID, primary_key=True),
        sa.Column("at_ms", sa.BigInteger, nullable=False),
        sa.Column("author", sa.Text, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("alarms", sa.Text, nullable=False),
        sa.Column("open_alarms", sa.BigInteger, nullable=False),
        sa.Column("read_ms", sa.BigInteger, nullable=True),
        sa.Column("read_by", sa.Text, nullable=True),
    )


def downgrade() -> None:
    """Drop it, with the notes: the journal keeps what was written."""
    op.drop_table("handover_notes")
