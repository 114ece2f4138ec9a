"""The registry, the dead letters and the accounts, as first laid down."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

NAME = sa.String(64)
ROW_ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Make all tables."""
    op.create_table(
        "cities",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("zone", sa.Text, nullable=False),
    )
    op.create_table(
        "sites",
        sa.Column("id", NAME, primary_key=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("place", sa.Text, nullable=False),
        sa.Column("latitude", sa.Double, nullable=False),
        sa.Column("longitude", sa.Double, nullable=False),
        sa.Column("zone", sa.Text, nullable=False),
        sa.Column("retired", sa.Boolean, nullable=False),
    )
    op.create_table(
        "gateways",
        sa.Column("id", NAME, primary_key=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("site", NAME, sa.ForeignKey("sites.id"), nullable=False),
        sa.Column("retired", sa.Boolean, nullable=False),
    )
    op.create_table(
        "sensors",
        sa.Column("id", NAME, primary_key=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("site", NAME, sa.ForeignKey("sites.id"), nullable=False),
        sa.Column("gateway", NAME, sa.ForeignKey("gateways.id"), nullable=False),
        sa.Column("interval_s", sa.Double),
        sa.Column("mounting_height_cm", sa.Double),
        sa.Column("retired", sa.Boolean, nullable=False),
    )
    op.create_table(
        "sensor_quantities",
        sa.Column("sensor", NAME, sa.ForeignKey("sensors.id"), primary_key=True),
        sa.Column("quantity", NAME, primary_key=True),
        sa.Column("place", sa.Integer, nullable=False),
        sa.Column("scale", sa.Double, nullable=False),
        sa.Column("offset", sa.Double, nullable=False),
    )
    op.create_table(
        "dead_letters",
        sa.Column("id", ROW_ID, primary_key=True),
        sa.Column("fingerprint", sa.String(64), nullable=False, unique=True),
        sa.Column("time_ms", sa.BigInteger, nullable=False),
        sa.Column("gateway", NAME, nullable=False),
        sa.Column("reason", sa.String(32), nullable=False),
        sa.Column("sentence", sa.Text, nullable=False),
        sa.Column("size", sa.Integer, nullable=False),
        sa.Column("count", sa.BigInteger, nullable=False),
        sa.Column("replayed_ms", sa.BigInteger),
        sa.Column("raw", sa.LargeBinary, nullable=False),
    )
    op.create_index("dead_letters_replayed", "dead_letters", ["replayed_ms"])
    op.create_table(
        "stream_accounts",
        sa.Column("gateway", NAME, primary_key=True),
        sa.Column("stream", NAME, primary_key=True),
        sa.Column("received", sa.Text, nullable=False),
        sa.Column("declared", sa.Text, nullable=False),
        sa.Column("duplicates", sa.BigInteger, nullable=False),
        sa.Column("written_off", sa.BigInteger, nullable=False),
        sa.Column("touched_ms", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "closed_streams",
        sa.Column("gateway", NAME, primary_key=True),
        sa.Column("received", sa.BigInteger, nullable=False),
        sa.Column("duplicates", sa.BigInteger, nullable=False),
        sa.Column("missing", sa.BigInteger, nullable=False),
        sa.Column("declared_lost", sa.BigInteger, nullable=False),
    )
