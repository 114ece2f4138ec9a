"""The table of handover notes."""

from sqlalchemy import Text
from sqlalchemy.orm import Mapped, mapped_column

from cloud.database.base import COUNT, ROW_ID, Base


class HandoverNoteRow(Base):
    """A note; `alarms` are the ids of the worst alarms that were open, as JSON, and `open_alarms` how many were."""

    __tablename__ = "handover_notes"
    id: Mapped[int] = mapped_column(ROW_ID, primary_key=True)
    at_ms: Mapped[int] = mapped_column(COUNT)
    author: Mapped[str] = mapped_column(Text)
    text: Mapped[str] = mapped_column(Text)
    alarms: Mapped[str] = mapped_column(Text)
    open_alarms: Mapped[int] = mapped_column(COUNT)
    read_ms: Mapped[int | None] = mapped_column(COUNT)
    read_by: Mapped[str | None] = mapped_column(Text)
