"""What every readings store must do: one suite, run on SQLite and on a real InfluxDB."""

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from cloud.readings.blocks import Block
from cloud.readings.contract import Aggregate, Point, ReadingsStore, SeriesRange, StoredReading, Verdict, WriteResult
from cloud.readings.influx import InfluxStore
from cloud.readings.settings import InfluxSettings
from cloud.readings.sqlite import SqliteStore
from rules.marks import Mark
from tests.own_quantities import TABLE
from tests.servers import Program, free_port, influxd
from wire import BUILT_IN, Domain

T0 = 1_764_000_000_000
EVER: dict[str, Any] = {"start_ms": 0, "end_ms": T0 * 2}

StoreMaker = Callable[[], ReadingsStore]


@pytest.fixture(scope="module")
def influx(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    with influxd(tmp_path_factory.mktemp("influxd"), free_port()) as server:
        yield server


@pytest.fixture
def runner() -> Iterator[asyncio.Runner]:
    with asyncio.Runner() as running:
        yield running


@pytest.fixture(params=["sqlite", "influxdb"])
def make_store(request: pytest.FixtureRequest, tmp_path: Path, runner: asyncio.Runner) -> Iterator[StoreMaker]:
    """Opens the same store again and again, as the cloud does at each start."""
    if request.param == "influxdb":
        url = f"http://127.0.0.1:{request.getfixturevalue('influx').port}"
        settings = InfluxSettings(url=url, database=f"readings_{tmp_path.name}", timeout_s=20)
    opened: list[ReadingsStore] = []

    def open_store() -> ReadingsStore:
        new = (
            SqliteStore(tmp_path / "readings.db") if request.param == "sqlite" else InfluxStore(settings, lambda: TABLE)
        )
        runner.run(new.open())
        opened.append(new)
        return new

    yield open_store
    for store in opened:
        runner.run(store.close())


@pytest.fixture
def store(make_store: StoreMaker) -> ReadingsStore:
    return make_store()


def write(store: ReadingsStore, blocks: list[Block]) -> Coroutine[Any, Any, WriteResult]:
    return store.write([store.encode(blocks)])


def block(
    times_ms: list[int],
    *,
    sensor: str = "air-market",
    marks: int = 0,
    domain: Domain = Domain.AIR,
    site: str = "daruba",
    gateway: str = "gw-daruba",
    **fields: list[float],
) -> Block:
    return Block(site, sensor, gateway, domain, marks, times_ms, tuple(fields.items()))


def test_what_is_written_is_read_back_in_the_order_of_time(store: ReadingsStore, runner: asyncio.Runner):
    written = runner.run(
        write(store, [block([T0 + 2_000, T0, T0 + 1_000], pm2_5=[12.5, 12, 1e-7], pm10=[30, 31.25, 0])])
    )
    assert written == WriteResult()
    assert runner.run(store.history("air-market", "pm2_5", **EVER)) == [
        Point(T0, 12.0), Point(T0 + 1_000, 1e-7), Point(T0 + 2_000, 12.5)
    ]  # fmt: skip
    assert [p.value for p in runner.run(store.history("air-market", "pm10", **EVER))] == [31.25, 0.0, 30.0]


def test_writing_a_reading_again_changes_nothing_but_its_value(store: ReadingsStore, runner: asyncio.Runner):
    runner.run(write(store, [block([T0, T0 + 1], pm2_5=[1, 2])]))
    runner.run(write(store, [block([T0, T0 + 1], pm2_5=[1, 3])]))
    assert runner.run(store.count("air-market", "pm2_5")) == 2
    assert runner.run(store.history("air-market", "pm2_5", **EVER)) == [Point(T0, 1.0), Point(T0 + 1, 3.0)]


def test_the_start_of_a_history_is_in_it_and_the_end_is_not(store: ReadingsStore, runner: asyncio.Runner):
    runner.run(write(store, [block([T0, T0 + 1, T0 + 2, T0 + 3], pm2_5=[0, 1, 2, 3])]))
    found = runner.run(store.history("air-market", "pm2_5", start_ms=T0 + 1, end_ms=T0 + 3))
    assert [point.time_ms - T0 for point in found] == [1, 2]


def test_a_history_has_at_most_the_limit_and_begins_with_the_oldest(store: ReadingsStore, runner: asyncio.Runner):
    runner.run(write(store, [block([T0 + n for n in range(10)], pm2_5=[float(n) for n in range(10)])]))
    found = runner.run(store.history("air-market", "pm2_5", limit=3, **EVER))
    assert [point.value for point in found] == [0, 1, 2]
    steps = runner.run(store.history("air-market", "pm2_5", limit=2, every_ms=2, agg=Aggregate.MAX, **EVER))
    assert [point.value for point in steps] == [1, 3]


def test_the_limit_counts_readings_of_the_quantity_asked_for_alone(store: ReadingsStore, runner: asyncio.Runner):
    others = block([T0, T0 + 1, T0 + 2], pm10=[1, 2, 3], marks=Mark.BACKFILL)
    runner.run(write(store, [others, block([T0 + 3, T0 + 4, T0 + 5], pm2_5=[4, 5, 6])]))
    found = runner.run(store.history("air-market", "pm2_5", limit=2, **EVER))
    assert [point.value for point in found] == [4, 5]


def test_marks_come_back_with_their_readings(store: ReadingsStore, runner: asyncio.Runner):
    both = int(Mark.BACKFILL | Mark.CLOCK_ESTIMATED)
    runner.run(write(store, [block([T0], pm2_5=[1]), block([T0 + 1], pm2_5=[2], marks=both)]))
    assert runner.run(store.history("air-market", "pm2_5", **EVER)) == [Point(T0, 1, 0), Point(T0 + 1, 2, both)]


def test_many_series_asked_for_at_once_are_given_as_each_is_alone(store: ReadingsStore, runner: asyncio.Runner):
    sensors = ["it's", *(f"air-{number:02d}-of-a-long-name" for number in range(45))]
    blocks = [block([T0, T0 + 1], sensor=name, pm2_5=[number, 0.5], pm10=[7, 8]) for number, name in enumerate(sensors)]
    computed = block([T0], sensor="air-01-of-a-long-name", gateway="computed", pm2_5_hour=[12.5])
    spike = block([T0 + 2], sensor="it's", pm10=[900], marks=int(Mark.BACKFILL | Mark.SPIKE))
    water = block([T0], sensor="river", domain=Domain.FLOOD, water_level=[120])
    runner.run(write(store, [*blocks, computed, spike, water]))
    verdicts = [Verdict("it's", "pm10", T0 + 2, 0), Verdict("it's", "pm2_5", T0 + 1, int(Mark.STUCK))]
    runner.run(store.write_verdicts(verdicts))
    asked = [
        SeriesRange(sensor, quantity, T0 + begin, T0 + end)
        for sensor in (*sensors, "river", "nobody")
        for quantity in ("pm2_5", "pm10", "pm2_5_hour", "water_level", "ispu_pm2_5")
        for begin, end in ((0, 9), (1, 2), (5, 9))
    ]
    alone = [
        runner.run(store.history(each.sensor, each.quantity, start_ms=each.start_ms, end_ms=each.end_ms))
        for each in asked
    ]
    assert runner.run(store.histories([*asked, asked[0]])) == [*alone, alone[0]]
    assert alone[3] == [Point(T0, 7), Point(T0 + 1, 8), Point(T0 + 2, 900, int(Mark.BACKFILL))]
    assert runner.run(store.histories([])) == []


def test_the_steps_of_many_series_asked_for_at_once_are_given_as_those_of_each_alone(
    store: ReadingsStore, runner: asyncio.Runner
):
    counted = partial(block, domain=Domain.FOOTFALL)
    blocks = [
        counted([T0, T0 + 1, T0 + 9], sensor="gate", people_in=[1, 2, 4], people_out=[1, 1, 1]),
        counted([T0 + 4], sensor="gate", people_out=[7]),
        counted([T0 + 9], sensor="gate", people_out=[5], gateway="gw-pier", site="pier"),
        counted([T0 + 2], sensor="pier", people_in=[3]),
    ]
    runner.run(write(store, blocks))
    asked = [
        SeriesRange(sensor, quantity, T0, T0 + 20, every_ms, agg)
        for sensor in ("gate", "pier", "nobody")
        for quantity in ("people_in", "people_out")
        for every_ms in (4, None)
        for agg in (Aggregate.SUM, Aggregate.COUNT)
    ]
    alone = [
        runner.run(store.history(
            each.sensor, each.quantity,
            start_ms=each.start_ms, end_ms=each.end_ms, every_ms=each.every_ms, agg=each.agg,
        ))
        for each in asked
    ]  # fmt: skip
    assert runner.run(store.histories(asked)) == alone
    assert [(point.time_ms - T0, point.value) for point in alone[0]] == [(0, 3), (8, 4)]


STEPS: dict[Aggregate, list[float]] = {
    Aggregate.MEAN: [2.0, 10.0],
    Aggregate.MIN: [1.0, 10.0],
    Aggregate.MAX: [4.0, 10.0],
    Aggregate.SUM: [6.0, 10.0],
    Aggregate.COUNT: [3, 1],
    Aggregate.LAST: [1.0, 10.0],
}


def test_a_verdict_stands_beside_its_reading_and_takes_the_place_of_its_quality_marks(
    make_store: StoreMaker, runner: asyncio.Runner
):
    store = make_store()
    spike = int(Mark.BACKFILL | Mark.SPIKE)
    blocks = [block([T0, T0 + 1_000], marks=spike, pm2_5=[900.0, 901.0]), block([T0 + 2_000], pm2_5=[12.0])]
    runner.run(write(store, blocks))
    disagrees = int(Mark.TWINS_DISAGREE)
    given = [Verdict("air-market", "pm2_5", T0, 0), Verdict("air-market", "pm2_5", T0 + 2_000, disagrees)]
    runner.run(store.write_verdicts(given))
    held = [int(Mark.BACKFILL), spike, disagrees]
    assert [p.marks for p in runner.run(store.history("air-market", "pm2_5", **EVER))] == held
    assert runner.run(store.newest())[0].marks == disagrees
    runner.run(write(store, blocks))  # sent again
    store = make_store()
    assert [p.marks for p in runner.run(store.history("air-market", "pm2_5", **EVER))] == held
    assert runner.run(_all_verdicts(store)) == given
    runner.run(store.write_verdicts([Verdict("air-market", "pm2_5", T0 + 2_000, 0)]))
    assert runner.run(store.newest())[0].marks == 0
    assert [found.marks for found in runner.run(_all_blocks(store))] == [spike, 0]  # as they were stored


async def _all_verdicts(store: ReadingsStore) -> list[Verdict]:
    return [verdict async for page in store.read_verdicts() for verdict in page]


async def _all_blocks(store: ReadingsStore) -> list[Block]:
    return [found async for found in store.read_all(Domain.AIR, BUILT_IN.of_domain(Domain.AIR))]


def test_verdicts_on_every_reading_of_a_long_series_are_all_given(store: ReadingsStore, runner: asyncio.Runner):
    given = [
        Verdict(sensor, quantity, T0 + n, n % 2 * int(Mark.SPIKE))
        for sensor in ("air-market", "air-port") for quantity in ("pm10", "pm2_5") for n in range(6_000)
    ]  # fmt: skip
    runner.run(store.write_verdicts(given))
    assert sorted(runner.run(_all_verdicts(store)), key=_of_verdict) == given


def _of_verdict(verdict: Verdict) -> tuple[str, str, int]:
    return verdict.sensor, verdict.quantity, verdict.time_ms


@pytest.mark.parametrize("agg", Aggregate)
def test_a_history_in_steps_aggregates_each_and_leaves_out_the_empty_ones(
    store: ReadingsStore, runner: asyncio.Runner, agg: Aggregate
):
    minute = 60_000
    start = T0 - T0 % minute
    readings = block(
        [start + 1, start + 59_999, start, start + 3 * minute], rainfall=[4, 1, 1, 10], domain=Domain.FLOOD
    )
    runner.run(write(store, [readings]))
    found = runner.run(store.history("air-market", "rainfall", every_ms=minute, agg=agg, **EVER))
    assert [(point.time_ms, point.value) for point in found] == [
        (start, STEPS[agg][0]), (start + 3 * minute, STEPS[agg][1])
    ]  # fmt: skip


def test_the_newest_reading_of_every_series_survives_a_restart(make_store: StoreMaker, runner: asyncio.Runner):
    before = make_store()
    runner.run(
        write(
            before,
            [
                block([T0 + 5, T0], pm2_5=[5, 0], pm10=[50, 0], marks=Mark.CLOCK_UNKNOWN),
                block([T0], sensor="river", water_level=[132.4], domain=Domain.FLOOD, site="pier", gateway="gw-pier"),
            ],
        )
    )
    runner.run(write(before, [block([T0 + 3], pm2_5=[3])]))
    found = sorted(runner.run(make_store().newest()), key=lambda reading: (reading.sensor, reading.quantity))
    assert found == [
        StoredReading("daruba", "air-market", "gw-daruba", "pm10", T0 + 5, 50.0, Mark.CLOCK_UNKNOWN),
        StoredReading("daruba", "air-market", "gw-daruba", "pm2_5", T0 + 5, 5.0, Mark.CLOCK_UNKNOWN),
        StoredReading("pier", "river", "gw-pier", "water_level", T0, 132.4, 0),
    ]


def test_the_newest_readings_up_to_a_time_are_those_before_a_clock_was_ahead(
    make_store: StoreMaker, runner: asyncio.Runner
):
    store = make_store()
    runner.run(write(store, [block([T0, T0 + 1_000, T0 + 9_000], pm2_5=[1.0, 2.0, 3.0])]))
    spike = int(Mark.SPIKE)
    runner.run(store.write_verdicts([Verdict("air-market", "pm2_5", T0 + each, spike) for each in (1_000, 9_000)]))
    (held,) = runner.run(store.newest(until_ms=T0 + 1_000))
    assert (held.time_ms, held.value, held.marks) == (T0 + 1_000, 2.0, spike)
    assert runner.run(store.newest(until_ms=T0 - 1)) == []


def test_the_newest_readings_of_some_quantities_are_those_alone(store: ReadingsStore, runner: asyncio.Runner):
    runner.run(write(store, [block([T0], pm2_5=[1.0], pm10=[2.0])]))
    assert [each.quantity for each in runner.run(store.newest(quantities={"pm10", "no2"}))] == ["pm10"]
    assert runner.run(store.newest(quantities=())) == []


def test_an_empty_store_has_no_newest_no_history_and_counts_nothing(store: ReadingsStore, runner: asyncio.Runner):
    assert runner.run(store.newest()) == []
    assert runner.run(store.history("air-market", "pm2_5", **EVER)) == []
    assert runner.run(store.history("air-market", "pm2_5", every_ms=1_000, start_ms=T0, end_ms=T0 + 5_000)) == []
    assert runner.run(store.count("air-market", "pm2_5")) == 0


def test_sensors_and_quantities_are_kept_apart(store: ReadingsStore, runner: asyncio.Runner):
    runner.run(write(store, [block([T0], pm2_5=[1], pm10=[2]), block([T0], sensor="air-pier", pm2_5=[3])]))
    assert [p.value for p in runner.run(store.history("air-market", "pm2_5", **EVER))] == [1]
    assert [p.value for p in runner.run(store.history("air-pier", "pm2_5", **EVER))] == [3]
    assert runner.run(store.count("air-pier", "pm10")) == 0


def test_overlapped_writes_are_all_stored(store: ReadingsStore, runner: asyncio.Runner):
    async def write_all() -> None:
        blocks = [
            block([T0 + n * 100 + k for k in range(100)], pm2_5=[float(k) for k in range(100)]) for n in range(20)
        ]
        await asyncio.gather(*(write(store, [each]) for each in blocks))

    runner.run(write_all())
    assert runner.run(store.count("air-market", "pm2_5")) == 2_000


def test_values_keep_every_bit(store: ReadingsStore, runner: asyncio.Runner):
    values = [0.1 + 0.2, 1e22, -1234.5678901234567, 5e-324, 1.7976931348623157e308, 0.0]
    runner.run(write(store, [block([T0 + n for n in range(len(values))], flow=values, domain=Domain.FLOOD)]))
    assert [p.value for p in runner.run(store.history("air-market", "flow", **EVER))] == values


def test_what_a_city_added_is_kept_in_a_domain_of_its_own(make_store: StoreMaker, runner: asyncio.Runner):
    store = make_store()
    leq = Block("daruba", "mic", "gw-daruba", "noise", 0, [T0, T0 + 60_000], (("leq", [60.5, 61.5]),))
    runner.run(write(store, [leq, block([T0], pm10=[1.0])]))
    assert [point.value for point in runner.run(store.history("mic", "leq", **EVER))] == [60.5, 61.5]
    asked = [SeriesRange("mic", "leq", 0, T0 * 2), SeriesRange("air-market", "pm10", 0, T0 * 2)]
    series = runner.run(store.histories(asked))
    assert [[point.value for point in points] for points in series] == [[60.5, 61.5], [1.0]]
    (mean,) = runner.run(store.history("mic", "leq", **EVER, every_ms=3_600_000))
    assert mean.value == 61.0
    assert runner.run(store.count("mic", "leq")) == 2
    again = make_store()
    assert {(one.sensor, one.quantity, one.value) for one in runner.run(again.newest())} == {
        ("mic", "leq", 61.5), ("air-market", "pm10", 1.0)
    }  # fmt: skip

    async def of_noise() -> list[Block]:
        return [found async for found in store.read_all("noise", TABLE.of_domain("noise"))]

    found = runner.run(of_noise())
    assert {(one.domain, one.sensor) for one in found} == {("noise", "mic")}
    assert [value for one in found for _, values in one.fields for value in values] == [60.5, 61.5]


async def _all_of(store: ReadingsStore, domain: Domain = Domain.AIR) -> list[Block]:
    return [found async for found in store.read_all(domain, BUILT_IN.of_domain(domain))]


def _readings(blocks: list[Block]) -> list[tuple[str, str, int, float, int]]:
    return [
        (each.sensor, quantity, time_ms, value, each.marks)
        for each in blocks
        for quantity, values in each.fields
        for time_ms, value in zip(each.times_ms, values, strict=True)
    ]


def test_all_readings_of_a_domain_are_given_sensor_by_sensor_and_series_by_time(
    store: ReadingsStore, runner: asyncio.Runner
):
    market = block([T0 + 2, T0, T0 + 1], pm2_5=[2.5, 0.5, 1.5], pm10=[20, 0, 10])
    late = block([T0 - 5], pm2_5=[9], marks=Mark.BACKFILL)
    pier = block([T0 + 1], sensor="air-pier", site="pier", gateway="gw-pier", pm10=[1e-7])
    river = block([T0], sensor="river", domain=Domain.FLOOD, water_level=[250])
    runner.run(write(store, [pier, market, late, river]))
    found = runner.run(_all_of(store))
    assert [each.sensor for each in found] == sorted(each.sensor for each in found)
    assert {(each.sensor, each.site, each.gateway, each.domain) for each in found} == {
        ("air-market", "daruba", "gw-daruba", Domain.AIR), ("air-pier", "pier", "gw-pier", Domain.AIR)
    }  # fmt: skip
    assert [row[2:] for row in _readings(found) if row[:2] == ("air-market", "pm2_5")] == [
        (T0 - 5, 9.0, Mark.BACKFILL), (T0, 0.5, 0), (T0 + 1, 1.5, 0), (T0 + 2, 2.5, 0)
    ]  # fmt: skip
    assert len(_readings(found)) == 8
    assert _readings(runner.run(_all_of(store, Domain.FLOOD))) == [("river", "water_level", T0, 250.0, 0)]
    assert runner.run(_all_of(store, Domain.FOOTFALL)) == []


def test_all_readings_are_given_whole_over_the_ends_of_pages(
    store: ReadingsStore, runner: asyncio.Runner, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("cloud.readings.influx.PAGE_LINES", 4)
    monkeypatch.setattr("cloud.readings.sqlite._PAGE_READINGS", 4)
    values = [float(number) for number in range(11)]
    runner.run(write(store, [block([T0 + number for number in range(11)], pm2_5=values, pm10=values)]))
    found = _readings(runner.run(_all_of(store)))
    assert [row[2] - T0 for row in found if row[1] == "pm10"] == list(range(11))
    assert len(found) == 22


def test_a_sensor_that_moved_is_given_with_the_gateways_it_had_even_at_one_time(
    influx: Program, runner: asyncio.Runner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """InfluxDB alone keeps both; a page that ends among lines of one time must not lose the others."""
    monkeypatch.setattr("cloud.readings.influx.PAGE_LINES", 2)
    store = InfluxStore(InfluxSettings(url=f"http://127.0.0.1:{influx.port}", database=f"moved_{tmp_path.name}"))
    runner.run(store.open())
    moved = [block([T0, T0 + 1], gateway=f"gw-{number}", pm2_5=[number, number]) for number in range(5)]
    runner.run(write(store, moved))
    found = runner.run(_all_of(store))
    runner.run(store.close())
    assert sorted((time_ms - T0, each.gateway) for each in found for time_ms in each.times_ms) == [
        (time, f"gw-{number}") for time in (0, 1) for number in range(5)
    ]
