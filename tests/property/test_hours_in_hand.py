"""What memory knows of the hours in hand is what the store says: in any cut and order, late, twice, corrected, doubted.

one story of what is stored and told ─┬─ two processes that hold the series of their own gateways ─┬─ the same series
                                      └─ the same two, which read everything                      ─┘
"""

import asyncio
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from hypothesis import given, settings
from hypothesis import strategies as st

from cloud.derived.service import Derivations
from cloud.readings.blocks import Block
from cloud.readings.contract import Point, SeriesRange, Verdict
from cloud.readings.newest import Newest
from cloud.registry.facts import SINCE_EVER_MS, Fact, Facts
from cloud.registry.records import City, Sensor, Site
from cloud.registry.snapshot import Registry
from rules.marks import Mark
from rules.siaga import GaugeLimits, Limit
from tests.unit.cloud.derived.examples import HOUR, MINUTE, NINE, ZONE, Stored
from wire import QUANTITIES, Stamped
from wire.quantity_table import computation_of

STEP = 2 * MINUTE
HOURS = 3
SITES = (
    Site("daruba", "Daruba", "", 2.0, 128.0, ZONE, capacity=80, area_m2=200.0),
    Site("tobelo", "Tobelo", "", 1.7, 128.0, ZONE, capacity=20),
    Site("delhi", "Delhi", "", 28.6, 77.2, "Asia/Kolkata", closes="05:00"),
)
SENSORS = (
    Sensor("air", "", "daruba", "gw-a", ("pm2_5", "no2"), interval_s=120),
    Sensor("air-b", "", "daruba", "gw-b", ("pm2_5",), interval_s=600, stamped=Stamped.END),
    Sensor("rain", "", "daruba", "gw-a", ("rainfall",), interval_s=600, stamped=Stamped.END),
    Sensor("river", "", "daruba", "gw-a", ("water_level",), interval_s=120),
    Sensor("canal", "", "delhi", "gw-b", ("water_level",), interval_s=600, stamped=Stamped.START),
    Sensor("gate", "", "daruba", "gw-a", ("people_in", "people_out"), interval_s=60),
    Sensor("pier", "", "daruba", "gw-b", ("people_in",), interval_s=600, stamped=Stamped.END),
    Sensor("market", "", "tobelo", "gw-a", ("people_in", "people_out"), interval_s=120),
    Sensor("door", "", "delhi", "gw-b", ("people_in", "people_out"), interval_s=120),
    Sensor("wet", "", "daruba", "gw-a", ("humidity",), interval_s=120),
    Sensor("dust", "", "delhi", "gw-b", ("pm2_5", "humidity"), interval_s=120),
    Sensor("mist", "", "daruba", "gw-b", ("humidity",), interval_s=600, stamped=Stamped.END),
    Sensor("weather", "", "tobelo", "gw-a", ("humidity", "temperature"), interval_s=120),
)


def _fact(number: int, sensor: str, value: Any, valid_from_ms: int) -> Fact:
    return Fact(number, f"sensor:{sensor}", "correction.pm2_5", value, valid_from_ms, "ani", "", "", NINE - HOUR)


EPA = {"correction": "us_epa_2021", "input": "cf_atm"}
FACTS = Facts(
    [
        _fact(1, "air", None, SINCE_EVER_MS),
        _fact(2, "air", EPA | {"humidity": "wet"}, NINE + HOUR),
        _fact(3, "dust", EPA, SINCE_EVER_MS),
        _fact(4, "dust", {"correction": "linear", "slope": 0.5, "offset": 2.0}, NINE + 2 * HOUR),
        _fact(5, "air-b", EPA | {"humidity": "mist"}, SINCE_EVER_MS),
    ]
)
"""By another sensor's humidity from the second hour on; by its own until the third, then a line; by other stamps."""
LIMITS = GaugeLimits(Limit(20), Limit(40), Limit(60))
MEASURED = {quantity for sensor in SENSORS for quantity in sensor.quantities}
DERIVED = tuple(name for name, row in QUANTITIES.items() if row.derived)
VERSIONS = {computation_of(QUANTITIES[quantity].domain) for quantity in MEASURED}
COMPUTED = tuple(
    (name, quantity) for name in (*(s.id for s in SENSORS), *(s.id for s in SITES)) for quantity in DERIVED
)
VALUES = st.sampled_from([0.0, 1.0, 3.0, 7.0, 12.3, 45.1, 61.7])
TOGETHER = (("air", "air-b"), ("gate", "pier"), ("river", "rain"), ("market", "canal"), ("door", "river"),
            ("air", "wet"), ("dust", "wet"), ("air-b", "mist"), ("weather", "dust"))  # fmt: skip
