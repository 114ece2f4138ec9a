"""What is read of alarms for their stretches, and when it is read again."""

from collections.abc import Sequence
from pathlib import Path

import msgspec
from sqlalchemy import Connection, event

from cloud.alarms.alarm_service import AlarmService
from cloud.alarms.records import Alarm
from cloud.database.audit_log import Actor
from cloud.reports.outbox import open_alarms
from cloud.reports.platform_snapshot import PlatformSnapshot
from cloud.reports.points import ReportPoint
from cloud.reports.span_history import AlarmSpans
from tests.unit.cloud.alarms.town import Town, level
from tests.unit.cloud.reports.city import REGISTRY

HOUR_MS = 3_600_000


async def sample(
    town: Town, spans: AlarmSpans, *, changed: Sequence[Alarm] = (), later_ms: int = 0
) -> tuple[list[ReportPoint], int]:
    """The points of a sample, and how many questions of the database they took."""
    opened = await town.database.run(open_alarms)
    now_ms = max(alarm.opened_ms for alarm in opened) + HOUR_MS + later_ms
    snapshot = PlatformSnapshot(now_ms=now_ms, registry=REGISTRY, alarms=opened)
    asked: list[str] = []

    def ask(connection: Connection) -> list[ReportPoint]:
        event.listen(connection, "before_cursor_execute", lambda *row: asked.append(row[2]))
        return spans.points(connection, snapshot, changed)

    return await town.database.run(ask), len(asked)


async def test_an_alarm_is_read_once_and_then_only_grows(tmp_path: Path):
    async with Town(tmp_path) as town:
        await town.rule()
        await town.send(level(200, at=0))
        await town.send(level(300, at=10))
        spans = AlarmSpans()
        first, asked = await sample(town, spans)
        assert [point.tags["kind"] for point in first] == ["level", "level"]
        again, asked_again = await sample(town, spans, later_ms=HOUR_MS)
        assert asked_again < asked
        (grown,) = again
        assert grown.time_ms == first[1].time_ms
        assert int(str(grown.fields["until_ms"])) - int(str(first[1].fields["until_ms"])) == HOUR_MS


async def test_what_changed_is_read_again_and_a_silence_with_its_beginning_and_word(tmp_path: Path):
    async with Town(tmp_path) as town:
        await town.rule()
        await town.send(level(300, at=0))
        spans = AlarmSpans()
        await sample(town, spans)
        (alarm,) = await town.database.run(open_alarms)
        began_ms = alarm.opened_ms + 60_000
        service = AlarmService(town.database, clock=lambda: began_ms)
        await service.shelve(alarm.id, began_ms + 2 * HOUR_MS, "sensor is cleaned", actor=Actor("ani"))
        silenced = [point for point in (await sample(town, spans))[0] if point.tags["kind"] == "silenced"]
        assert [(point.time_ms, point.fields["text"]) for point in silenced] == [(began_ms, "sensor is cleaned")]
        over = msgspec.structs.replace(alarm, closed_ms=alarm.opened_ms + 5)
        ended = [point.fields["until_ms"] for point in (await sample(town, spans, changed=[over]))[0]]
        assert alarm.opened_ms + 5 in ended
