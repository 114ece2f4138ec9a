"""The service on a simulated InfluxDB: what was written when; an outage loses nothing and counts nothing twice."""

import asyncio
import logging
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from cloud.core.health import Condition
from cloud.gateways.statuses import Statuses
from cloud.ingest.dead_letters import DeadLetters
from cloud.readings.influx import InfluxStore
from cloud.readings.settings import InfluxSettings
from cloud.registry.records import Sensor
from cloud.reports.outbox import unreported
from cloud.reports.points import ReportPoint, line_of
from cloud.reports.service import EARLY_MS, POINTS_IN_A_ROW, Reports
from tests.contract.test_influx_answers import OK, Answer, Request, SimulatedInflux
from tests.unit.cloud.alarms.town import T0, Town, city, level
from wire import shard_of
from wire.measurements import MEASUREMENTS, SAMPLE_S

AWAY: Answer = (503, {}, "")
EVERYWHERE = range(64)
OWN = shard_of("gw-daruba")


class ReportsScene:
    """A town, the reports of it, and the lines that the simulated server has stored."""

    def __init__(self, town: Town, server: SimulatedInflux, shards: range = EVERYWHERE) -> None:
        self.town, self.server = town, server
        self.store = InfluxStore(InfluxSettings(url=server.url, database="siaga"))
        self.reports = Reports(
            store=self.store, registry=town.registry, newest=town.newest, accounts=town.accounts, statuses=Statuses(),
            database=town.database, rule_store=town.rule_store,
            dead_letters=DeadLetters(town.database, max_bytes=2**20), metrics=town.metrics, shards=shards,
            clock=town.clock,
        )  # fmt: skip

    async def tick(self, *, at: float) -> None:
        """A tick of the reports `at` seconds after T0."""
        self.town.now_ms = T0 + int(at * 1_000)
        await self.reports.tick()

    def lines(self, measurement: str) -> list[str]:
        return [line for line in self.server.stored if line.startswith(f"{measurement},")]

    def alarms(self) -> list[tuple[str, int]]:
        """(severity, seconds after T0) of every stored point of an alarm."""
        return [(line.split("severity=")[1].split("i,")[0], _second(line)) for line in self.lines("alarm")]

    def stored(self) -> dict[int, int]:
        """What each sample of ingest says was stored, by its second: a point written again is the same point."""
        return {_second(line): int(line.split(",stored=")[1].split("i,")[0]) for line in self.lines("ingest")}


def _site_of(line: str) -> str:
    return line.split("site=")[1].split(",")[0].split(" ")[0]


def _second(line: str) -> int:
    return (int(line.rsplit(" ", 1)[1]) - T0) // 1_000


@pytest.fixture
def server() -> Iterator[SimulatedInflux]:
    with SimulatedInflux() as simulated:
        serving = threading.Thread(target=simulated.serve_forever, args=(0.01,))
        serving.start()
        yield simulated
        simulated.shutdown()
        serving.join()


@asynccontextmanager
async def scene_in(folder: Path, server: SimulatedInflux, **where: range) -> AsyncIterator[ReportsScene]:
    async with Town(folder) as town:
        await town.rule()
        scene = ReportsScene(town, server, **where)
        await scene.store.open()
        try:
            yield scene
        finally:
            await scene.store.close()


async def test_a_start_writes_everything_once_and_the_next_sample_comes_in_its_time(
    tmp_path: Path, server: SimulatedInflux
):
    async with scene_in(tmp_path, server) as scene:
        await scene.town.send(level(300, at=0))
        await scene.tick(at=1)
        assert {line.split(",")[0] for line in server.stored} == set(MEASUREMENTS) - {"presence"}, (
            "nobody counts visitors"
        )
        assert scene.reports.component().status is Condition.OK
        await scene.tick(at=SAMPLE_S)
        assert len(scene.lines("ingest")) == 1
        await scene.tick(at=1 + SAMPLE_S)
        assert (len(scene.lines("ingest")), len(scene.lines("alarm_event"))) == (2, 1)
        assert scene.alarms() == [("3", 1), ("3", 1 + SAMPLE_S)]


