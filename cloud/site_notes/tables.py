"""The tables of what people note of sites.

site_notes        site_photos ─► photo_images: the pictures by themselves, so that a list reads none of them
"""

from sqlalchemy import Index, LargeBinary, Text
from sqlalchemy.orm import Mapped, mapped_column

from cloud.database.base import COUNT, NAME, ROW_ID, Base


class SiteNoteRow(Base):
    """What somebody wrote of a site at `at_ms` (UTC); `removed_ms`: since when it is removed, None where it is not."""

    __tablename__ = "site_notes"
    __table_args__ = (Index("site_notes_site", "site", "id"), Index("site_notes_removed", "removed_ms"))
    id: Mapped[int] = mapped_column(ROW_ID, primary_key=True)
    site: Mapped[str] = mapped_column(NAME)
    at_ms: Mapped[int] = mapped_column(COUNT)
    author: Mapped[str] = mapped_column(Text)
    text: Mapped[str] = mapped_column(Text)
    removed_ms: Mapped[int | None] = mapped_column(COUNT)
    removed_by: Mapped[str | None] = mapped_column(Text)


class SitePhotoRow(Base):
    """A photo of a site, `width` by `height` pixels; `size` is the bytes of both of its pictures."""

    __tablename__ = "site_photos"
    __table_args__ = (Index("site_photos_site", "site", "id"), Index("site_photos_removed", "removed_ms"))
    id: Mapped[int] = mapped_column(ROW_ID, primary_key=True)
    site: Mapped[str] = mapped_column(NAME)
    at_ms: Mapped[int] = mapped_column(COUNT)
    author: Mapped[str] = mapped_column(Text)
    caption: Mapped[str] = mapped_column(Text)
    width: Mapped[int]
    height: Mapped[int]
    size: Mapped[int]
    removed_ms: Mapped[int | None] = mapped_column(COUNT)
    removed_by: Mapped[str | None] = mapped_column(Text)


class PhotoImageRow(Base):
    """The pictures of a photo, as JPEG: for a page, and `small` for a list."""

    __tablename__ = "photo_images"
    photo: Mapped[int] = mapped_column(COUNT, primary_key=True, autoincrement=False)
    small: Mapped[bytes] = mapped_column(LargeBinary)
    image: Mapped[bytes] = mapped_column(LargeBinary)
