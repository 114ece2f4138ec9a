"""Rollouts of versions to gateways."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"

ROW_ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "rollouts",
        sa.Column("id", ROW_ID, primary_key=True),
        sa.Column("version", sa.String(64), nullable=False),
        sa.Column("batch", sa.Integer, nullable=False),
        sa.Column("skip_offline", sa.Boolean, nullable=False),
        sa.Column("again", sa.Boolean, nullable=False),
        sa.Column("limit_s", sa.Double, nullable=False),
        sa.Column("architectures", sa.Text, nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("started_by", sa.Text, nullable=False),
        sa.Column("started_ms", sa.BigInteger, nullable=False),
        sa.Column("changed_ms", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "rollout_members",
        sa.Column("rollout", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("gateway", sa.String(64), primary_key=True),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("since_ms", sa.BigInteger, nullable=False),
        sa.Column("accepted", sa.Boolean, nullable=False),
        sa.Column("before", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
    )
    op.create_index("rollout_members_state", "rollout_members", ["rollout", "state"])


def downgrade() -> None:
    """Drop them: what a gateway was asked it does all the same."""
    op.drop_index("rollout_members_state", "rollout_members")
    op.drop_table("rollout_members")
    op.drop_table("rollouts")
