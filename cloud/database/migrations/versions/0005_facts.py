"""Dated facts: what held of a sensor, a gateway or the city from when on, and who said so."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

ROW_ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Make the table: the next start of the cloud writes down what holds now. The city file may date its sensors."""
    op.create_table(
        "facts",
        sa.Column("id", ROW_ID, primary_key=True),
        sa.Column("subject", sa.String(80), nullable=False),
        sa.Column("what", sa.String(80), nullable=False),
        sa.Column("value", sa.Text, nullable=False),
        sa.Column("valid_from_ms", sa.BigInteger, nullable=False),
        sa.Column("author", sa.Text, nullable=False),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("word", sa.Text, nullable=False),
        sa.Column("recorded_ms", sa.BigInteger, nullable=False),
        sa.Column("undone_ms", sa.BigInteger),
        sa.Column("undone_by", sa.Text),
        sa.Column("due_ms", sa.BigInteger),
        sa.Column("step", sa.Text),
    )
    op.create_index("facts_key", "facts", ["subject", "what"])
    op.create_index("facts_undone", "facts", ["undone_ms"])
    op.add_column("sensors", sa.Column("valid_from_ms", sa.BigInteger))


def downgrade() -> None:
    """Drop them: what holds then is what the city file says, for all times."""
    op.drop_column("sensors", "valid_from_ms")
    op.drop_table("facts")
