"""Who owns the records of the registry, the contacts of a site, and the changes that people make."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0023"

ROW_ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")
ALL = '["sites", "gateways", "sensors"]'


def upgrade() -> None:
    """Make columns and tables: until city.toml says otherwise it owns all, as it did."""
    op.add_column("cities", sa.Column("file_owns", sa.JSON, nullable=False, server_default=ALL))
    op.add_column("sites", sa.Column("contacts", sa.JSON, nullable=False, server_default="[]"))
    op.create_table(
        "registry_changes",
        sa.Column("id", ROW_ID, primary_key=True),
        sa.Column("at_ms", sa.BigInteger, nullable=False),
        sa.Column("author", sa.Text, nullable=False),
        sa.Column("action", sa.String(16), nullable=False),
        sa.Column("word", sa.Text, nullable=False),
        sa.Column("edits", sa.Integer, nullable=False),
        sa.Column("facts", sa.JSON, nullable=False),
        sa.Column("undoes", sa.BigInteger),
        sa.Column("undone_by", sa.BigInteger),
    )
    op.create_table(
        "registry_edits",
        sa.Column("change", sa.BigInteger, sa.ForeignKey("registry_changes.id"), primary_key=True),
        sa.Column("place", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("record", sa.String(64), nullable=False),
        sa.Column("before", sa.Text, nullable=False),
        sa.Column("after", sa.Text, nullable=False),
        sa.Column("site_before", sa.String(64), nullable=False),
        sa.Column("site", sa.String(64), nullable=False),
    )
    op.create_index("registry_edits_record", "registry_edits", ["kind", "record"])


def downgrade() -> None:
    """Drop them: city.toml owns all again, and retires at the next start what it does not name."""
    op.drop_index("registry_edits_record", "registry_edits")
    op.drop_table("registry_edits")
    op.drop_table("registry_changes")
    op.drop_column("sites", "contacts")
    op.drop_column("cities", "file_owns")