async def test_an_alarm_that_opens_or_ends_does_not_wait_for_the_next_sample(tmp_path: Path, server: SimulatedInflux):
    async with scene_in(tmp_path, server) as scene:
        await scene.tick(at=0)
        await scene.town.send(level(300, at=6))
        scene.reports.nudge()
        await scene.tick(at=6)
        assert scene.alarms() == [("3", 6)]
        await scene.town.send(level(10, at=8))
        scene.reports.nudge()
        await scene.tick(at=8)
        assert scene.alarms() == [("3", 6)]  # not twice within EARLY_MS
        await scene.tick(at=6 + EARLY_MS / 1_000)
        assert scene.alarms() == [("3", 6), ("0", 11)]
        assert [line.split("kind=")[1].split(",")[0] for line in scene.lines("alarm_event")] == ["raised", "closed"]
        await scene.tick(at=SAMPLE_S)
        assert len(scene.alarms()) == 2
        assert len(scene.lines("alarm_event")) == 2


async def test_before_its_time_the_situation_is_told_where_an_alarm_has_changed_and_nowhere_else(
    tmp_path: Path, server: SimulatedInflux
):
    async with scene_in(tmp_path, server) as scene:
        await scene.tick(at=0)
        assert {_site_of(line) for line in scene.lines("situation")} == {"daruba", "wayabula"}
        told = len(scene.lines("situation"))
        await scene.town.send(level(300, at=6))
        scene.reports.nudge()
        await scene.tick(at=6)
        assert {_site_of(line) for line in scene.lines("situation")[told:]} == {"daruba"}
        told = len(scene.lines("situation"))
        await scene.tick(at=SAMPLE_S)
        assert {_site_of(line) for line in scene.lines("situation")[told:]} == {"daruba", "wayabula"}


async def test_ingest_has_its_turn_while_a_large_city_is_told(
    tmp_path: Path, server: SimulatedInflux, monkeypatch: pytest.MonkeyPatch
):
    made, in_a_row = 0, [0]

    def counted(point: ReportPoint) -> bytes:
        nonlocal made
        made += 1
        return line_of(point)

    async def ingest() -> None:
        nonlocal made
        while True:
            in_a_row.append(made)
            made = 0
            await asyncio.sleep(0)

    monkeypatch.setattr("cloud.reports.service.line_of", counted)
    async with scene_in(tmp_path, server) as scene:
        sensors = [Sensor(f"air-{n}", "Air", "daruba", "gw-daruba", ("pm2_5",)) for n in range(20 * POINTS_IN_A_ROW)]
        scene.town.registry.replace_with(city(*sensors))
        beside = asyncio.create_task(ingest())
        await scene.tick(at=0)
        beside.cancel()
        assert len(scene.lines("about_sensor")) > 20 * POINTS_IN_A_ROW
        assert max(in_a_row) == POINTS_IN_A_ROW


async def test_what_ended_while_the_store_was_away_is_told_when_it_is_back(tmp_path: Path, server: SimulatedInflux):
    async with scene_in(tmp_path, server) as scene:
        await scene.town.send(level(300, at=0))
        await scene.tick(at=1)
        server.rule = lambda _: AWAY
        await scene.town.send(level(10, at=20))
        await scene.tick(at=31)
        problem = scene.reports.component()
        assert problem.status is Condition.DEGRADED
        assert "answered 503" in problem.detail
        assert problem.detail.endswith("dashboards wait, and it is tried again every 30 s")
        asked = len(server.requests)
        await scene.tick(at=40)
        assert len(server.requests) == asked  # it is left alone until the next sample
        server.rule = lambda _: OK
        await scene.tick(at=61)
        assert scene.alarms() == [("3", 1), ("0", 61)]
        assert len(scene.lines("alarm_event")) == 2
        assert scene.reports.component().status is Condition.OK


async def test_what_ended_while_the_cloud_was_off_for_dashboards_is_told_at_its_next_start(
    tmp_path: Path, server: SimulatedInflux
):
    async with scene_in(tmp_path, server) as scene:
        await scene.town.send(level(300, at=0))
        await scene.tick(at=1)
        await scene.town.send(level(10, at=20))
        again = ReportsScene(scene.town, server)
        await again.store.open()
        await again.tick(at=25)
        await again.store.close()
        assert scene.alarms() == [("3", 1), ("0", 25)]


