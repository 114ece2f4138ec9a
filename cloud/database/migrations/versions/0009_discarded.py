"""What was refused and found no room, by gateway and reason; and an index for how much each gateway holds."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Make the table and the index."""
    op.create_table(
        "discarded_readings",
        sa.Column("gateway", sa.String(64), primary_key=True),
        sa.Column("reason", sa.String(32), primary_key=True),
        sa.Column("readings", sa.BigInteger, nullable=False),
        sa.Column("letters", sa.BigInteger, nullable=False),
        sa.Column("first_ms", sa.BigInteger, nullable=False),
        sa.Column("last_ms", sa.BigInteger, nullable=False),
    )
    op.create_index("dead_letters_held", "dead_letters", ["gateway", "size"])


def downgrade() -> None:
    """Drop them: nobody counts then what was not kept."""
    op.drop_index("dead_letters_held", "dead_letters")
    op.drop_table("discarded_readings")