"""Sensors that speak side by side: of two processes at one site, of one alone, in a zone of half hours, corrected."""


class Batch(NamedTuple):
    """Readings of a sensor at some places in time, stored and told; `told`: False, nobody knows which they were."""

    sensor: Sensor
    places: list[float]
    values: list[float]
    marks: int = 0
    told: bool = True


class Doubt(NamedTuple):
    """A later verdict on what a sensor said at some time."""

    sensor: Sensor
    place: int
    marks: int


class Correction(NamedTuple):
    """What is stored of a series is written again with another value."""

    sensor: Sensor
    place: int
    value: float


class Pass(NamedTuple):
    """Time goes on to a place, and each process computes; `meanwhile` is stored while the store is being asked."""

    place: int
    meanwhile: Batch | None = None


class Restart(NamedTuple):
    """A process is killed and started again: what it held is gone."""

    number: int


BACK = st.integers(0, 12)
"""How many places before the present something is late, doubted or corrected: mostly in the hour in hand."""
BAD = st.sampled_from([int(Mark.SPIKE), int(Mark.CLOCK_UNKNOWN)])


@st.composite
def stories(draw: st.DrawFn) -> list[Any]:
    """Three hours in which some sensors speak every few minutes, and now and then something is not as it should be."""
    names = {name for pair in draw(st.lists(st.sampled_from(TOGETHER), min_size=1, max_size=2)) for name in pair}
    speaking = [sensor for sensor in SENSORS if sensor.id in names]
    story: list[Any] = [Pass(0)]
    place = 0
    while place < HOURS * HOUR // STEP:
        for sensor in speaking:
            if draw(st.integers(0, 7)):
                story.append(Batch(sensor, [place], [draw(VALUES)]))
        if draw(st.integers(0, 2)) == 0:
            story += draw(_disturbances(place, draw(st.sampled_from(speaking))))
        if draw(st.booleans()):
            story.append(Pass(place + 1))
        place += draw(st.sampled_from([1, 1, 2, 4]))
    return story


class Moment(NamedTuple):
    """What may be disturbed: the place that is the present, one before it, a sensor, and a value."""

    place: int
    then: int
    sensor: Sensor
    value: float


@st.composite
def _disturbances(draw: st.DrawFn, place: int, sensor: Sensor) -> list[Any]:
    at = Moment(place, max(0, place - draw(BACK)), sensor, draw(VALUES))
    disturbed = draw(st.sampled_from(list(DISTURBED)))
    return DISTURBED[disturbed](at, draw)


def _shuffled(at: Moment, draw: st.DrawFn) -> list[Any]:
    places = draw(st.permutations([at.place + 0.2, at.place + 0.5, at.place + 0.9]))
    return [Batch(at.sensor, places, [at.value, 1.0, 7.0])]


def _wavering(at: Moment, _draw: st.DrawFn) -> list[Any]:
    there, now = Doubt(at.sensor, at.then, int(Mark.SPIKE)), Pass(at.place + 1)
    return [now, there, now, Doubt(at.sensor, at.then, 0), now]


def _meanwhile(at: Moment, _draw: st.DrawFn) -> list[Any]:
    now = Batch(at.sensor, [at.place + 0.4], [at.value + 1])
    return [Batch(at.sensor, [at.then], [at.value]), Pass(at.place + 1, now)]


DISTURBED: dict[str, Callable[[Moment, st.DrawFn], list[Any]]] = {
    "late": lambda at, _: [Batch(at.sensor, [at.then], [at.value])],
    "of a backlog": lambda at, _: [Batch(at.sensor, [at.then], [at.value], int(Mark.BACKFILL))],
    "twice": lambda at, _: [Batch(at.sensor, [at.place], [at.value])] * 2,
    "shuffled": _shuffled,
    "marked": lambda at, draw: [Batch(at.sensor, [at.place], [at.value], draw(BAD))],
    "which nobody knows": lambda at, _: [Batch(at.sensor, [at.then], [at.value], told=False)],
    "doubted": lambda at, _: [Doubt(at.sensor, at.then, int(Mark.TWINS_DISAGREE))],
    "trusted": lambda at, _: [Doubt(at.sensor, at.then, 0)],
    "wavering": _wavering,
    "corrected": lambda at, _: [Correction(at.sensor, at.then, at.value)],
    "stored meanwhile": _meanwhile,
    "killed": lambda _at, draw: [Restart(draw(st.integers(0, 1)))],
}


