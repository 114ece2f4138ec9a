"""Readings that speak for an interval, days that are no 24 hours, and counters that are heard now and then."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from cloud.derived.service import Derivations
from cloud.readings.blocks import Block
from cloud.readings.newest import Newest
from cloud.readings.sqlite import SqliteStore
from cloud.registry.records import City, Sensor, Site
from cloud.registry.snapshot import Registry
from rules.timing import Stamped
from wire import QUANTITIES

MINUTE, HOUR = 60_000, 3_600_000
DAY = 24 * HOUR
LORD_HOWE = "Australia/Lord_Howe"


def ms(text: str) -> int:
    return int(datetime.fromisoformat(text).astimezone(UTC).timestamp() * 1000)


SEVEN = ms("2026-11-24T07:00:00+09:00")


class Place:
    """One site with one sensor, whose readings are stored and computed from as the test says."""

    def __init__(self, folder: Path, sensor: Sensor, *, zone: str = "Asia/Jayapura", closes: str | None = None) -> None:
        self.sensor = sensor
        site = Site("daruba", "Daruba", "", 2.0, 128.0, zone, closes=closes)
        registry = Registry(city=City("Morotai", zone), sites=[site], gateways=(), sensors=[sensor])
        self.store = SqliteStore(folder / "readings.db")
        self.derivations = Derivations(registry, self.store, Newest())

    async def send(self, points: dict[int, float]) -> None:
        (quantity, *_) = self.sensor.quantities
        block = Block(
            "daruba", self.sensor.id, "gw", QUANTITIES[quantity].domain, 0, list(points),
            ((quantity, list(points.values())),),
        )  # fmt: skip
        await self.store.write([self.store.encode([block])])
        self.derivations.on_series_changed(self.sensor.id, quantity, min(points), max(points))

    async def series(self, quantity: str, *, of: str | None = None) -> dict[int, float]:
        found = await self.store.history(of or self.sensor.id, quantity, start_ms=0, end_ms=ms("2030-01-01T00:00:00Z"))
        return {point.time_ms: point.value for point in found}


def at(place: Place, story: Callable[[Place], Awaitable[None]]) -> None:
    async def whole() -> None:
        await place.store.open()
        await story(place)
        await place.store.close()

    asyncio.run(whole())


def gauge(interval_s: float, stamped: Stamped | None = None) -> Sensor:
    return Sensor("gauge", "Gauge", "daruba", "gw", ("rainfall",), interval_s=interval_s, stamped=stamped)


@pytest.mark.parametrize(
    ("stamped", "interval_s", "hour", "day"),
    [(Stamped.END, 3_600, SEVEN, SEVEN), (Stamped.END, 600, SEVEN, SEVEN), (None, 3_600, SEVEN + HOUR, SEVEN + DAY),
     (Stamped.START, 3_600, SEVEN + HOUR, SEVEN + DAY)],
)  # fmt: skip
def test_rain_stamped_at_seven_belongs_to_the_day_that_its_interval_lies_in(tmp_path, stamped, interval_s, hour, day):
    async def story(place: Place) -> None:
        await place.send({SEVEN: 34.4})
        await place.derivations.compute(SEVEN + 25 * HOUR)
        assert await place.series("rain_hour") == {hour: 34.4}
        days = await place.series("rain_day")
        assert days[day] == 34.4
        assert max(days) == day

    at(Place(tmp_path, gauge(interval_s, stamped)), story)


@pytest.mark.parametrize("late_ms", [0, -2 * MINUTE, 5 * MINUTE])
@pytest.mark.parametrize("stamped", [Stamped.END, Stamped.START])
def test_a_daily_gauge_is_complete_with_one_reading_a_day_and_says_nothing_of_hours(tmp_path, stamped, late_ms):
    stamp = SEVEN if stamped is Stamped.END else SEVEN - DAY

    async def story(place: Place) -> None:
        await place.send({stamp + late_ms: 34.4, stamp + late_ms + DAY: 1.0})
        await place.derivations.compute(SEVEN + DAY + 10 * MINUTE)
        assert await place.series("rain_day") == {SEVEN: 34.4, SEVEN + DAY: 1.0}
        shares = await place.series("rain_day_completeness")
        assert set(shares) == {SEVEN, SEVEN + DAY}
        assert min(shares.values()) > 99
        assert await place.series("rain_hour") == {}

    at(Place(tmp_path, gauge(86_400, stamped)), story)


def test_a_gauge_read_each_six_hours_makes_the_day_as_it_goes(tmp_path):
    async def story(place: Place) -> None:
        await place.send({SEVEN + 6 * HOUR: 4.0, SEVEN + 12 * HOUR: 2.0, SEVEN + 24 * HOUR: 1.0})
        await place.derivations.compute(SEVEN + 25 * HOUR)
        days, shares = await place.series("rain_day"), await place.series("rain_day_completeness")
        found = {(time_ms - SEVEN) // HOUR: (days[time_ms], round(shares[time_ms])) for time_ms in days}
        assert [found[hour] for hour in (6, 8, 12, 24)] == [(4.0, 100), (4.0, 82), (6.0, 100), (7.0, 78)]
        assert 5 not in found, "nothing was known"

    at(Place(tmp_path, gauge(21_600, Stamped.END)), story)


@pytest.mark.parametrize("live", [False, True])
def test_an_hour_is_corrected_by_the_reading_that_is_stamped_with_its_end(tmp_path, live):
    stamps = list(range(SEVEN + 10 * MINUTE, SEVEN + HOUR + MINUTE, 10 * MINUTE))

    async def story(place: Place) -> None:
        for stamp in stamps:
            await place.send({stamp: 0.5})
            if live:
                await place.derivations.compute(stamp)
        await place.derivations.compute(SEVEN + 2 * HOUR)
        assert await place.series("rain_hour") == {SEVEN + HOUR: 3.0}
        assert (await place.series("rain_hour_completeness"))[SEVEN + HOUR] == 100

    at(Place(tmp_path, gauge(600, Stamped.END)), story)


BACK, ON = ms("2026-04-05T02:00:00+11:00"), ms("2026-10-04T02:00:00+10:30")
BERLIN = {"back": ms("2026-10-25T03:00:00+02:00"), "on": ms("2026-03-29T02:00:00+01:00")}


@pytest.mark.parametrize(
    ("zone", "shift", "day_h"),
    [(LORD_HOWE, BACK, 24.5), (LORD_HOWE, ON, 23.5), ("Europe/Berlin", BERLIN["back"], 25),
     ("Europe/Berlin", BERLIN["on"], 23), ("Asia/Kolkata", BACK, 24)],
)  # fmt: skip
def test_the_rain_of_a_day_is_all_of_it_however_long_the_day_is(tmp_path, zone, shift, day_h):
    local = datetime.fromtimestamp(shift / 1000, ZoneInfo(zone)).replace(hour=7, minute=0, second=0, microsecond=0)
    end = round(local.timestamp() * 1000)
    start = end - round(day_h * HOUR)

    async def story(place: Place) -> None:
        await place.send(dict.fromkeys(range(start - DAY, end + DAY, 10 * MINUTE), 0.5))
        await place.derivations.compute(end + HOUR)
        assert (await place.series("rain_day"))[end] == pytest.approx(day_h * 6 * 0.5)
        assert (await place.series("rain_day_completeness"))[end] == 100
        hours = await place.series("rain_hour")
        assert sum(mm for time_ms, mm in hours.items() if start < time_ms <= end) == pytest.approx(day_h * 6 * 0.5)

    at(Place(tmp_path, gauge(600), zone=zone), story)


@pytest.mark.parametrize("shift", [BACK, ON])
def test_a_shift_of_half_an_hour_interrupts_no_index(tmp_path, shift):
    sensor = Sensor("air", "Air", "daruba", "gw", ("pm2_5", "pm10"), interval_s=600)

    async def story(place: Place) -> None:
        await place.send(dict.fromkeys(range(shift - 2 * DAY, shift + 2 * DAY, 10 * MINUTE), 15.5))
        await place.derivations.compute(shift + 2 * DAY)
        found = await place.series("ispu_pm2_5")
        after = [time_ms for time_ms in found if shift - DAY < time_ms <= shift + 2 * DAY]
        assert len(after) == 72, "71.5 hours of 60 minutes and one of 30"
        assert {found[time_ms] for time_ms in after} == {50}
        assert {(await place.series("ispu_pm2_5_completeness"))[time_ms] for time_ms in after} == {100}

    at(Place(tmp_path, sensor, zone=LORD_HOWE), story)


def counter(interval_s: float | None, stamped: Stamped | None = None) -> Sensor:
    return Sensor("gate", "Gate", "daruba", "gw", ("people_in",), interval_s=interval_s, stamped=stamped)


@pytest.mark.parametrize("interval_s", [1, 60, 420, 600, 900, 3_600, None])
@pytest.mark.parametrize("zone", ["Asia/Jayapura", "Asia/Kolkata"])
def test_the_completeness_of_visitors_is_the_same_live_and_in_one_go(tmp_path, interval_s, zone):
    closed = round(datetime(2026, 11, 24, 18, 0, tzinfo=ZoneInfo(zone)).timestamp() * 1000)
    step = max(MINUTE, round((interval_s or 60) * 1000))
    stamps = [closed + 20_000 + step * number for number in range(8 * HOUR // step)]
    stamps = [stamp for stamp in stamps if not closed + 2 * HOUR < stamp < closed + 3 * HOUR]

    async def live(place: Place) -> None:
        for stamp in stamps:
            await place.send({stamp: 1.0})
            await place.derivations.compute(stamp + MINUTE)
        found["live"] = await place.series("visitors_completeness", of="daruba")

    async def at_once(place: Place) -> None:
        await place.send(dict.fromkeys(stamps, 1.0))
        await place.derivations.compute(stamps[-1] + MINUTE)
        found["at once"] = await place.series("visitors_completeness", of="daruba")

    found: dict[str, dict[int, float]] = {}
    for name, story in (("live", live), ("at once", at_once)):
        (tmp_path / name).mkdir()
        at(Place(tmp_path / name, counter(interval_s), zone=zone, closes="18:00"), story)
    assert found["live"] == pytest.approx(found["at once"], abs=1e-6)
    last = found["live"][max(found["live"])]
    assert 80 < last < 100, "an hour of eight was silent"
    assert max(found["live"].values()) <= 100


def test_a_counter_that_stamps_the_end_of_its_interval_counts_its_last_for_the_day_that_closes(tmp_path):
    closing = ms("2026-11-24T18:00:00+09:00")

    async def story(place: Place) -> None:
        await place.send({closing - 10 * MINUTE: 3.0, closing: 4.0, closing + 10 * MINUTE: 5.0})
        await place.derivations.compute(closing + HOUR)
        found = await place.series("visitors_day", of="daruba")
        assert [found[time_ms] for time_ms in sorted(found)] == [3, 7, 5]
        assert [time_ms <= closing for time_ms in sorted(found)] == [True, True, False]

    at(Place(tmp_path, counter(600, Stamped.END), closes="18:00"), story)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(
    ("interval_s", "stamped"),
    [(600, Stamped.END), (3_600, Stamped.END), (3_600, Stamped.START), (21_600, Stamped.END), (86_400, Stamped.END),
     (86_400, Stamped.START), (600, None)],
)  # fmt: skip
def test_in_whatever_order_stamped_readings_come_the_rain_is_the_same(tmp_path, interval_s, stamped, seed):
    chance = random.Random(seed)
    first, last = BACK - 2 * DAY, BACK + 2 * DAY
    points = [(stamp, chance.choice((0.0, 0.2, 4.0))) for stamp in range(first, last, interval_s * 1000)]
    pieces = [dict(points[start : start + 17]) for start in range(0, len(points), 17)]

    async def at_once(place: Place) -> None:
        await place.send(dict(points))
        await place.derivations.compute(last + 2 * DAY)
        found["at once"] = await rain_of(place)

    async def piece_by_piece(place: Place) -> None:
        for number in chance.sample(range(len(pieces)), len(pieces)):
            await place.send(pieces[number])
            await place.derivations.compute(last + 2 * DAY)
        found["piece by piece"] = await rain_of(place)

    found: dict[str, object] = {}
    for name, story in (("at once", at_once), ("piece by piece", piece_by_piece)):
        (tmp_path / name).mkdir()
        at(Place(tmp_path / name, gauge(interval_s, stamped), zone=LORD_HOWE), story)
    assert found["at once"]
    assert found["at once"] == found["piece by piece"]


async def rain_of(place: Place) -> dict[str, dict[int, float]]:
    names = ("rain_hour", "rain_hour_completeness", "rain_day", "rain_day_completeness")
    return {name: await place.series(name) for name in names}
