"""Readings by people in place of a doubted sensor: what counted when, who has read a value, what is withdrawn."""

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0028"

_READ = (("read_by", sa.String(80)), ("read_ms", sa.BigInteger()))
_WITHDRAWN = (("withdrawn_ms", sa.BigInteger()), ("withdrawn_by", sa.String(80)))
_COLUMNS = (("alarms", _READ), ("alarm_events", _READ), ("manual_readings", _WITHDRAWN))


def upgrade() -> None:
    """Add the columns, the table and the indexes."""
    for table, columns in _COLUMNS:
        for name, kind in columns:
            op.add_column(table, sa.Column(name, kind, nullable=True))
    op.create_table(
        "overrulings",
        sa.Column("reading", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("since_ms", sa.BigInteger, nullable=False),
        sa.Column("until_ms", sa.BigInteger, nullable=False),
    )
    op.create_index("manual_readings_time", "manual_readings", ["time_ms"])
    op.create_index("manual_readings_withdrawn", "manual_readings", ["withdrawn_ms"])


def downgrade() -> None:
    """Forget them: an older Siaga goes by the sensor alone."""
    op.drop_index("manual_readings_withdrawn", "manual_readings")
    op.drop_index("manual_readings_time", "manual_readings")
    op.drop_table("overrulings")
    for table, columns in _COLUMNS:
        for name, _kind in columns:
            op.drop_column(table, name)
