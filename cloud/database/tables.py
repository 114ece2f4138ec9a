"""The tables of what every room uses: the audit log, leases of shards, steady time.

journal: who did what, to what, from where, before, after        ingest_leases        steady_clock
"""

from sqlalchemy import Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from cloud.database.base import COUNT, NAME, ROW_ID, Base


class AuditRow(Base):
    """Who did what, to what, when, from where, with which word, and what it was before and after (JSON or empty).

    `subject` is alarm:17, rule:river-level@all, user:ani, maintenance:3, channel:telegram …; `actor` is a user, a
    token's name, or siaga itself.
    """

    __tablename__ = "journal"
    __table_args__ = (Index("journal_subject", "subject", "id"),)
    id: Mapped[int] = mapped_column(ROW_ID, primary_key=True)
    at_ms: Mapped[int] = mapped_column(COUNT)
    actor: Mapped[str] = mapped_column(Text)
    origin: Mapped[str] = mapped_column(Text)
    action: Mapped[str] = mapped_column(String(32))
    subject: Mapped[str] = mapped_column(String(200))
    word: Mapped[str] = mapped_column(Text)
    before: Mapped[str] = mapped_column(Text)
    after: Mapped[str] = mapped_column(Text)


class IngestLeaseRow(Base):
    """The process that ingests a shard: `token` is one start of one process, `heartbeat` counts up while it lives."""

    __tablename__ = "ingest_leases"
    shard: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    token: Mapped[str] = mapped_column(String(32))
    holder: Mapped[str] = mapped_column(Text)
    process: Mapped[str] = mapped_column(Text)
    heartbeat: Mapped[int] = mapped_column("beat", COUNT)


class SteadyClockRow(Base):
    """A boot of a machine: steady time less its time since boot, and where steady time and UTC stood last."""

    __tablename__ = "steady_clock"
    boot: Mapped[str] = mapped_column(NAME, primary_key=True)
    lead_ms: Mapped[int] = mapped_column(COUNT)
    steady_ms: Mapped[int] = mapped_column(COUNT)
    wall_ms: Mapped[int] = mapped_column(COUNT)
