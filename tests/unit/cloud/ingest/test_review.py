"""Verdicts: what later readings have shown of earlier ones stands beside them, and whoever judged by it hears."""

import csv
from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path

import pytest

from cloud.database.engine import DatabaseUnavailable
from cloud.derived.service import Derivations
from cloud.registry.facts import Fact, Facts
from cloud.registry.records import Sensor
from cloud.registry.snapshot import Registry
from rules.marks import QUALITY, Mark
from rules.siaga import GaugeLimits, Limit, siaga_of
from tests.recorded import Source, recorded
from tests.synthetic import levels
from tests.unit.cloud.alarms.town import T0, Town, city, level
from wire import BUILT_IN, Domain, Reading
from wire.durations import HOUR_MS

SPIKE, DISAGREE, ASTRAY = int(Mark.SPIKE), int(Mark.TWINS_DISAGREE), int(Mark.TWIN_ASTRAY)
AIR = (
    Sensor("air-a", "A", "daruba", "gw-daruba", ("pm2_5",), interval_s=60, twin="air-b"),
    Sensor("air-b", "B", "daruba", "gw-daruba", ("pm2_5",), interval_s=60),
)


def dust(sensor: str, value: float, *, at: float) -> Reading:
    """`at` in minutes after T0."""
    return Reading(sensor, "pm2_5", T0 + int(at * 60_000), value)


@pytest.fixture
async def town(tmp_path: Path) -> AsyncIterator[Town]:
    async with Town(tmp_path, registry=city(*AIR)) as town:
        yield town


async def test_a_confirmed_rise_takes_the_mark_of_its_first_reading_back_and_overwrites_nothing(
    town: Town,
):
    await town.send(level(100, at=0), level(100, at=60), level(350, at=120))
    await town.settle()
    assert await town.marks() == [0, 0, SPIKE]
    await town.send(level(352, at=180))
    await town.settle()
    assert await town.marks() == [0, 0, 0, 0]
    stored = [block.marks async for block in town.store.read_all(Domain.FLOOD, BUILT_IN.of_domain(Domain.FLOOD))]
    assert SPIKE in stored
    assert town.newest.series("river", "water_level").marks == 0


async def test_a_doubted_newest_reading_is_taken_back_for_the_screens_too(town: Town):
    await town.send(level(100, at=0), level(100, at=60), level(350, at=120))
    assert town.newest.series("river", "water_level").marks == SPIKE
    await town.send(level(351, at=180), level(100, at=30))  # the confirmation comes, and something late
    await town.settle()
    assert town.newest.series("river", "water_level").marks == 0


async def test_a_newest_reading_that_is_sent_again_keeps_its_verdict_on_the_screens(town: Town):
    await town.send(level(100, at=0), level(100, at=60), level(350, at=120))
    await town.send(level(349, at=100))  # late: it confirms what came before
    await town.settle()
    assert await town.marks() == [0, 0, 0, 0]
    await town.send(level(350, at=120))
    await town.settle()
    assert town.newest.series("river", "water_level").marks == 0


async def test_a_hand_under_the_sensor_at_its_start_is_the_spike_and_the_river_is_not(town: Town):
    await town.rule(reject=["spike"])
    await town.send(level(415, at=0))
    for second in range(1, 60):
        await town.send(level(80, at=second))
    await town.settle()
    assert await town.marks() == [SPIKE] + [0] * 59
    assert await town.alarms() == []


async def test_a_reading_sent_again_in_front_of_a_batch_hides_nothing_behind_it(town: Town):
    await town.send(*(dust("air-a", 20, at=n) for n in range(3)))
    await town.send(dust("air-a", 20, at=2), dust("air-a", 5_000, at=3), dust("air-a", 21, at=4))
    assert (await town.marks("air-a", "pm2_5"))[3:] == [SPIKE, 0]


async def test_a_late_reading_is_judged_in_its_place_and_changes_the_verdict_on_what_stands_there(town: Town):
    await town.send(*(level(100, at=60 * n) for n in range(3)), level(350, at=300), level(100, at=600))
    await town.settle()
    assert await town.marks() == [0, 0, 0, SPIKE, 0]
    await town.send(level(352, at=360))
    await town.send(level(900, at=90))
    await town.settle()
    assert await town.marks() == [0, 0, SPIKE, 0, 0, 0, 0]


@pytest.mark.parametrize("most", [1, 2, 6, 144])
async def test_twins_are_compared_by_time_however_their_readings_are_cut_into_batches(town: Town, most: int):
    broken = [dust("air-a", 2_960 + n % 3, at=n) for n in range(6)]
    whole = [dust("air-b", 20 + n % 2, at=n + 0.3) for n in range(6)]
    for series in (broken, whole):
        for first in range(0, 6, most):
            await town.send(*series[first : first + most])
    await town.settle()
    assert await town.marks("air-a", "pm2_5") == [DISAGREE] * 6
    assert await town.marks("air-b", "pm2_5") == [DISAGREE] * 6


async def test_a_late_reading_after_a_restart_shows_that_its_twin_disagreed_before_it(tmp_path: Path):
    async with Town(tmp_path, registry=city(*AIR)) as before:
        await before.send(dust("air-a", 2_960, at=5), dust("air-b", 20, at=590))
        await before.settle()
    async with Town(tmp_path, registry=city(*AIR)) as town:
        town._seq = 1_000
        await town.send(dust("air-b", 150, at=6), dust("air-a", 20, at=600))
        await town.settle()
        assert await town.marks("air-a", "pm2_5") == [DISAGREE, 0]


