"""Rules, alarms, the journal, notifications and people."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

NAME = sa.String(64)
ROW_ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Make the tables, and what sites and sensors say besides."""
    op.add_column("sites", sa.Column("capacity", sa.Integer))
    op.add_column("sites", sa.Column("area_m2", sa.Double))
    op.add_column("sites", sa.Column("closes", sa.String(5)))
    op.add_column("sites", sa.Column("polygon", sa.JSON, nullable=False, server_default="[]"))
    op.add_column("sensors", sa.Column("groups", sa.JSON, nullable=False, server_default="[]"))
    op.add_column("sensors", sa.Column("twin", NAME))
    op.create_table(
        "rule_versions",
        sa.Column("family", NAME, primary_key=True),
        sa.Column("scope", sa.String(80), primary_key=True),
        sa.Column("version", sa.Integer, primary_key=True),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("removed", sa.Boolean, nullable=False),
        sa.Column("valid_from_ms", sa.BigInteger, nullable=False),
        sa.Column("at_ms", sa.BigInteger, nullable=False),
        sa.Column("author", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
    )
    op.create_table(
        "alarm_states",
        sa.Column("family", NAME, primary_key=True),
        sa.Column("sensor", NAME, primary_key=True),
        sa.Column("time_ms", sa.BigInteger, nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "alarms",
        sa.Column("id", ROW_ID, primary_key=True),
        sa.Column("family", NAME, nullable=False),
        sa.Column("sensor", NAME, nullable=False),
        sa.Column("quantity", NAME, nullable=False),
        sa.Column("site", NAME, nullable=False),
        sa.Column("gateway", NAME, nullable=False),
        sa.Column("opened_ms", sa.BigInteger, nullable=False),
        sa.Column("at_ms", sa.BigInteger, nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("level", sa.Integer, nullable=False),
        sa.Column("worst", sa.Integer, nullable=False),
        sa.Column("value", sa.Double, nullable=False),
        sa.Column("value_ms", sa.BigInteger, nullable=False),
        sa.Column("changed_ms", sa.BigInteger, nullable=False),
        sa.Column("closed_ms", sa.BigInteger),
        sa.Column("late", sa.Boolean, nullable=False),
        sa.Column("withdrawn", sa.Boolean, nullable=False),
        sa.Column("test", sa.Boolean, nullable=False),
        sa.Column("acknowledged_ms", sa.BigInteger),
        sa.Column("acknowledged_by", sa.Text),
        sa.Column("acknowledged_word", sa.Text),
        sa.Column("assigned_to", sa.Text),
        sa.Column("shelved_until_ms", sa.BigInteger),
        sa.Column("versions", sa.Text, nullable=False),
        sa.Column("rule", sa.Text, nullable=False),
        sa.UniqueConstraint("family", "sensor", "opened_ms"),
    )
    op.create_index("alarms_open", "alarms", ["closed_ms", "id"])
    op.create_table(
        "alarm_events",
        sa.Column("id", ROW_ID, primary_key=True),
        sa.Column("alarm", sa.BigInteger, nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("time_ms", sa.BigInteger, nullable=False),
        sa.Column("level", sa.Integer, nullable=False),
        sa.Column("value", sa.Double, nullable=False),
        sa.Column("late", sa.Boolean, nullable=False),
        sa.Column("at_ms", sa.BigInteger, nullable=False),
        sa.Column("routed_ms", sa.BigInteger),
        sa.UniqueConstraint("alarm", "kind", "time_ms", "level"),
    )
    op.create_index("alarm_events_unrouted", "alarm_events", ["routed_ms", "id"])
    op.create_table(
        "journal",
        sa.Column("id", ROW_ID, primary_key=True),
        sa.Column("at_ms", sa.BigInteger, nullable=False),
        sa.Column("actor", sa.Text, nullable=False),
        sa.Column("origin", sa.Text, nullable=False),
        sa.Column("action", sa.String(32), nullable=False),
        sa.Column("subject", sa.String(200), nullable=False),
        sa.Column("word", sa.Text, nullable=False),
        sa.Column("before", sa.Text, nullable=False),
        sa.Column("after", sa.Text, nullable=False),
    )
    op.create_index("journal_subject", "journal", ["subject", "id"])
    op.create_table(
        "maintenance",
        sa.Column("id", ROW_ID, primary_key=True),
        sa.Column("site", NAME),
        sa.Column("sensor", NAME),
        sa.Column("from_ms", sa.BigInteger, nullable=False),
        sa.Column("until_ms", sa.BigInteger, nullable=False),
        sa.Column("author", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
    )
    op.create_table(
        "duty",
        sa.Column("id", ROW_ID, primary_key=True),
        sa.Column("person", sa.Text, nullable=False),
        sa.Column("rank", sa.Integer, nullable=False),
        sa.Column("from_ms", sa.BigInteger, nullable=False),
        sa.Column("until_ms", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "notices",
        sa.Column("id", ROW_ID, primary_key=True),
        sa.Column("event", sa.BigInteger, nullable=False),
        sa.Column("alarm", sa.BigInteger, nullable=False),
        sa.Column("step", sa.Integer, nullable=False),
        sa.Column("urgency", sa.Integer, nullable=False),
        sa.Column("made_ms", sa.BigInteger, nullable=False),
        sa.Column("message", NAME),
        sa.Column("packed_ms", sa.BigInteger),
        sa.Column("at_once", sa.Boolean, nullable=False),
        sa.UniqueConstraint("event", "step"),
    )
    op.create_index("notices_waiting", "notices", ["message", "id"])
    op.create_index("notices_alarm", "notices", ["alarm", "step"])
    op.create_index("notices_packed", "notices", ["step", "packed_ms"])
    op.create_table(
        "deliveries",
        sa.Column("id", ROW_ID, primary_key=True),
        sa.Column("key", sa.String(128), nullable=False, unique=True),
        sa.Column("message", NAME, nullable=False),
        sa.Column("channel", NAME, nullable=False),
        sa.Column("person", sa.Text, nullable=False),
        sa.Column("step", sa.Integer, nullable=False),
        sa.Column("test", sa.Boolean, nullable=False),
        sa.Column("made_ms", sa.BigInteger, nullable=False),
        sa.Column("due_ms", sa.BigInteger, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("claimed_by", sa.Text),
        sa.Column("claimed_until_ms", sa.BigInteger),
        sa.Column("tried_ms", sa.BigInteger),
        sa.Column("done_ms", sa.BigInteger),
        sa.Column("sent", sa.Boolean, nullable=False),
        sa.Column("outcome", sa.Text, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
    )
    op.create_index("deliveries_due", "deliveries", ["done_ms", "due_ms"])
    op.create_index("deliveries_message", "deliveries", ["message"])
    op.create_index("deliveries_made", "deliveries", ["channel", "made_ms"])
    op.create_table(
        "users",
        sa.Column("name", NAME, primary_key=True),
        sa.Column("full_name", sa.Text, nullable=False),
        sa.Column("password_hash", sa.Text, nullable=False),
        sa.Column("role", sa.String(16), nullable=False),
        sa.Column("sites", sa.Text),
        sa.Column("made_ms", sa.BigInteger, nullable=False),
        sa.Column("disabled", sa.Boolean, nullable=False),
    )
    op.create_table(
        "sessions",
        sa.Column("hash", sa.String(64), primary_key=True),
        sa.Column("user", NAME, nullable=False),
        sa.Column("csrf", sa.Text, nullable=False),
        sa.Column("address", sa.Text, nullable=False),
        sa.Column("made_ms", sa.BigInteger, nullable=False),
        sa.Column("seen_ms", sa.BigInteger, nullable=False),
        sa.Column("expires_ms", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "tokens",
        sa.Column("id", ROW_ID, primary_key=True),
        sa.Column("name", sa.Text, nullable=False, unique=True),
        sa.Column("hash", sa.String(64), nullable=False, unique=True),
        sa.Column("role", sa.String(16), nullable=False),
        sa.Column("sites", sa.Text),
        sa.Column("author", sa.Text, nullable=False),
        sa.Column("made_ms", sa.BigInteger, nullable=False),
        sa.Column("expires_ms", sa.BigInteger, nullable=False),
        sa.Column("seen_ms", sa.BigInteger),
        sa.Column("revoked_ms", sa.BigInteger),
    )


def downgrade() -> None:
    """Drop what 0001 has no place for: the tables and columns of `upgrade`, with all that is in them."""
    for table in (
        "tokens", "sessions", "users", "deliveries", "notices", "duty", "maintenance", "journal", "alarm_events",
        "alarms", "alarm_states", "rule_versions",
    ):  # fmt: skip
        op.drop_table(table)
    for table, columns in (("sensors", ("twin", "groups")), ("sites", ("polygon", "closes", "area_m2", "capacity"))):
        for column in columns:
            op.drop_column(table, column)
