"""Notes and photos of sites."""

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0027"


def upgrade() -> None:
    """Make the tables, empty."""
    op.create_table("site_notes", *_columns(sa.Column("text", sa.Text, nullable=False)))
    sizes = [sa.Column(name, sa.Integer, nullable=False) for name in ("width", "height", "size")]
    op.create_table("site_photos", *_columns(sa.Column("caption", sa.Text, nullable=False), *sizes))
    for name in ("site_notes", "site_photos"):
        op.create_index(f"{name}_site", name, ["site", "id"])
        op.create_index(f"{name}_removed", name, ["removed_ms"])
    op.create_table(
        "photo_images",
        sa.Column("photo", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("small", sa.LargeBinary, nullable=False),
        sa.Column("image", sa.LargeBinary, nullable=False),
    )


def downgrade() -> None:
    """Drop them with all that people wrote: an older Siaga has no place for it."""
    for name in ("photo_images", "site_photos", "site_notes"):
        op.drop_table(name)


def _columns(*own: sa.Column) -> list[sa.Column]:  # type: ignore[type-arg]
    """What notes and photos have alike, around what is their `own`."""
    return [
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True),
        sa.Column("site", sa.String(64), nullable=False),
        sa.Column("at_ms", sa.BigInteger, nullable=False),
        sa.Column("author", sa.Text, nullable=False),
        *own,
        sa.Column("removed_ms", sa.BigInteger, nullable=True),
        sa.Column("removed_by", sa.Text, nullable=True),
    ]