async def test_history_tells_which_of_two_twins_went_astray(town: Town):
    for minute in range(12):
        await town.send(dust("air-a", 20 if minute < 6 else 2_960, at=minute))
        await town.send(dust("air-b", 21, at=minute + 0.2))
    await town.settle()
    assert (await town.marks("air-b", "pm2_5"))[6:] == [ASTRAY] * 6
    assert all(mark & DISAGREE for mark in (await town.marks("air-a", "pm2_5"))[6:])


async def test_the_rules_take_an_alarm_back_that_stood_on_what_a_twin_contradicts(town: Town):
    levels = [{"name": "High", "severity": "severe", "limit": 225.5}]
    await town.rule("dust", quantity="pm2_5", levels=levels, hysteresis=5.0, reject=["twins_disagree"])
    await town.send(dust("air-a", 2_960, at=0))
    assert len(await town.alarms()) == 1
    await town.send(dust("air-b", 20, at=0.3))
    await town.settle()
    assert [alarm for alarm in await town.alarms() if alarm.is_open] == []
    assert [kind for kind, _, _ in await town.events()] == ["raised", "withdrawn"]


async def test_verdicts_that_nobody_could_hear_are_told_again(town: Town):
    heard, fails = [], [True]

    async def report(verdicts) -> None:
        if fails:
            raise DatabaseUnavailable("the registry database does not answer")
        heard.extend(verdicts)

    town.review._on_verdicts = report
    await town.send(level(100, at=0), level(100, at=60), level(350, at=120), level(352, at=180), level(90, at=30))
    await town.send(level(900, at=100))
    await town.settle()
    assert heard == []
    assert "does not answer" in town.review.component().detail
    fails.clear()
    await town.settle()
    assert (100_000, SPIKE) in [(verdict.time_ms - T0, verdict.marks) for verdict in heard]


@pytest.mark.parametrize("most", [1, 7, 144])
@pytest.mark.parametrize(
    ("source", "start", "end"),
    [
        pytest.param(levels.flash_flood, "2026-09-19T12", "2026-09-21T12", id="synthetic_flash_flood"),
        recorded("flood/hubeau_V7184015_2020-09.csv", "2020-09-19T12", "2020-09-21T12"),
    ],
)
async def test_no_hour_of_a_flood_lacks_its_siaga_however_its_readings_are_cut(
    town: Town, source: Source, start: str, end: str, most: int
):
    """A reading each ten minutes: 48 hours from the front of the wave on."""
    flood = _flood(source, start, end)

    limits = GaugeLimits(Limit(150), Limit(250), Limit(320))
    derived = Derivations(town.registry, town.store, town.newest, gauges=lambda _: limits)
    for first in range(0, len(flood), most):
        await town.send(*flood[first : first + most])
    await town.settle()
    first_ms, last_ms = flood[0].time_ms, flood[-1].time_ms
    derived.on_series_changed("river", "water_level", first_ms, last_ms)
    await derived.compute(last_ms + HOUR_MS)
    hours = await town.store.history("river", "siaga", start_ms=0, end_ms=2 * last_ms)
    assert not any(point.marks & QUALITY for point in hours)
    expected: dict[int, float] = {}
    for reading in flood:
        end_ms = (reading.time_ms // HOUR_MS + 1) * HOUR_MS
        expected[end_ms] = max(expected.get(end_ms, reading.value), reading.value)
    assert {point.time_ms: point.value for point in hours} == {
        end_ms: siaga_of(limits, highest) for end_ms, highest in expected.items()
    }


def _flood(source: Source, start: str, end: str) -> list[Reading]:
    found = {
        row["date_obs"]: float(row["resultat_obs"]) / 10
        for row in csv.DictReader(source().splitlines(), delimiter=";")
        if start <= row["date_obs"] < end
    }
    stamps = {at: round(datetime.fromisoformat(at).timestamp() * 1000) for at in found}
    # whole hours earlier, so that the town's clock, which ticks second by second, need not go there from T0
    shift_ms = (T0 - max(stamps.values())) // HOUR_MS * HOUR_MS
    times = {at: stamp_ms + shift_ms for at, stamp_ms in stamps.items()}
    return [Reading("river", "water_level", times[at], found[at]) for at in sorted(found)]


async def test_a_replacement_that_is_written_down_later_takes_the_marks_of_its_first_readings_back(town: Town):
    await town.send(*(level(100, at=60 * n) for n in range(5)))
    await town.send(level(400, at=300))
    await town.send(level(100, at=360), level(100, at=420))
    await town.settle()
    assert await town.marks() == [0, 0, 0, 0, 0, SPIKE, 0, 0]
    device = [
        Fact(1, "sensor:river", "device", None, 0, "", "", "", T0),
        Fact(2, "sensor:river", "device", {"serial": "B-03"}, T0 + 300_000, "", "", "", T0),
        Fact(3, "sensor:river", "device", {"serial": "A-17"}, T0 + 360_000, "", "", "", T0),
    ]
    plain = city(*AIR)
    town.registry.replace_with(
        Registry(
            city=plain.city, sites=plain.sites(), gateways=plain.gateways(), facts=Facts(device),
            sensors=[sensor for sensor in plain.sensors() if plain.gateway(sensor.id) is None],
        )
    )  # fmt: skip
    town.review.request("river", "water_level", T0 + 300_000, T0 + 300_000)
    await town.settle()
    assert await town.marks() == [0] * 8
