"""The tables of updates: rollouts, rollout_members."""

from sqlalchemy import Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from cloud.database.base import COUNT, NAME, ROW_ID, Base


class RolloutRow(Base):
    """A rollout; `architectures` are words with spaces between them, times are UTC (ms)."""

    __tablename__ = "rollouts"
    id: Mapped[int] = mapped_column(ROW_ID, primary_key=True)
    version: Mapped[str] = mapped_column(String(64))
    batch: Mapped[int]
    skip_offline: Mapped[bool]
    again: Mapped[bool]
    limit_s: Mapped[float]
    architectures: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(String(16))
    reason: Mapped[str] = mapped_column(Text)
    started_by: Mapped[str] = mapped_column(Text)
    started_ms: Mapped[int] = mapped_column(COUNT)
    changed_ms: Mapped[int] = mapped_column(COUNT)


class RolloutMemberRow(Base):
    """A gateway in a rollout; `since_ms` is steady time (`cloud/database/steady_clock.py`)."""

    __tablename__ = "rollout_members"
    __table_args__ = (Index("rollout_members_state", "rollout", "state"),)
    rollout: Mapped[int] = mapped_column(COUNT, primary_key=True, autoincrement=False)
    gateway: Mapped[str] = mapped_column(NAME, primary_key=True)
    state: Mapped[str] = mapped_column(String(16))
    since_ms: Mapped[int] = mapped_column(COUNT)
    accepted: Mapped[bool]
    before: Mapped[str] = mapped_column(Text)
    reason: Mapped[str] = mapped_column(Text)
