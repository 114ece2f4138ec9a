"""Which open alarm stands first, and the indexes of lists of many alarms."""

import json

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0020"

_SEVERITIES = ("minor", "moderate", "severe", "extreme")
_AT_ONCE = 1_000


def upgrade() -> None:
    """Add the column, fill it in for what is there, and make the indexes."""
    op.add_column("alarms", sa.Column("rank", sa.Integer, nullable=False, server_default="0"))
    _fill_in(op.get_bind())
    op.drop_index("alarms_open", "alarms")
    op.create_index("alarms_open", "alarms", ["closed_ms", "rank", "id"])  # in whose order SQLite reads what is open
    op.create_index("alarms_site", "alarms", ["site", "id"])
    op.create_index("alarms_sensor", "alarms", ["sensor", "id"])
    is_open = sa.text("closed_ms IS NULL")
    op.create_index("alarms_worst", "alarms", ["rank", "id"], sqlite_where=is_open, postgresql_where=is_open)


def downgrade() -> None:
    """Take them away: an older Siaga sorts by what stands in the rules."""
    for name in ("alarms_worst", "alarms_sensor", "alarms_site", "alarms_open"):
        op.drop_index(name, "alarms")
    op.create_index("alarms_open", "alarms", ["closed_ms", "id"])
    op.drop_column("alarms", "rank")


def _fill_in(connection: sa.Connection) -> None:
    names = ("id", "level", "worst", "closed_ms", "acknowledged_ms", "rule")
    alarms = sa.table("alarms", *(sa.column(name) for name in (*names, "rank")))
    query = sa.select(*(alarms.c[name] for name in names)).order_by(alarms.c.id).limit(_AT_ONCE)
    filled = sa.update(alarms).where(alarms.c.id == sa.bindparam("b_id")).values(rank=sa.bindparam("b_rank"))
    last_id = 0
    while rows := connection.execute(query.where(alarms.c.id > last_id)).all():
        connection.execute(filled, [{"b_id": row.id, "b_rank": _rank(row)} for row in rows])
        last_id = rows[-1].id


def _rank(row: sa.Row) -> int:  # type: ignore[type-arg]
    levels = json.loads(row.rule)["levels"]
    level = levels[max(0, min(row.level if row.closed_ms is None else row.worst, len(levels) - 1))]
    return 2 * (1 + _SEVERITIES.index(level["severity"])) + (1 if row.acknowledged_ms is None else 0)