class Twins(Stored):
    """Two ingesters, each with its gateway, on one store; `in_hand`: they hold what they may."""

    def __init__(self, folder: Path, *, in_hand: bool) -> None:
        super().__init__(folder)
        self._in_hand = in_hand
        self.registry = Registry(city=City("Bench", ZONE), sites=SITES, gateways=(), sensors=SENSORS, facts=FACTS)
        self._now_ms, self._passes = NINE, 0
        self._meanwhile: Batch | None = None
        self._whole = self.store.histories
        self.store.histories = self._histories
        self.processes = [self._start(number) for number in range(2)]

    def _start(self, number: int) -> Derivations:
        own = ("gw-a", "gw-b")[number]
        found = Derivations(
            self.registry, self.store, Newest(), is_own=lambda gateway: gateway == own,
            gauges=lambda _sensor: LIMITS,
        )  # fmt: skip
        if not self._in_hand:
            found._in_hand._is_all_told = lambda sensor: sensor.id == ""
        found.look_back(self._now_ms)
        return found

    async def _histories(self, ranges: Sequence[SeriesRange]) -> list[list[Point]]:
        found = await self._whole(ranges)
        meanwhile = self._meanwhile
        if meanwhile is not None and any(
            (asked.sensor, asked.quantity) == (meanwhile.sensor.id, meanwhile.sensor.quantities[0]) for asked in ranges
        ):
            self._meanwhile = None
            await self._store(meanwhile)
        return found

    async def act(self, story: Sequence[Any]) -> None:
        for each in story:
            match each:
                case Batch():
                    await self._store(each)
                case Doubt():
                    await self._doubt(each)
                case Correction():
                    await self._correct(each)
                case Restart(number):
                    self.processes[number] = self._start(number)
                case Pass(place, meanwhile):
                    self._now_ms = max(self._now_ms, NINE + place * STEP + 7_000)
                    self._meanwhile = meanwhile
                    await self._pass()
                    if self._meanwhile is not None:  # the store was not asked for that series
                        left, self._meanwhile = self._meanwhile, None
                        await self._store(left)

    async def settle(self) -> None:
        """All hours are over, and each process has looked at what the other computes late."""
        for after in (HOUR, 2 * HOUR, 2 * HOUR + 15 * MINUTE, 3 * HOUR, 3 * HOUR + 15 * MINUTE):
            self._now_ms = NINE + HOURS * HOUR + after
            self._meanwhile = None
            await self._pass()
            for process in self.processes:
                await process.compute_past(self._now_ms)

    async def _pass(self) -> None:
        self._passes += 1
        for process in self.processes[:: 1 if self._passes % 2 else -1]:  # whoever is the last to write must agree
            await process.compute_present(self._now_ms)
            assert "fail" not in process.component().detail

    def _owner(self, sensor: Sensor) -> Derivations:
        return self.processes[sensor.gateway == "gw-b"]

    async def _store(self, batch: Batch) -> None:
        sensor, times_ms = batch.sensor, [NINE + round(place * STEP) + 1_000 for place in batch.places]
        whole = [round(value) if quantity.startswith("people") else value
                 for quantity in sensor.quantities for value in batch.values]  # fmt: skip
        columns = [whole[n : n + len(times_ms)] for n in range(0, len(whole), len(times_ms))]
        fields = tuple(zip(sensor.quantities, columns, strict=True))
        domain = QUANTITIES[sensor.quantities[0]].domain
        block = Block(sensor.site, sensor.id, sensor.gateway, domain, batch.marks, times_ms, fields)
        await self.store.write([self.store.encode([block])])
        told = [block] if batch.told else None
        self._owner(sensor).on_stored(sensor.gateway, min(times_ms), max(times_ms), told)

    async def _doubt(self, doubt: Doubt) -> None:
        for quantity in doubt.sensor.quantities:
            verdict = Verdict(doubt.sensor.id, quantity, NINE + doubt.place * STEP + 1_000, doubt.marks)
            await self.store.write_verdicts([verdict])
            owner = self._owner(doubt.sensor)
            owner.on_series_changed(verdict.sensor, quantity, verdict.time_ms, verdict.time_ms)

    async def _correct(self, each: Correction) -> None:
        sensor, time_ms = each.sensor, NINE + each.place * STEP + 1_000
        for quantity in sensor.quantities:
            await self.write(sensor.id, sensor.site, quantity, {time_ms: float(round(each.value))})
            self._owner(sensor).on_series_changed(sensor.id, quantity, time_ms, time_ms)

    async def computed(self) -> dict[tuple[str, str], list[tuple[int, float, int]]]:
        """All that is computed and holds.

        Of the version that a value was computed by, what stands beside none is left out: a value that was stored and
        then withdrawn leaves it behind, and whether it ever was stored hangs on when a pass came by.
        """
        asked = [SeriesRange(name, quantity, 0, 2**45) for name, quantity in COMPUTED]
        found = {
            (each.sensor, each.quantity): [
                (point.time_ms - NINE, point.value, int(point.marks & ~Mark.BACKFILL)) for point in points
                if not point.marks & Mark.WITHDRAWN
            ]
            for each, points in zip(asked, await self._whole(asked), strict=True)
        }  # fmt: skip
        valued = {
            (sensor, time_ms)
            for (sensor, quantity), points in found.items() if quantity not in VERSIONS
            for time_ms, _, _ in points
        }  # fmt: skip
        for (sensor, quantity), points in found.items():
            if quantity in VERSIONS:
                found[sensor, quantity] = [point for point in points if (sensor, point[0]) in valued]
        return {key: points for key, points in found.items() if points}


