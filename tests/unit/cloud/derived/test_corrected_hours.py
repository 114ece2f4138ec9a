"""Hours of air corrected by dated facts on real databases: which hours, by what, and how that is taken back."""

from collections.abc import AsyncIterator, Iterable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from cloud.derived.indices import Indices
from cloud.derived.service import Derivations
from cloud.readings.contract import Point
from cloud.registry.fact_service import FactRejected, FactService
from cloud.registry.records import City, Gateway, Sensor
from cloud.registry.rows import read_registry, save_registry
from cloud.registry.snapshot import Registry
from cloud.registry.tables import FactRow
from rules.marks import Mark
from tests.unit.cloud.derived.examples import ANI, HOUR, MINUTE, NOW, START, ZONE
from tests.unit.cloud.examples import GATEWAY, SITE, Workshop
from wire import QUANTITIES, Clock, Reading, encode_batch

EPA = {"correction": "us_epa_2021", "input": "cf_atm"}
BY_WEATHER = EPA | {"humidity": "weather"}
HALF = {"correction": "linear", "slope": 0.5, "offset": 2.0}
HOURS = 48


def city() -> Registry:
    sensors = [
        Sensor("air", "Air", "daruba", GATEWAY, ("pm2_5", "pm10", "humidity"), interval_s=600),
        Sensor("dry", "Dry", "daruba", GATEWAY, ("pm2_5",), interval_s=600),
        Sensor("weather", "Weather", "daruba", GATEWAY, ("humidity",), interval_s=600),
        Sensor("far", "Far", "daruba", "gw-far", ("humidity",), interval_s=600),
    ]
    gateways = [Gateway(GATEWAY, "Daruba", "daruba"), Gateway("gw-far", "Far", "daruba")]
    return Registry(city=City("Morotai", ZONE), sites=[SITE], gateways=gateways, sensors=sensors)


class Veranda:
    """Two days of PM2.5 100 and humidity 80 of `air`, PM2.5 20 of `dry`, and of `weather` humidity 90."""

    def __init__(self, workshop: Workshop) -> None:
        self.workshop, self._seq = workshop, 0
        self.facts = FactService(workshop.database, workshop.registry, clock=lambda: NOW)
        self.restart()

    def restart(self) -> None:
        """As after a start of the cloud: nothing is held in memory."""
        workshop = self.workshop
        self.derivations = Derivations(
            workshop.registry, workshop.store, workshop.newest, facts=self.facts, clock=lambda: NOW
        )
        assert self.derivations.corrections is not None
        self.derivations.corrections._settle_s = 0

    async def send(self, readings: Iterable[Reading]) -> None:
        given = list(readings)
        payload = encode_batch("s", self._seq + 1, given, backfill=True)
        self._seq += len(given)
        await self.workshop.writer.write([self.workshop.decoder.prepare(payload, GATEWAY)])
        for sensor, quantity in {(each.sensor, each.quantity) for each in given}:
            times = [each.time_ms for each in given if (each.sensor, each.quantity) == (sensor, quantity)]
            self.derivations.on_series_changed(sensor, quantity, min(times), max(times))

    async def measure(self, *series: tuple[str, str, float], first: int = 0, hours: int = HOURS) -> None:
        for sensor, quantity, value in series:
            times = range(START + first * HOUR, START + (first + hours) * HOUR, 10 * MINUTE)
            await self.send(Reading(sensor, quantity, time_ms, value) for time_ms in times)
        await self.compute()

    async def compute(self) -> None:
        await self.derivations._correct()
        await self.derivations.compute(NOW)

    async def record(self, sensor: str, value: Any, *, hour: float, what: str = "correction.pm2_5") -> int:
        fact = await self.facts.record(
            f"sensor:{sensor}", what, value, actor=ANI, reason="x", valid_from_ms=START + round(hour * HOUR)
        )
        await self.compute()
        return fact.id

    async def undo(self, fact: int) -> None:
        await self.facts.undo(fact, actor=ANI, reason="a mistake")
        await self.compute()

    async def at(self, sensor: str, quantity: str, hour: int) -> float | None:
        time_ms = START + hour * HOUR
        points = await self.workshop.store.history(sensor, quantity, start_ms=time_ms, end_ms=time_ms + 1)
        return points[0].value if points and not points[0].marks & Mark.WITHDRAWN else None

    async def stored(self, *, derived: bool) -> dict[tuple[str, str], list[Point]]:
        """All that is stored and holds: what was computed, or what was sent with every mark."""
        found: dict[tuple[str, str], list[Point]] = {}
        for sensor in ("air", "dry", "weather", "daruba"):
            for name in (name for name, row in QUANTITIES.items() if row.derived is derived):
                points = await self.workshop.store.history(sensor, name, start_ms=0, end_ms=2**45)
                held = [point for point in points if not derived or not point.marks & Mark.WITHDRAWN]
                if held:
                    found[sensor, name] = held
        return found


