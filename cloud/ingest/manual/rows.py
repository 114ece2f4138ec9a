"""Manual readings in the registry database: kept once by person and key, with what is to follow from each.

keep(connection, …) -> ManualReading, or None where that person has sent that key before
"""

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import Connection, Select, func, select, update

from cloud.alarms.manual_values import MOST_VALUES, ManualValue
from cloud.alarms.tables import OverrulingRow
from cloud.database.audit_log import Actor, write_entry
from cloud.database.upsert import insert_statement
from cloud.ingest.historical.imported_ranges import ImportedRange, make_ready, note_ranges
from cloud.ingest.manual.records import CONFIRMS_WITHIN_MS, EnteredReading, ManualReading, Overruling
from cloud.ingest.tables import ManualReadingRow as Row
from rules.engine import ReadBy
from rules.overruling import COUNTS_FOR_MS

_READING: tuple[Any, ...] = (
    Row.id, Row.person, Row.sensor, Row.quantity, Row.time_ms, Row.value, Row.entered_ms, Row.clock_offset_ms,
    Row.withdrawn_ms, Row.withdrawn_by,
)  # fmt: skip
_WHEN_IT_COUNTED: tuple[Any, ...] = (OverrulingRow.since_ms, OverrulingRow.until_ms)


def keep(
    connection: Connection, entry: EnteredReading, actor: Actor, *, offset_ms: int, now_ms: int
) -> ManualReading | None:
    """Keep an entry, which has its right time; None where that key is kept already."""
    row = {
        "person": actor.name, "key": entry.key, "sensor": entry.sensor, "quantity": entry.quantity,
        "time_ms": entry.stated_ms, "value": entry.value, "entered_ms": now_ms, "clock_offset_ms": offset_ms,
    }  # fmt: skip
    statement = insert_statement(connection, Row).values(row).on_conflict_do_nothing().returning(*_READING)
    found = connection.execute(statement).first()
    if found is None:
        return None
    reading = ManualReading(*found)
    _follow_up(connection, reading, now_ms)
    write_entry(
        connection, actor, "enter-reading", f"sensor:{entry.sensor}", now_ms=now_ms,
        after={"quantity": entry.quantity, "value": entry.value, "time_ms": entry.stated_ms, "sure": entry.sure},
    )  # fmt: skip
    return reading


def _follow_up(connection: Connection, reading: ManualReading, now_ms: int) -> None:
    """Have the process that ingests the sensor judge its readings around again."""
    first_ms, last_ms = reading.time_ms - CONFIRMS_WITHIN_MS, reading.time_ms + CONFIRMS_WITHIN_MS
    noted = note_ranges(connection, [ImportedRange(reading.sensor, reading.quantity, first_ms, last_ms)], now_ms=now_ms)
    make_ready(connection, noted, now_ms=now_ms)


def kept_as(connection: Connection, person: str, key: str) -> ManualReading | None:
    """What is kept of a key."""
    query = select(*_READING).where(Row.person == person, Row.key == key)
    found = connection.execute(query).first()
    return None if found is None else ManualReading(*found)


def entered_since(connection: Connection, person: str, since_ms: int) -> int:
    """How many readings somebody has entered since a time (UTC)."""
    query = select(func.count()).select_from(Row).where(Row.person == person, Row.entered_ms > since_ms)
    return connection.execute(query).scalar_one()


def readings_of(
    connection: Connection, sensors: Collection[str], *, quantity: str | None, start_ms: int, end_ms: int, most: int
) -> list[ManualReading]:
    """The newest `most` readings beside some sensors with start <= time < end, the newest first."""
    of_sensors = Row.sensor.in_(sensors) & (Row.time_ms >= start_ms) & (Row.time_ms < end_ms)
    query = _with_when_it_counted().where(of_sensors).order_by(Row.time_ms.desc(), Row.id.desc()).limit(most)
    if quantity is not None:
        query = query.where(Row.quantity == quantity)
    rows: Sequence[Any] = connection.execute(query).all()
    return [ManualReading(*row) for row in rows]


def reading_of(connection: Connection, reading: int) -> ManualReading | None:
    """One reading; None where there is none of that number."""
    found = connection.execute(_with_when_it_counted().where(Row.id == reading)).first()
    return None if found is None else ManualReading(*found)


def values_since(connection: Connection, since_ms: int) -> list[ManualValue]:
    """What rules may take in place of a sensor's: the newest read or withdrawn since a time (UTC)."""
    columns = (Row.sensor, Row.quantity, Row.value, Row.entered_ms, Row.id, Row.person, Row.time_ms, Row.withdrawn_ms)
    found: dict[int, ManualValue] = {}
    for wanted in (Row.time_ms >= since_ms, Row.withdrawn_ms >= since_ms):
        query = select(*columns).where(wanted).order_by(Row.id.desc()).limit(MOST_VALUES)
        for row in connection.execute(query):
            read_by = ReadBy(row.id, row.person, row.time_ms)
            withdrawn = row.withdrawn_ms is not None
            found[row.id] = ManualValue(row.sensor, row.quantity, row.value, row.entered_ms, read_by, withdrawn)
    return list(found.values())


def overrulings_at(connection: Connection, now_ms: int) -> tuple[Overruling, ...]:
    """What counts in place of a sensor at a time (UTC), the newest of each series."""
    columns = (Row.sensor, Row.quantity, Row.value, Row.person, Row.time_ms)
    lately = (Row.time_ms >= now_ms - COUNTS_FOR_MS, Row.withdrawn_ms.is_(None), OverrulingRow.until_ms > now_ms)
    query = select(*columns).join(OverrulingRow, OverrulingRow.reading == Row.id).where(*lately)
    found = [Overruling(*row) for row in connection.execute(query.order_by(Row.time_ms, Row.id).limit(MOST_VALUES))]
    return tuple({(one.sensor, one.quantity): one for one in found}.values())


def take_back(connection: Connection, reading: ManualReading, actor: Actor, *, now_ms: int) -> bool:
    """Withdraw a reading: it counts for nothing any more; whether nobody has done so before."""
    open_row = (Row.id == reading.id, Row.withdrawn_ms.is_(None))
    taken = update(Row).where(*open_row).values(withdrawn_ms=now_ms, withdrawn_by=actor.name).returning(Row.id)
    if connection.execute(taken).first() is None:
        return False
    _follow_up(connection, reading, now_ms)
    write_entry(
        connection, actor, "withdraw-reading", f"sensor:{reading.sensor}", now_ms=now_ms,
        before={"quantity": reading.quantity, "value": reading.value, "time_ms": reading.time_ms,
                "person": reading.person},
    )  # fmt: skip
    return True


def _with_when_it_counted() -> Select[Any]:
    counted = OverrulingRow.reading == Row.id
    return select(*_READING, *_WHEN_IT_COUNTED).outerjoin_from(Row, OverrulingRow, counted)
