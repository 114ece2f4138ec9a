"""The past's alarms were raised, acknowledged and cleared in their time, and nobody is notified of them any more."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from sqlite3 import connect
from typing import Any

import pytest

from demo.folder import DemoFolder
from demo.history.folder import HistoryFolder
from demo.history.opening import open_past
from demo.history.readings import Past

SINCE_S = 1_764_300_000  # a Friday; the two days after it are a weekend, with crowds and showers
DAYS = 2
NOTICED_S = 62


@pytest.fixture
async def written(tmp_path: Path) -> AsyncIterator[Path]:
    demo = DemoFolder(tmp_path / "data")
    demo.settle(broker_port=1, api_port=1)
    config = HistoryFolder(demo.path).begin()
    async with AsyncExitStack() as closing:
        writer = await open_past(config, Past(SINCE_S, fine_from_s=SINCE_S + 86_400), closing)
        for day in range(1, DAYS + 1):
            await writer.write(SINCE_S + day * 86_400)
        await writer.close()
    yield config.parent
    demo.lock.close()


def _rows(file: Path, query: str) -> list[Any]:
    with connect(file) as opened:
        return opened.execute(query).fetchall()


async def test_the_past_is_as_if_the_cloud_had_been_there(written: Path):
    registry, readings = written / "registry.db", written / "readings.db"
    alarms = _rows(registry, "SELECT family, late, opened_ms, at_ms, acknowledged_ms, closed_ms FROM alarms")
    assert {alarm[0] for alarm in alarms} >= {"rain-now", "river-rise", "river-level", "crowding"}
    assert [alarm for alarm in alarms if alarm[1]] == []
    assert any(alarm[4] and alarm[5] and alarm[3] < alarm[4] < alarm[5] for alarm in alarms)
    by = _rows(registry, "SELECT DISTINCT actor, origin, word FROM journal WHERE action = 'acknowledge'")
    assert by
    assert all(origin == "simulated" and word.startswith("simulated: ") for _, origin, word in by)

    found_s = _rows(registry, "SELECT max(at_ms - time_ms) / 1000, sum(late), sum(routed_ms IS NULL) FROM alarm_events")
    ((slowest_s, late, unrouted),) = found_s
    assert (late, unrouted) == (0, 0)
    assert slowest_s < 86_400
    assert _rows(registry, "SELECT (SELECT count(*) FROM notices), (SELECT count(*) FROM dead_letters)") == [(0, 0)]

    series = {row[0] for row in _rows(readings, "SELECT DISTINCT quantity FROM series")}
    assert series >= {"ispu", "rain_day", "rise_rate", "siaga", "visitors_present", "capacity_used", "spool_depth"}
    of_a_backlog = "SELECT count(*) FROM readings WHERE marks & 1"
    assert _rows(readings, of_a_backlog) == [(0,)]
