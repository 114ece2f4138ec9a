"""The outbox of events for dashboards: a column of the table of events."""

from pathlib import Path

from cloud.reports.outbox import ended_alarms, open_alarms, record_reported, report_all_again, unreported
from tests.unit.cloud.alarms.town import Town, level

EVERYWHERE = range(64)


async def test_events_wait_in_the_table_with_their_alarms_and_those_that_are_over_are_named_once(tmp_path: Path):
    async with Town(tmp_path) as town:
        await town.rule()
        await town.send(level(200, at=0))
        await town.send(level(300, at=10))
        await town.send(level(10, at=20))
        await town.send(level(300, at=30, sensor="creek"))
        events = await town.database.run(lambda connection: unreported(connection, EVERYWHERE))
        assert [each.change.kind for each in events] == ["raised", "worsened", "closed", "raised"]
        assert [alarm.sensor for alarm in ended_alarms(events)] == ["river"]
        opened = await town.database.run(open_alarms)
        assert [alarm.sensor for alarm in opened] == ["creek"]


async def test_what_is_recorded_as_reported_waits_no_more_until_all_is_reported_again(tmp_path: Path):
    async with Town(tmp_path) as town:
        await town.rule()
        await town.send(level(300, at=0))
        (event,) = await town.database.run(lambda connection: unreported(connection, EVERYWHERE))
        await town.database.run(lambda connection: record_reported(connection, [event.id], now_ms=1))
        assert await town.database.run(lambda connection: unreported(connection, EVERYWHERE)) == []
        await town.database.run(report_all_again)
        (again,) = await town.database.run(lambda connection: unreported(connection, EVERYWHERE))
        assert again.id == event.id
