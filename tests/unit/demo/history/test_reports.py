"""What dashboards read of the past on an InfluxDB: samples, alarms in their time, readings; SQLite gets none of it."""

from contextlib import AsyncExitStack
from itertools import pairwise
from pathlib import Path

from cloud.process.settings import read_cloud_settings
from cloud.reports.points import ReportPoint, lines_of
from demo.folder import SQLITE, DemoFolder
from demo.history.copied import CopiedStore
from demo.history.folder import HistoryFolder
from demo.history.handing_over import open_handing_over
from demo.history.opening import open_past
from demo.history.readings import Past
from demo.history.reports import FINE_AGAIN_MS, FINE_SAMPLE_MS, PastReports
from wire.durations import DAY_MS

SINCE_S = 1_764_300_000  # a Friday; with crowds and showers on the day after it
UNTIL_S = SINCE_S + 2 * 86_400
INFLUXDB = 'engine = "influxdb"\nurl = "http://127.0.0.1:1"\ndatabase = "siaga"\n'


async def _points(folder: Path) -> tuple[list[ReportPoint], bytes]:
    """The points of two days, and the lines of their readings."""
    demo = DemoFolder(folder)
    demo.settle(broker_port=1, api_port=1, store=INFLUXDB)
    past = Past(SINCE_S, fine_from_s=SINCE_S + 86_400)
    async with AsyncExitStack() as closing:
        closing.callback(demo.lock.close)
        writer = await open_past(HistoryFolder(demo.path).begin(), past, closing)
        await writer.write(SINCE_S + 86_400)
        await writer.write(UNTIL_S)
        store = writer.services.foundation.store
        assert isinstance(store, CopiedStore)
        since_ms, until_ms = SINCE_S * 1_000, UNTIL_S * 1_000
        reports = PastReports(
            writer.services.foundation, store, since_ms=since_ms, fine_from_ms=since_ms + DAY_MS, until_ms=until_ms
        )
        points = [point async for part in reports.parts() for point in part]
        return points, b"".join([*store.take_lines(), *lines_of(points)])


async def test_dashboards_find_samples_of_the_past_and_its_alarms_in_their_time(tmp_path: Path):
    points, lines = await _points(tmp_path / "data")
    by: dict[str, list[ReportPoint]] = {}
    for point in points:
        by.setdefault(point.measurement, []).append(point)
    assert by.keys() == {
        "situation", "alarm", "alarm_event", "alarm_span", "threshold", "next_level", "presence", "city", "fleet",
        "ingest", "about_site", "about_sensor", "about_gauge",
    }  # fmt: skip
    assert all(SINCE_S * 1_000 < point.time_ms <= UNTIL_S * 1_000 for point in points)
    times_ms = sorted({point.time_ms for point in by["city"]})
    assert times_ms[-1] - times_ms[-2] <= FINE_SAMPLE_MS
    for measurement in ("situation", "fleet"):
        everywhere = [point for point in by[measurement] if point.tags.get("domain", "all") == "all"]
        last_day = sorted({point.time_ms for point in everywhere if point.time_ms > (UNTIL_S - 86_400) * 1_000})
        gaps_ms = [after - before for before, after in pairwise(last_day)]
        assert max(gaps_ms) <= FINE_AGAIN_MS, "a gap in a chart of states means that the platform was down"
    known = [point for point in by["situation"] if point.time_ms == UNTIL_S * 1_000]
    assert known
    assert all(point.fields["severity"] != -1 for point in known)  # nothing is grey where the present begins
    raised = [point for point in by["alarm_event"] if point.tags["kind"] == "raised"]
    opened = {(point.tags["rule"], point.tags["sensor"], point.time_ms) for point in by["alarm"]}
    assert raised
    assert {(point.tags["rule"], point.tags["sensor"], point.time_ms) for point in raised} <= opened
    assert any(point.fields["acknowledged"] for point in by["alarm"])
    assert {point.fields["version"] for point in by["fleet"]} == {"simulated"}
    stored = sum(int(point.fields["stored"] or 0) for point in by["ingest"])
    last = [point.fields["received"] for point in by["fleet"] if point.time_ms == UNTIL_S * 1_000]
    assert stored == sum(int(each or 0) for each in last) > 0
    for series in (b"ispu=", b"water_level=", b"visitors_present=", b"situation,", b"alarm_span,"):
        assert series in lines


async def test_sqlite_keeps_readings_and_no_reports(tmp_path: Path):
    demo = DemoFolder(tmp_path / "data")
    demo.settle(broker_port=1, api_port=1, store=SQLITE)
    config = HistoryFolder(demo.path).begin()
    past = Past(SINCE_S, fine_from_s=SINCE_S)
    async with AsyncExitStack() as closing:
        closing.callback(demo.lock.close)
        writer = await open_past(config, past, closing)
        await writer.write(SINCE_S + 600)
        base = writer.services.foundation
        assert not isinstance(base.store, CopiedStore)
        over = await open_handing_over(read_cloud_settings(config).store, base, closing)
        await over.finish(base, past)
    assert (config.parent / "readings.db").exists()
