"""The open alarms in memory: as the database has them, only what changed is read whole."""

import itertools
from pathlib import Path

import msgspec
from sqlalchemy import insert, update

from cloud.alarms.open_alarms import MOST_SKIPPED, OpenAlarms
from cloud.alarms.records import Alarm
from cloud.alarms.tables import AlarmEventRow, AlarmRow
from cloud.database.engine import Database
from tests.registries import registry_in
from tests.unit.cloud.console.alarms_made import NOON_MS, an_alarm

TIMES = itertools.count(1)


async def put(database: Database, alarm: Alarm) -> None:
    values = {**msgspec.structs.asdict(alarm), "rule": msgspec.json.encode(alarm.rule).decode()}
    await database.run(lambda connection: connection.execute(insert(AlarmRow).values(values)))
    await tell_of(database, alarm.id)


async def change(database: Database, number: int, **values: object) -> None:
    await database.run(
        lambda connection: connection.execute(update(AlarmRow).where(AlarmRow.id == number).values(values))
    )
    await tell_of(database, number)


async def tell_of(database: Database, number: int) -> None:
    """Write an event, as there is one of every change of an alarm."""
    event = {"alarm": number, "kind": "raised", "time_ms": next(TIMES), "level": 0, "value": 1.0, "late": False}
    await database.run(lambda connection: connection.execute(insert(AlarmEventRow).values({**event, "at_ms": 1})))


async def test_open_alarms_are_followed_from_their_opening_to_their_end(tmp_path: Path):
    database = Database(registry_in(tmp_path))
    await database.open()
    alarms, one = OpenAlarms(database), an_alarm(id=1)
    other = an_alarm(id=2, family="other", closed_ms=NOON_MS)
    await put(database, one)
    await put(database, other)
    (opened,) = await alarms.turn()
    assert (opened.before, opened.after) == (None, one)
    assert await alarms.turn() == []
    await change(database, 1, level=2)
    (worse,) = await alarms.turn()
    assert worse.before is not None
    assert worse.after is not None
    assert (worse.before.level, worse.after.level, alarms.all()) == (1, 2, [worse.after])
    await change(database, 1, closed_ms=NOON_MS)
    (over,) = await alarms.turn()
    assert (over.before, over.after, alarms.all()) == (worse.after, None, [])
    await database.close()


async def test_a_row_that_is_mended_without_an_event_is_seen_after_a_few_turns(tmp_path: Path):
    database = Database(registry_in(tmp_path))
    await database.open()
    alarms = OpenAlarms(database)
    await put(database, an_alarm(id=1))
    await alarms.turn()
    mended = update(AlarmRow).where(AlarmRow.id == 1).values(level=2)
    await database.run(lambda connection: connection.execute(mended))
    steps = [step for _turn in range(MOST_SKIPPED + 1) for step in await alarms.turn()]
    assert [step.after.level for step in steps if step.after is not None] == [2]
    await database.close()