@pytest.fixture
async def veranda(tmp_path: Path) -> AsyncIterator[Veranda]:
    async with Workshop(tmp_path, registry=city()) as workshop:
        await workshop.database.run(lambda connection: save_registry(connection, city(), now_ms=START))
        workshop.registry.replace_with(await workshop.database.run(read_registry))
        veranda = Veranda(workshop)
        await veranda.measure(
            ("air", "pm2_5", 100.0), ("air", "pm10", 150.0), ("air", "humidity", 80.0),
            ("dry", "pm2_5", 20.0), ("weather", "humidity", 90.0),
        )  # fmt: skip
        yield veranda


async def test_epas_correction_reaches_the_hours_since_its_date_and_all_that_looks_back_on_them(veranda: Veranda):
    raw = await veranda.stored(derived=False)
    assert (await veranda.at("air", "pm2_5_hour", 48), await veranda.at("air", "pm2_5_day", 48)) == (100.0, 100.0)
    fact = await veranda.record("air", EPA, hour=12)
    hours = [await veranda.at("air", "pm2_5_hour", hour) for hour in (11, 12, 13, 48)]
    assert hours == [100.0, 100.0, pytest.approx(77.454), pytest.approx(77.454)], "12 is the end of the hour before"
    assert [await veranda.at("air", "pm2_5_correction", hour) for hour in (12, 13, 48)] == [None, fact, fact]
    assert await veranda.at("air", "pm2_5_correction_completeness", 48) == 100
    # 12 hours of 100 and 12 of 77.454
    assert await veranda.at("air", "pm2_5_day", 24) == pytest.approx(88.727)
    # 77.4: 151 + 49 * (77.4 - 55.5) / (125.4 - 55.5) = 166.35
    assert await veranda.at("air", "us_aqi_pm2_5", 48) == 166
    assert await veranda.at("air", "pm10_hour", 48) == 150, "nothing else is touched"
    assert await veranda.stored(derived=False) == raw


async def test_undoing_gives_back_every_value_that_was(veranda: Veranda):
    before, raw = await veranda.stored(derived=True), await veranda.stored(derived=False)
    fact = await veranda.record("air", EPA, hour=12)
    other = await veranda.record("dry", HALF, hour=1)
    assert await veranda.stored(derived=True) != before
    for each in (fact, other):
        await veranda.undo(each)
    assert await veranda.stored(derived=True) == before
    assert await veranda.stored(derived=False) == raw
    veranda.restart()
    veranda.derivations.look_back(NOW)
    await veranda.compute()
    assert await veranda.stored(derived=True) == before


async def test_an_hour_is_corrected_as_a_whole_by_what_held_when_it_began(veranda: Veranda):
    fact = await veranda.record("dry", HALF, hour=12.5)
    assert [await veranda.at("dry", "pm2_5_hour", hour) for hour in (13, 14)] == [20.0, 12.0]
    later = await veranda.record("dry", {"correction": "linear", "slope": 2.0, "offset": 0.0}, hour=20)
    assert [await veranda.at("dry", "pm2_5_correction", hour) for hour in (20, 21)] == [fact, later]
    assert [await veranda.at("dry", "pm2_5_hour", hour) for hour in (20, 21)] == [12.0, 40.0]
    ended = await veranda.record("dry", None, hour=30)
    assert [await veranda.at("dry", "pm2_5_hour", hour) for hour in (30, 31)] == [40.0, 20.0]
    assert await veranda.at("dry", "pm2_5_correction", 31) is None
    await veranda.undo(ended)
    assert await veranda.at("dry", "pm2_5_hour", 31) == 40.0


async def test_what_humidity_says_late_is_computed_again_also_where_another_sensor_says_it(veranda: Veranda):
    await veranda.record("dry", BY_WEATHER, hour=0)
    # 0.524 * 20 - 0.0862 * 90 + 5.75
    assert await veranda.at("dry", "pm2_5_hour", 40) == pytest.approx(8.472)
    await veranda.send(
        [Reading("weather", "humidity", START + 39 * HOUR + minute * MINUTE, 30.0) for minute in (5, 15)]
    )
    await veranda.compute()
    # six of 90 and two of 30: 75
    assert await veranda.at("dry", "pm2_5_hour", 40) == pytest.approx(10.48 - 0.0862 * 75 + 5.75)
    assert await veranda.at("dry", "pm2_5_hour", 41) == pytest.approx(8.472)


