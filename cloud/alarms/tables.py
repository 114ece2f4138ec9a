"""The tables of alarms.

alarms ◄─ alarm_events        alarm_states: the engine's memory        maintenance        overrulings ─► manual readings
"""

from sqlalchemy import BigInteger, Index, LargeBinary, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from cloud.database.base import COUNT, NAME, ROW_ID, Base


class AlarmStateRow(Base):
    """What the engine remembers of a family on a sensor, encoded; `time_ms` is the event time it stands at."""

    __tablename__ = "alarm_states"
    family: Mapped[str] = mapped_column(NAME, primary_key=True)
    sensor: Mapped[str] = mapped_column(NAME, primary_key=True)
    time_ms: Mapped[int] = mapped_column(COUNT)
    body: Mapped[bytes] = mapped_column(LargeBinary)


class AlarmRow(Base):
    """One alarm, from its opening to its end; `rule` is the resolved rule that fired, `versions` where it came from.

    `read_by` and `read_ms` say who has read `value` and when, null where the sensor has.
    `state` is alarming, silent, recovering or closed; `level` and `worst` count the rule's levels from 0. `quantity` is
    empty where the alarm is about no reading: a sensor's silence, or the platform itself (cloud/monitoring/). `rank`
    is what the list of open alarms goes by, as `ranks.py` has it.
    """

    __tablename__ = "alarms"
    __table_args__ = (
        UniqueConstraint("family", "sensor", "opened_ms"),
        Index("alarms_open", "closed_ms", "rank", "id"),
        Index("alarms_site", "site", "id"),
        Index("alarms_sensor", "sensor", "id"),
        Index(
            "alarms_worst", "rank", "id", sqlite_where=text("closed_ms IS NULL"),
            postgresql_where=text("closed_ms IS NULL"),
        ),
    )  # fmt: skip
    id: Mapped[int] = mapped_column(ROW_ID, primary_key=True)
    family: Mapped[str] = mapped_column(NAME)
    sensor: Mapped[str] = mapped_column(NAME)
    quantity: Mapped[str] = mapped_column(NAME)
    site: Mapped[str] = mapped_column(NAME)
    gateway: Mapped[str] = mapped_column(NAME)
    opened_ms: Mapped[int] = mapped_column(COUNT)
    at_ms: Mapped[int] = mapped_column(COUNT)
    state: Mapped[str] = mapped_column(String(16))
    level: Mapped[int]
    worst: Mapped[int]
    rank: Mapped[int] = mapped_column(default=0)
    value: Mapped[float]
    value_ms: Mapped[int] = mapped_column(COUNT)
    changed_ms: Mapped[int] = mapped_column(COUNT)
    closed_ms: Mapped[int | None] = mapped_column(COUNT)
    late: Mapped[bool]
    withdrawn: Mapped[bool] = mapped_column(default=False)
    test: Mapped[bool] = mapped_column(default=False)
    acknowledged_ms: Mapped[int | None] = mapped_column(COUNT)
    acknowledged_by: Mapped[str | None] = mapped_column(Text)
    acknowledged_word: Mapped[str | None] = mapped_column(Text)
    assigned_to: Mapped[str | None] = mapped_column(Text)
    shelved_until_ms: Mapped[int | None] = mapped_column(COUNT)
    versions: Mapped[str] = mapped_column(Text)
    rule: Mapped[str] = mapped_column(Text)
    read_by: Mapped[str | None] = mapped_column(String(80))
    read_ms: Mapped[int | None] = mapped_column(COUNT)


class AlarmEventRow(Base):
    """A change of an alarm on event time; `routed_ms` is when it was turned into deliveries (or needed none), in
    steady time (`cloud/database/steady_clock.py`).

    `reported_ms` is when dashboards had it, null while they have not (or nobody writes for any). `kind` is raised,
    worsened, eased, silent, heard, recovering, resumed, closed, withdrawn or retired (its sensor, with it the alarm).
    """

    __tablename__ = "alarm_events"
    __table_args__ = (
        UniqueConstraint("alarm", "kind", "time_ms", "level"),
        Index("alarm_events_unrouted", "routed_ms", "id"),
        Index("alarm_events_unreported", "reported_ms", "id"),
    )
    id: Mapped[int] = mapped_column(ROW_ID, primary_key=True)
    alarm: Mapped[int] = mapped_column(COUNT)
    kind: Mapped[str] = mapped_column(String(16))
    time_ms: Mapped[int] = mapped_column(COUNT)
    level: Mapped[int]
    value: Mapped[float]
    late: Mapped[bool]
    at_ms: Mapped[int] = mapped_column(COUNT)
    routed_ms: Mapped[int | None] = mapped_column(COUNT)
    reported_ms: Mapped[int | None] = mapped_column(COUNT)
    read_by: Mapped[str | None] = mapped_column(String(80))
    read_ms: Mapped[int | None] = mapped_column(COUNT)


class OverrulingRow(Base):
    """A manual reading that has counted in place of its sensor, from `since_ms` until `until_ms` at the latest."""

    __tablename__ = "overrulings"
    reading: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    since_ms: Mapped[int] = mapped_column(COUNT)
    until_ms: Mapped[int] = mapped_column(COUNT)


class MaintenanceRow(Base):
    """A window in which a site's or a sensor's alarms page nobody; they are recorded all the same."""

    __tablename__ = "maintenance"
    id: Mapped[int] = mapped_column(ROW_ID, primary_key=True)
    site: Mapped[str | None] = mapped_column(NAME)
    sensor: Mapped[str | None] = mapped_column(NAME)
    from_ms: Mapped[int] = mapped_column(COUNT)
    until_ms: Mapped[int] = mapped_column(COUNT)
    author: Mapped[str] = mapped_column(Text)
    reason: Mapped[str] = mapped_column(Text)
