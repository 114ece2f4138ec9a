"""The logins that gateways were given, and what of them waits to be handed over."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "gateway_logins",
        sa.Column("username", sa.String(80), primary_key=True),
        sa.Column("gateway", sa.String(64), nullable=False),
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("handed_over", sa.Text, nullable=False),
    )
    op.create_index("gateway_logins_gateway", "gateway_logins", ["gateway"])


def downgrade() -> None:
    """Drop it: an older Siaga hands logins over by hand."""
    op.drop_table("gateway_logins")
