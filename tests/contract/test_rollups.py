"""What a chart shows is what the readings say, to the last bit, whatever was rolled when: in SQLite and InfluxDB.

readings, late, again, with verdicts, in any cut ─┬─► SQLite   ─┬─ rolled between, at any moment ─► the same buckets
                                                  └─► InfluxDB ─┘
"""

import asyncio
import itertools
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cloud.readings.blocks import Block
from cloud.readings.bucket_history import TooManyReadings, buckets_of
from cloud.readings.buckets import TimeBucket, fold, merged, unit_of
from cloud.readings.contract import EncodedWrite, Point, ReadingsStore, StoreUnavailable, Verdict, WriteResult
from cloud.readings.influx import InfluxStore
from cloud.readings.influx_writer import LineWriter
from cloud.readings.lines import lines_of
from cloud.readings.roller import Roller
from cloud.readings.rollups import GRACE_MS, HourRollup, SeriesHour, Sweep
from cloud.readings.settings import InfluxSettings
from cloud.readings.sqlite import SqliteStore
from rules.marks import Mark
from tests.contract.test_readings_store import influx, runner  # noqa: F401
from tests.servers import Program
from wire import Domain
from wire.durations import HOUR_MS, MINUTE_MS

START = 1_764_000_000_000 // HOUR_MS * HOUR_MS
HOURS = 5
STEPS = (20_000, MINUTE_MS, 30 * MINUTE_MS, HOUR_MS, 3 * HOUR_MS)
MARKS = (0, 0, 0, int(Mark.BACKFILL), int(Mark.SPIKE), int(Mark.STUCK | Mark.BACKFILL))
_numbers = itertools.count()


