"""Which events of alarms have been told to whoever reads the readings store."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Make the column: no event has been told yet."""
    op.add_column("alarm_events", sa.Column("reported_ms", sa.BigInteger))
    op.create_index("alarm_events_unreported", "alarm_events", ["reported_ms", "id"])


def downgrade() -> None:
    """Drop it: events told once will be told again, which is harmless."""
    op.drop_index("alarm_events_unreported", "alarm_events")
    op.drop_column("alarm_events", "reported_ms")
