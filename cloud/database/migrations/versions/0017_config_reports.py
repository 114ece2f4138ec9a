"""What gateways made of what the city wants of them, and which wishes still wait for the broker."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0015"


def upgrade() -> None:
    """Make the table and the column."""
    op.create_table(
        "gateway_config_reports",
        sa.Column("gateway", sa.String(64), primary_key=True),
        sa.Column("report", sa.Text, nullable=False),
    )
    op.add_column("gateway_configs", sa.Column("waits", sa.Boolean, nullable=False, server_default=sa.false()))
    op.create_index("gateway_configs_waits", "gateway_configs", ["waits"])


def downgrade() -> None:
    """Drop them: what waited is handed out again by `siaga-cloud gateway config`."""
    op.drop_index("gateway_configs_waits", "gateway_configs")
    op.drop_column("gateway_configs", "waits")
    op.drop_table("gateway_config_reports")