class Wrote(NamedTuple):
    """Readings from `first_ms` on, a `step_ms` apart; what is written again has the marks that it had."""

    sensor: str
    first_ms: int
    step_ms: int
    size: int
    values: list[float]

    def blocks(self) -> list[Block]:
        by_marks: defaultdict[int, list[tuple[int, float]]] = defaultdict(list)
        for number in range(self.size):
            time_ms = self.first_ms + number * self.step_ms
            by_marks[MARKS[time_ms // 1_000 % len(MARKS)]].append((time_ms, self.values[number % len(self.values)]))
        return [block(*zip(*found, strict=True), sensor=self.sensor, marks=each) for each, found in by_marks.items()]


class Judged(NamedTuple):
    sensor: str
    time_ms: int
    marks: int


class Rolled(NamedTuple):
    """A pass of the roller when it is `at_ms`, and of the past too if `fills`."""

    at_ms: int
    fills: bool


async def no_sleep(_seconds: float) -> None:
    """Wait no time at all."""


@asynccontextmanager
async def opened(engine: str, url: str, folder: Path, clock: Callable[[], int]) -> AsyncIterator[ReadingsStore]:
    """A new store."""
    name = f"rollups_{folder.name}_{next(_numbers)}"
    store: ReadingsStore
    if engine == "sqlite":
        store = SqliteStore(folder / f"{name}.db", durable=False)
    else:
        store = InfluxStore(InfluxSettings(url=url, database=name, timeout_s=20), clock=clock)
    await store.open()
    try:
        yield store
    finally:
        await store.close()


@pytest.fixture(params=["sqlite", "influxdb"])
def engine(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def url(influx: Program) -> str:  # noqa: F811
    return f"http://127.0.0.1:{influx.port}"


async def write(store: ReadingsStore, *blocks: Block) -> WriteResult:
    return await store.write([store.encode(blocks)])


def block(times_ms: Sequence[int], values: Sequence[float], *, sensor: str = "air", marks: int = 0) -> Block:
    return Block("daruba", sensor, "gw", Domain.AIR, marks, list(times_ms), (("pm10", list(values)),))


async def from_readings(
    store: ReadingsStore, sensor: str, start_ms: int, end_ms: int, step_ms: int
) -> list[TimeBucket]:
    points = await store.history(sensor, "pm10", start_ms=start_ms, end_ms=end_ms)
    return list(merged(fold(points, unit_of(step_ms)), step_ms))


async def asked(store: ReadingsStore, sensor: str, start_ms: int, end_ms: int, step_ms: int) -> list[TimeBucket]:
    return await buckets_of(store, sensor, "pm10", start_ms=start_ms, end_ms=end_ms, step_ms=step_ms)


times = st.one_of(
    st.integers(START, START + HOURS * HOUR_MS - 1),
    st.builds(lambda hour, minute: START + hour * HOUR_MS + minute * MINUTE_MS, st.integers(0, 4), st.integers(0, 2)),
)
sensors = st.sampled_from(["air", "it's a = b, c"])
values = st.floats(-1e9, 1e9, allow_nan=False)


drawn = st.lists(values, min_size=1, max_size=5)
few = st.builds(Wrote, sensors, times, st.integers(1, 4 * HOUR_MS), st.integers(1, 4), drawn)
many = st.builds(Wrote, sensors, times, st.sampled_from([3_000, 7_000]), st.integers(500, 700), drawn)
"""So many readings in a row that minutes are kept of them."""
story = st.lists(
    st.one_of(
        few,
        many,
        st.builds(Judged, sensors, times, st.sampled_from([0, int(Mark.SPIKE)])),
        st.builds(
            Rolled, st.integers(2, HOURS + 2).map(lambda hours: START + hours * HOUR_MS + GRACE_MS), st.booleans()
        ),
    ),
    min_size=3,
    max_size=12,
)


async def told(store: ReadingsStore, events: list[Wrote | Judged | Rolled], now: list[int]) -> None:
    """Let happen what a story says; readings that a verdict is on are those at its very time, if there are any."""
    roller = Roller(store, clock=lambda: now[0], sleep=no_sleep)
    for event in events:
        match event:
            case Wrote():
                await write(store, *event.blocks())
            case Judged(sensor, time_ms, marked):
                near = await store.history(sensor, "pm10", start_ms=time_ms, end_ms=time_ms + 2 * HOUR_MS, limit=1)
                judged = [Verdict(sensor, "pm10", point.time_ms, marked) for point in near]
                await store.write_verdicts(judged)
            case Rolled(at_ms, fills):
                now[0] = at_ms
                await roller.once()
                while fills and roller.has_past:
                    await roller.fill()


EVER = START - HOUR_MS, START + 18 * HOUR_MS
NO_MATTER_WHEN = Rolled(EVER[1] + GRACE_MS, fills=True)


async def as_the_readings_say(store: ReadingsStore, span: tuple[int, int]) -> list[list[TimeBucket]]:
    """The buckets of all sensors and steps, each checked against the readings."""
    answers = []
    for sensor, step_ms, (start_ms, end_ms) in itertools.product(("air", "it's a = b, c"), STEPS, (EVER, span)):
        found = await asked(store, sensor, start_ms, end_ms, step_ms)
        assert found == await from_readings(store, sensor, start_ms, end_ms, step_ms)
        answers.append(found)
    return answers


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(before=story, after=story, start=times, end=times)
def test_buckets_are_the_same_from_readings_and_rollups_and_on_both_engines(
    url: str, tmp_path: Path, runner: asyncio.Runner, before: list[Wrote | Judged | Rolled],  # noqa: F811
    after: list[Wrote | Judged | Rolled], start: int, end: int,
):  # fmt: skip
    async def on_both() -> None:
        answers = []
        for engine in ("sqlite", "influxdb"):
            now = [START]
            async with opened(engine, url, tmp_path, lambda now=now: now[0]) as store:  # type: ignore[misc]
                await told(store, [*before, NO_MATTER_WHEN, *after], now)
                answers.append(await as_the_readings_say(store, (min(start, end), max(start, end) + 1)))
        assert answers[0] == answers[1]

    runner.run(on_both())


ONE_DAY = 24 * HOUR_MS


async def swept(store: ReadingsStore, at_ms: int) -> Roller:
    """A roller that has rolled all until `at_ms`."""
    roller = Roller(store, clock=lambda: at_ms, sleep=no_sleep)
    await roller.once()
    while roller.has_past:
        await roller.fill()
    return roller


async def test_a_year_of_minutes_is_read_as_its_hours_alone(
    engine: str, url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    now = START + 10 * ONE_DAY
    async with opened(engine, url, tmp_path, lambda: now) as store:
        minutes = range(START, START + 8 * ONE_DAY, MINUTE_MS)
        await write(store, block(minutes, [n % 7 for n in range(len(minutes))]))
        roller = Roller(store, clock=lambda: now, sleep=no_sleep)
        await roller.once()
        while roller.has_past:
            await roller.fill()
        asked_for: list[tuple[int, int]] = []
        history = store.history

        async def counted(*series: str, start_ms: int, end_ms: int, **rest: Any) -> list[Point]:
            asked_for.append((start_ms, end_ms))
            return await history(*series, start_ms=start_ms, end_ms=end_ms, **rest)

        monkeypatch.setattr(store, "history", counted)
        found = await asked(store, "air", START + 90_000, START + 8 * ONE_DAY, HOUR_MS)
        assert asked_for == [(START + 90_000, START + HOUR_MS)]
        assert [bucket.count for bucket in found[:3]] == [58, 60, 60]
        assert len(found) == 8 * 24


async def test_minutes_are_kept_of_hours_with_many_readings_alone(engine: str, url: str, tmp_path: Path):
    async with opened(engine, url, tmp_path, lambda: START) as store:
        quick = range(START, START + HOUR_MS, 5_000)
        slow = range(START + HOUR_MS, START + 2 * HOUR_MS, 30_000)
        await write(store, block(quick, [1.5] * len(quick)), block(slow, [2.5] * len(slow)))
        await swept(store, START + 3 * HOUR_MS)
        held = await store.rollups.held("air", "pm10", START, START + 2 * HOUR_MS)
        assert (set(held.hours), set(held.with_minutes)) == ({START, START + HOUR_MS}, {START})
        minutes = await store.rollups.minutes("air", "pm10", START, START + 2 * HOUR_MS)
        assert [minute.count for minute in minutes] == [12] * 60


async def test_what_is_written_while_its_hour_is_rolled_makes_the_rollup_void(engine: str, url: str, tmp_path: Path):
    """The readings were there, were read, and others came before the rollup was kept."""
    async with opened(engine, url, tmp_path, lambda: START) as store:
        await write(store, block([START], [1.0]))
        await store.rollups.note_sweep(Sweep(START, START + HOUR_MS, START + HOUR_MS))
        read = await store.history("air", "pm10", start_ms=START, end_ms=START + HOUR_MS)
        await write(store, block([START + 1], [2.0]))
        place = SeriesHour("air", "pm10", START)
        await store.rollups.write([HourRollup(place, next(fold(read, HOUR_MS)))])
        assert [bucket.count for bucket in await asked(store, "air", *EVER, HOUR_MS)] == [2]
        (token,) = (await store.rollups.due()).values()
        await write(store, block([START + 2], [3.0]))
        await store.rollups.write([HourRollup(place, next(fold(read, HOUR_MS)), token=token)])  # for an older asking
        assert [bucket.count for bucket in await asked(store, "air", *EVER, HOUR_MS)] == [3]
        await Roller(store, clock=lambda: START + HOUR_MS + GRACE_MS, sleep=no_sleep).once()
        assert not await store.rollups.due()
        held = await store.rollups.held("air", "pm10", START, START + HOUR_MS)
        assert (held.hours[START].count, held.asked) == (3, {})


async def test_a_write_under_way_when_its_hour_is_sealed_asks_for_it(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """InfluxDB alone: in SQLite the seal is looked at in the transaction of the write."""
    async with opened("influxdb", url, tmp_path, lambda: START + MINUTE_MS) as store:
        assert isinstance(store, InfluxStore)
        await store.rollups.note_sweep(Sweep(START, START, START))
        post = LineWriter.write

        async def sealed_meanwhile(self: LineWriter, writes: Sequence[EncodedWrite]) -> WriteResult:
            result = await post(self, writes)
            await store.rollups.note_sweep(Sweep(START, START + HOUR_MS, START + HOUR_MS))
            return result

        monkeypatch.setattr(LineWriter, "write", sealed_meanwhile)
        await write(store, block([START], [1.0]))
        assert list(await store.rollups.due()) == [SeriesHour("air", "pm10", START)]
        assert [bucket.count for bucket in await asked(store, "air", *EVER, HOUR_MS)] == [1]


async def test_lines_that_were_made_elsewhere_ask_for_their_hours_too(url: str, tmp_path: Path):
    async with opened("influxdb", url, tmp_path, lambda: START) as store:
        await write(store, block([START], [1.0]))
        await swept(store, START + 2 * HOUR_MS)
        await store.write([EncodedWrite(lines_of([block([START + 1], [5.0])]))])
        assert [bucket.max for bucket in await asked(store, "air", *EVER, HOUR_MS)] == [5.0]


async def test_a_seal_that_could_not_be_noted_holds_all_the_same(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    async with opened("influxdb", url, tmp_path, lambda: START) as store:
        await store.rollups.note_sweep(Sweep(START, START + HOUR_MS, START + HOUR_MS))

        async def away(_self: LineWriter, _lines: Sequence[bytes]) -> dict[int, str]:
            raise StoreUnavailable("the store is away")

        with monkeypatch.context() as while_away:
            while_away.setattr(LineWriter, "write_lines", away)
            for hours in (2, 0):
                sealed_ms = START + hours * HOUR_MS
                with pytest.raises(StoreUnavailable):
                    await store.rollups.note_sweep(Sweep(START, sealed_ms, sealed_ms))
        sweep = await store.rollups.sweep()
        assert sweep is not None
        assert (sweep.swept_until_ms, sweep.sealed_until_ms) == (START + HOUR_MS, START + 2 * HOUR_MS)


async def test_another_process_heeds_what_the_roller_sealed(url: str, tmp_path: Path):
    async with opened("influxdb", url, tmp_path, lambda: START + 2 * HOUR_MS) as store:
        await write(store, block([START], [1.0]))
        await swept(store, START + 2 * HOUR_MS)
        other = InfluxStore(InfluxSettings(url=url, database=f"rollups_{tmp_path.name}_{next(_numbers) - 1}"))
        await other.open()
        await write(other, block([START + 1], [5.0]))
        await other.close()
        assert [bucket.max for bucket in await asked(store, "air", *EVER, HOUR_MS)] == [5.0]


async def test_a_clock_that_was_ahead_seals_nothing_for_good(engine: str, url: str, tmp_path: Path):
    now = [START + 3 * ONE_DAY]
    async with opened(engine, url, tmp_path, lambda: now[0]) as store:
        await write(store, block([START], [1.0]))
        roller = await swept(store, now[0])
        now[0] = START + HOUR_MS
        roller = Roller(store, clock=lambda: now[0], sleep=no_sleep)
        await roller.once()
        sweep = await store.rollups.sweep()
        assert sweep is not None
        assert (sweep.swept_until_ms, sweep.sealed_until_ms) == (START, START)
        await write(store, block([START + 1], [2.0]))
        assert [bucket.count for bucket in await asked(store, "air", *EVER, HOUR_MS)] == [2]


async def test_an_hour_is_never_torn_between_pages(
    engine: str, url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("cloud.readings.history_pages.PAGE_READINGS", 7)
    async with opened(engine, url, tmp_path, lambda: START) as store:
        readings = range(START, START + 2 * HOUR_MS, 150_000)
        await write(store, block(readings, [0.1 * n for n in range(len(readings))]))
        assert await asked(store, "air", *EVER, HOUR_MS) == await from_readings(store, "air", *EVER, HOUR_MS)


async def test_more_readings_than_may_be_read_are_refused(
    engine: str, url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("cloud.readings.bucket_history.MOST_READINGS", 3)
    async with opened(engine, url, tmp_path, lambda: START) as store:
        await write(store, block(range(START, START + 4), [1.0] * 4))
        with pytest.raises(TooManyReadings):
            await asked(store, "air", *EVER, HOUR_MS)
        await swept(store, START + 2 * HOUR_MS)
        assert [bucket.count for bucket in await asked(store, "air", *EVER, HOUR_MS)] == [4]
