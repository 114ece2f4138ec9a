"""Channels that people add while the cloud runs, and what they changed of them."""

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0026"

ROW_ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "channels",
        sa.Column("name", sa.String(64), primary_key=True),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("use", sa.String(16), nullable=False),
        sa.Column("keys", sa.Text, nullable=False),
        sa.Column("sealed", sa.Text, nullable=False),
        sa.Column("address", sa.Text, nullable=False),
    )
    op.create_table(
        "channel_changes",
        sa.Column("id", ROW_ID, primary_key=True),
        sa.Column("at_ms", sa.BigInteger, nullable=False),
        sa.Column("author", sa.Text, nullable=False),
        sa.Column("action", sa.String(16), nullable=False),
        sa.Column("word", sa.Text, nullable=False),
        sa.Column("channel", sa.String(64), nullable=False),
        sa.Column("before", sa.Text, nullable=False),
        sa.Column("after", sa.Text, nullable=False),
        sa.Column("undoes", sa.BigInteger, nullable=True),
        sa.Column("undone_by", sa.BigInteger, nullable=True),
    )
    op.create_index("channel_changes_channel", "channel_changes", ["channel"])


def downgrade() -> None:
    """Drop them, with the channels: those of cloud.toml stay."""
    op.drop_table("channel_changes")
    op.drop_table("channels")