async def test_sums_are_true_whether_the_store_was_away_or_only_failed_to_say_that_it_took_it(
    tmp_path: Path, server: SimulatedInflux
):
    def takes_work_and_says_no(request: Request) -> Answer:
        if not request.lines[0].startswith("ingest,"):
            return OK
        server.stored.extend(request.lines)
        return AWAY

    async with scene_in(tmp_path, server) as scene:
        await scene.town.send(*(level(20, at=n) for n in range(3)))
        await scene.tick(at=10)
        for at, rule in (
            (40, takes_work_and_says_no),
            (70, lambda _: AWAY),
            (100, lambda _: AWAY),
            (130, lambda _: OK),
        ):
            server.rule = rule
            await scene.town.send(*(level(20, at=at - 5 + n) for n in range(4)))
            await scene.tick(at=at)
        assert sum(scene.stored().values()) == 3 + 4 * 4
        assert sorted(scene.stored()) == [10, 40, 130]


async def test_the_last_sample_is_told_when_the_process_ends(tmp_path: Path, server: SimulatedInflux):
    async with scene_in(tmp_path, server) as scene:
        running = asyncio.create_task(scene.reports.run())
        while not scene.lines("ingest"):
            await asyncio.sleep(0.01)
        await scene.town.send(level(20, at=5))
        await scene.reports.finish()
        running.cancel()
        assert sum(scene.stored().values()) == 1


async def test_a_point_that_is_never_taken_is_logged_with_the_servers_words_and_stops_no_other(
    tmp_path: Path, server: SimulatedInflux, caplog: pytest.LogCaptureFixture
):
    def dislikes_events(request: Request) -> Answer:
        bad = [line for line in request.lines if line.startswith("alarm_event")]
        return (400, {}, '{"error":"partial write: points beyond retention policy dropped=1"}') if bad else OK

    async with scene_in(tmp_path, server) as scene:
        server.rule = dislikes_events
        await scene.town.send(level(300, at=0))
        with caplog.at_level(logging.WARNING):
            await scene.tick(at=1)
        assert scene.alarms() == [("3", 1)]
        assert scene.reports.component().status is Condition.OK
        assert "never take 1 points for dashboards, such as alarm_event," in caplog.text
        assert "beyond retention policy" in caplog.text


async def test_a_changed_rule_is_told_at_once(tmp_path: Path, server: SimulatedInflux):
    async with scene_in(tmp_path, server) as scene:
        await scene.tick(at=0)
        before = len(scene.lines("threshold"))
        assert before == 4  # two levels on two rivers
        await scene.town.rule(
            scope="sensor:river", levels=[{"name": "Siaga 3", "severity": "moderate", "limit": 160.0}]
        )
        await scene.tick(at=1)
        (changed,) = scene.lines("threshold")[before:]
        assert changed.startswith(r"threshold,gateway=gw-daruba,level=Siaga\ 3,")
        assert " limit=160.0," in changed


async def test_an_ingester_tells_of_its_own_shards_alone(tmp_path: Path, server: SimulatedInflux):
    async with scene_in(tmp_path, server, shards=range(OWN, OWN + 1)) as scene:
        await scene.town.send(level(300, at=0))
        await scene.town.send(level(300, at=1, sensor="creek"))
        await scene.tick(at=2)
        assert len(scene.lines("alarm")) == len(scene.lines("alarm_event")) == len(scene.lines("fleet")) == 1
        assert len(scene.lines("threshold")) == 2  # of the river; the creek has another gateway
        assert (
            f",instance={OWN}-{OWN}," in scene.lines("ingest")[0]
            or f",instance={OWN}-{OWN} " in scene.lines("ingest")[0]
        )
        others = await scene.town.database.run(lambda connection: unreported(connection, EVERYWHERE))
        assert [each.alarm.sensor for each in others] == ["creek"]


async def test_a_beginning_that_has_moved_is_told_again(tmp_path: Path, server: SimulatedInflux):
    async with scene_in(tmp_path, server) as scene:
        await scene.town.send(level(100, at=0))
        await scene.town.send(level(300, at=20))
        await scene.tick(at=21)
        await scene.town.send(level(290, at=10))  # out of order: it began earlier
        await scene.tick(at=21 + SAMPLE_S)
        assert [_second(line) for line in scene.lines("alarm_event")] == [20, 10]
