"""Rain of hours and days, and the Siaga of hours: readings that speak for an interval, days that are no 24 hours."""

import random
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from cloud.registry.records import Sensor
from rules.marks import Mark
from tests.unit.cloud.derived.examples import (
    BACK,
    DAY,
    HOUR,
    LORD_HOWE,
    MINUTE,
    NINE,
    ON,
    SEVEN,
    Island,
    Place,
    every,
    ms,
)
from wire import Stamped

BERLIN = {"back": ms("2026-10-25T03:00:00+02:00"), "on": ms("2026-03-29T02:00:00+01:00")}


def gauge(interval_s: float, stamped: Stamped | None = None) -> Sensor:
    return Sensor("gauge", "Gauge", "daruba", "gw", ("rainfall",), interval_s=interval_s, stamped=stamped)


async def test_rain_is_summed_by_the_hour_and_since_seven(island: Island):
    seven = ms("2026-11-24T07:00:00+09:00")
    await island.store_readings("rain", "rainfall", every(600_000, seven - HOUR, seven + 2 * HOUR, 0.5))
    await island.derivations.compute(seven + 2 * HOUR)
    assert await island.series("rain", "rain_hour") == {
        seven: 3.0, seven + HOUR: 3.0, seven + 2 * HOUR: 3.0,
    }  # fmt: skip
    day = await island.series("rain", "rain_day")
    assert day == {seven: 3.0, seven + HOUR: 3.0, seven + 2 * HOUR: 6.0}, "seven o'clock ends the day before"
    shares = await island.series("rain", "rain_day_completeness")
    assert shares[seven] == pytest.approx(100 / 24)
    assert shares[seven + 2 * HOUR] == 100


async def test_siaga_is_the_worst_of_the_hour_and_spikes_do_not_count(island: Island):
    levels = every(600_000, NINE - HOUR, NINE, 120.0) | {NINE - 5 * MINUTE: 251.0}
    await island.store_readings("river", "water_level", levels)
    await island.store_readings("river", "water_level", {NINE - 7 * MINUTE: 900.0}, marks=int(Mark.SPIKE))
    await island.derivations.compute(NINE)
    assert await island.series("river", "siaga") == {NINE: 2}


async def test_an_hour_that_nobody_can_believe_has_the_siaga_of_its_highest_reading_and_its_doubt(
    island: Island,
):
    doubted = every(600_000, NINE - HOUR, NINE, 330.0)
    await island.store_readings("river", "water_level", doubted, marks=int(Mark.SPIKE))
    await island.derivations.compute(NINE)
    assert await island.series("river", "siaga") == {NINE: 1}
    assert await island.marks("river", "siaga") == {NINE: int(Mark.SPIKE)}
    assert island.newest.series("river", "siaga").marks == int(Mark.SPIKE)

    await island.give_verdicts("river", "water_level", doubted, 0)
    await island.derivations.compute(NINE)
    assert await island.marks("river", "siaga") == {NINE: 0}, "a later verdict takes the doubt away"


@pytest.mark.parametrize(
    ("stamped", "interval_s", "hour", "day"),
    [(Stamped.END, 3_600, SEVEN, SEVEN), (Stamped.END, 600, SEVEN, SEVEN), (None, 3_600, SEVEN + HOUR, SEVEN + DAY),
     (Stamped.START, 3_600, SEVEN + HOUR, SEVEN + DAY)],
)  # fmt: skip
async def test_rain_stamped_at_seven_belongs_to_the_day_that_its_interval_lies_in(
    tmp_path, stamped, interval_s, hour, day
):
    async with Place(tmp_path, gauge(interval_s, stamped)) as place:
        await place.send({SEVEN: 34.4})
        await place.derivations.compute(SEVEN + 25 * HOUR)
        assert await place.series("rain_hour") == {hour: 34.4}
        days = await place.series("rain_day")
        assert days[day] == 34.4
        assert max(days) == day


@pytest.mark.parametrize("late_ms", [0, -2 * MINUTE, 5 * MINUTE])
@pytest.mark.parametrize("stamped", [Stamped.END, Stamped.START])
async def test_a_daily_gauge_is_complete_with_one_reading_a_day_and_says_nothing_of_hours(tmp_path, stamped, late_ms):
    stamp = SEVEN if stamped is Stamped.END else SEVEN - DAY

    async with Place(tmp_path, gauge(86_400, stamped)) as place:
        await place.send({stamp + late_ms: 34.4, stamp + late_ms + DAY: 1.0})
        await place.derivations.compute(SEVEN + DAY + 10 * MINUTE)
        assert await place.series("rain_day") == {SEVEN: 34.4, SEVEN + DAY: 1.0}
        shares = await place.series("rain_day_completeness")
        assert set(shares) == {SEVEN, SEVEN + DAY}
        assert min(shares.values()) > 99
        assert await place.series("rain_hour") == {}