async def test_an_hour_without_humidity_or_with_doubted_one_is_a_gap_that_is_told(veranda: Veranda):
    await veranda.measure(("air", "pm2_5", 100.0), first=48, hours=1)
    await veranda.send(
        Reading("air", "humidity", START + (48 * 60 + minute) * MINUTE, 80.0, Clock.UNKNOWN)
        for minute in range(0, 60, 10)
    )
    now = NOW + HOUR
    await veranda.derivations.compute(now)
    assert await veranda.at("air", "pm2_5_hour", 49) == 100.0
    fact = await veranda.record("air", EPA, hour=40)
    await veranda.derivations.compute(now)
    await veranda.record("air", HALF, hour=40, what="correction.pm10")  # another of its series, which lacks nothing
    await veranda.measure(("air", "pm10", 150.0), first=48, hours=1)
    await veranda.derivations.compute(now)
    assert await veranda.at("air", "pm10_hour", 49) == 77.0
    assert await veranda.at("air", "pm2_5_hour", 48) == pytest.approx(77.454)
    assert await veranda.at("air", "pm2_5_hour", 49) is None, "never the uncorrected one in its place"
    assert await veranda.at("air", "pm2_5_hour_completeness", 49) == 0
    assert await veranda.at("air", "pm2_5_correction", 49) == fact
    assert await veranda.at("air", "pm2_5_correction_completeness", 49) == 0
    assert veranda.derivations.component().detail.endswith(
        "; no corrected hour, since humidity is missing or the correction is of a later release: air"
    )
    await veranda.send(Reading("air", "humidity", START + (48 * 60 + m) * MINUTE, 80.0) for m in range(3, 60, 10))
    await veranda.derivations.compute(now)
    assert await veranda.at("air", "pm2_5_hour", 49) == pytest.approx(77.454)
    assert "humidity" not in veranda.derivations.component().detail


async def test_indices_say_which_correction_they_stand_on(veranda: Veranda):
    indices = Indices(veranda.workshop.registry, veranda.workshop.newest, gauges=lambda _sensor: None)

    def said() -> dict[str, list[tuple[str, str, str, int]]]:
        return {
            index.index: [(each.parameter, each.sensor, each.name, each.fact) for each in index.corrections]
            for index in indices.of_site("daruba")
        }

    assert not any(said().values())
    fact = await veranda.record("air", EPA, hour=0)
    line = await veranda.record("dry", HALF, hour=0)
    both = [("pm2_5", "air", "us_epa_2021", fact), ("pm2_5", "dry", "linear", line)]
    assert (said()["ispu"], said()["us_aqi"]) == (both, both)
    assert said()["who_2021_pm10"] == []
    await veranda.undo(line)
    assert said()["ispu"] == both[:1]


async def test_a_correction_of_a_later_release_makes_gaps_and_stops_nothing_else(veranda: Veranda):
    """As after a step back to this release: the registry is read, and nothing is shown as if it were corrected."""
    fact = await veranda.record("dry", HALF, hour=24)
    value = '{"correction":"of_tomorrow","power":2}'
    await veranda.workshop.database.run(
        lambda connection: connection.execute(update(FactRow).where(FactRow.id == fact).values(value=value))
    )
    await veranda.facts.load()
    veranda.derivations.on_series_changed("dry", "pm2_5", START, NOW)
    await veranda.compute()
    assert [await veranda.at("dry", "pm2_5_hour", hour) for hour in (24, 25)] == [20.0, None]
    assert await veranda.at("dry", "pm2_5_correction", 25) == fact
    assert "the correction is of a later release: dry" in veranda.derivations.component().detail
    assert await veranda.at("air", "pm2_5_hour", 25) == 100.0


@pytest.mark.parametrize(
    ("sensor", "what", "value", "why"),
    [
        ("air", "correction.pm2_5", {"correction": "magic"}, "is no correction"),
        ("air", "correction.pm2_5", {"correction": "us_epa_2021"}, "missing required field `input`"),
        ("air", "correction.pm10", EPA, "us_epa_2021 is for pm2_5 alone"),
        ("dry", "correction.pm2_5", EPA, "dry measures no humidity"),
        ("dry", "correction.pm2_5", EPA | {"humidity": "nobody"}, "nobody measures no humidity"),
        ("dry", "correction.pm2_5", EPA | {"humidity": "far"}, "not at the site and behind the gateway of dry"),
        ("dry", "correction.pm2_5", HALF | {"slope": -0.5}, "slope -0.5 and offset 2 correct nothing"),
        ("dry", "correction.pm2_5", HALF | {"offset": float("nan")}, "correct nothing"),
        ("dry", "correction.pm10", HALF, "cannot be recorded of sensor:dry"),
        ("air", "correction.humidity", HALF, "cannot be recorded of sensor:air"),
    ],
)
async def test_what_cannot_correct_a_sensor_is_refused(veranda: Veranda, sensor: str, what: str, value: Any, why: str):
    with pytest.raises(FactRejected, match=why):
        await veranda.record(sensor, value, hour=0, what=what)