async def _told(folder: Path, story: Sequence[Any], *, in_hand: bool) -> dict[tuple[str, str], Any]:
    async with Twins(folder, in_hand=in_hand) as twins:
        await twins.act(story)
        await twins.settle()
        return await twins.computed()


@settings(max_examples=8, deadline=None)
@given(stories())
def test_what_is_in_hand_comes_to_what_the_store_says(story: list[Any]):
    with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as other:
        read = asyncio.run(_told(Path(one), story, in_hand=False))
        held = asyncio.run(_told(Path(other), story, in_hand=True))
    assert held == read


def test_a_rate_that_was_stored_and_is_doubted_later_holds_no_more():
    """Held, it is stored at the next pass; read, only when the hour has ended, when it is doubted already."""
    river = SENSORS[3]
    story = [Pass(0), Batch(river, [58], [3.0]), Pass(71), Batch(river, [72], [3.0]), Pass(84), Doubt(river, 72, 32)]
    with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as other:
        read = asyncio.run(_told(Path(one), story, in_hand=False))
        held = asyncio.run(_told(Path(other), story, in_hand=True))
    assert held == read
    assert ("river", "rise_rate") not in held


def test_humidity_that_comes_late_or_is_doubted_later_corrects_the_hour_that_it_is_of():
    """Held, each hour was computed without it before; read, once, with all that there is."""
    air, wet = (next(each for each in SENSORS if each.id == name) for name in ("air", "wet"))
    story: list[Any] = [Pass(0)]
    story += [each for place in range(90) for each in (Batch(air, [place], [7.0]), Pass(place + 1))]
    story += [Batch(wet, [40], [12.3])]
    story += [each for place in range(30, 60) if place != 40 for each in (Batch(wet, [place], [45.1]), Pass(92))]
    story += [Batch(wet, [40], [12.3], int(Mark.SPIKE)), Pass(92)]
    story += [Batch(wet, [place], [61.7]) for place in range(60, 90)]
    story += [Pass(93), *(Doubt(wet, place, int(Mark.SPIKE)) for place in range(60, 90)), Pass(94)]
    with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as other:
        read = asyncio.run(_told(Path(one), story, in_hand=False))
        held = asyncio.run(_told(Path(other), story, in_hand=True))
    assert held == read
    # 0.524 * 7 - 0.0862 * 45.1 + 5.75 of the second hour; the third has no humidity that anybody believes
    means = [(time_ms, round(value, 6)) for time_ms, value, _ in held["air", "pm2_5_hour"]]
    assert means == [(HOUR, 7.0), (2 * HOUR, 5.53038)]
    assert [value for _, value, _ in held["air", "pm2_5_correction_completeness"]] == [100.0, 0.0]


async def test_humidity_is_held_where_it_corrects_and_nowhere_else(tmp_path: Path):
    async with Twins(tmp_path, in_hand=True) as twins:
        await twins.act([Pass(0)])
        first, second = (process._in_hand for process in twins.processes)
        assert first.get("wet", "humidity") is not None
        assert second.get("dust", "humidity") is not None
        assert first.get("weather", "humidity") is None


def test_what_came_in_order_is_asked_of_nobody_and_what_came_late_is():
    """The property above would hold of a memory that knows nothing, too."""

    async def asked_after(folder: Path, late: Sequence[Any]) -> set[str]:
        async with Twins(folder, in_hand=True) as twins:
            await twins.act([Pass(0)])
            for place in range(40):
                await twins.act([*(Batch(sensor, [place], [3.0]) for sensor in SENSORS), Pass(place + 1)])
            await twins.act(late)
            asked: list[SeriesRange] = []
            whole = twins._whole

            async def ask(ranges: Sequence[SeriesRange]) -> list[list[Point]]:
                asked.extend(ranges)
                return await whole(ranges)

            twins._whole = ask
            await twins.act([Pass(41)])
            return {each.sensor for each in asked if each.quantity in MEASURED}

    with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as other:
        assert asyncio.run(asked_after(Path(one), [])) == set()
        river = SENSORS[3]
        assert asyncio.run(asked_after(Path(other), [Batch(river, [20], [7.0])])) == {"river"}