async def test_a_gauge_read_each_six_hours_makes_the_day_as_it_goes(tmp_path):
    async with Place(tmp_path, gauge(21_600, Stamped.END)) as place:
        await place.send({SEVEN + 6 * HOUR: 4.0, SEVEN + 12 * HOUR: 2.0, SEVEN + 24 * HOUR: 1.0})
        await place.derivations.compute(SEVEN + 25 * HOUR)
        days, shares = await place.series("rain_day"), await place.series("rain_day_completeness")
        found = {(time_ms - SEVEN) // HOUR: (days[time_ms], round(shares[time_ms])) for time_ms in days}
        assert [found[hour] for hour in (6, 8, 12, 24)] == [(4.0, 100), (4.0, 82), (6.0, 100), (7.0, 78)]
        assert 5 not in found, "nothing was known"


@pytest.mark.parametrize("live", [False, True])
async def test_an_hour_is_corrected_by_the_reading_that_is_stamped_with_its_end(tmp_path, live):
    stamps = list(range(SEVEN + 10 * MINUTE, SEVEN + HOUR + MINUTE, 10 * MINUTE))

    async with Place(tmp_path, gauge(600, Stamped.END)) as place:
        for stamp in stamps:
            await place.send({stamp: 0.5})
            if live:
                await place.derivations.compute(stamp)
        await place.derivations.compute(SEVEN + 2 * HOUR)
        assert await place.series("rain_hour") == {SEVEN + HOUR: 3.0}
        assert (await place.series("rain_hour_completeness"))[SEVEN + HOUR] == 100


@pytest.mark.parametrize(
    ("zone", "shift", "day_h"),
    [(LORD_HOWE, BACK, 24.5), (LORD_HOWE, ON, 23.5), ("Europe/Berlin", BERLIN["back"], 25),
     ("Europe/Berlin", BERLIN["on"], 23), ("Asia/Kolkata", BACK, 24)],
)  # fmt: skip
async def test_the_rain_of_a_day_is_all_of_it_however_long_the_day_is(tmp_path, zone, shift, day_h):
    local = datetime.fromtimestamp(shift / 1000, ZoneInfo(zone)).replace(hour=7, minute=0, second=0, microsecond=0)
    end = round(local.timestamp() * 1000)
    start = end - round(day_h * HOUR)

    async with Place(tmp_path, gauge(600), zone=zone) as place:
        await place.send(dict.fromkeys(range(start - DAY, end + DAY, 10 * MINUTE), 0.5))
        await place.derivations.compute(end + HOUR)
        assert (await place.series("rain_day"))[end] == pytest.approx(day_h * 6 * 0.5)
        assert (await place.series("rain_day_completeness"))[end] == 100
        hours = await place.series("rain_hour")
        assert sum(mm for time_ms, mm in hours.items() if start < time_ms <= end) == pytest.approx(day_h * 6 * 0.5)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(
    ("interval_s", "stamped"),
    [(600, Stamped.END), (3_600, Stamped.END), (3_600, Stamped.START), (21_600, Stamped.END), (86_400, Stamped.END),
     (86_400, Stamped.START), (600, None)],
)  # fmt: skip
async def test_in_whatever_order_stamped_readings_come_the_rain_is_the_same(tmp_path, interval_s, stamped, seed):
    chance = random.Random(seed)
    first, last = BACK - 2 * DAY, BACK + 2 * DAY
    points = [(stamp, chance.choice((0.0, 0.2, 4.0))) for stamp in range(first, last, interval_s * 1000)]
    pieces = [dict(points[start : start + 17]) for start in range(0, len(points), 17)]

    async with Place(tmp_path / "at once", gauge(interval_s, stamped), zone=LORD_HOWE) as place:
        await place.send(dict(points))
        await place.derivations.compute(last + 2 * DAY)
        at_once = await rain_of(place)
    async with Place(tmp_path / "piece by piece", gauge(interval_s, stamped), zone=LORD_HOWE) as place:
        for number in chance.sample(range(len(pieces)), len(pieces)):
            await place.send(pieces[number])
            await place.derivations.compute(last + 2 * DAY)
        piece_by_piece = await rain_of(place)

    assert any(at_once.values())
    assert at_once == piece_by_piece


async def rain_of(place: Place) -> dict[str, dict[int, float]]:
    names = ("rain_hour", "rain_hour_completeness", "rain_day", "rain_day_completeness")
    return {name: await place.series(name) for name in names}
