"""People's one-time codes, and people who come from a provider of single sign-on."""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0021"


def upgrade() -> None:
    """Add the columns: nobody has a second factor yet, and everybody is known here alone."""
    op.add_column("users", sa.Column("subject", sa.String(64), nullable=True))
    op.create_index("users_subject", "users", ["subject"], unique=True)
    op.create_table(
        "second_factors",
        sa.Column("user", sa.String(64), primary_key=True),
        sa.Column("secret", sa.Text, nullable=False),
        sa.Column("last_step", sa.BigInteger, nullable=False),
        sa.Column("recovery", sa.Text, nullable=False),
        sa.Column("made_ms", sa.BigInteger, nullable=False),
    )


def downgrade() -> None:
    """Drop them: an older Siaga asks for passwords alone, and lets in no one whom a provider vouched for."""
    op.drop_table("second_factors")
    op.execute('DELETE FROM sessions WHERE "user" IN (SELECT name FROM users WHERE subject IS NOT NULL)')
    op.execute("DELETE FROM users WHERE subject IS NOT NULL")
    op.drop_index("users_subject", "users")
    op.drop_column("users", "subject")
