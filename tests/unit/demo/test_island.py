"""The simulated island behaves like one: tides, showers, rivers that keep their water, washed air, visitors."""

import json
import tomllib
from itertools import pairwise
from random import Random

import pytest

from demo.folder import CITY
from demo.island import river, tide, weather
from demo.island.particulates import MARKET, particulates_of
from demo.island.river import DARUBA, River, run_up
from demo.island.visitors import ARMY_DOCK, BERE_BERE, DODOLA, Crowd, flow_of, poisson, usually_inside

MIDNIGHT_S = 1_764_000_000 // 86_400 * 86_400 + 15 * 3600  # 00:00 in Morotai
DAY_S = 86_400


def test_the_tide_stays_within_its_constituents_and_turns_about_four_times_a_day():
    most_cm = sum(constituent.amplitude_cm for constituent in tide.CONSTITUENTS)
    heights = [tide.height_cm(MIDNIGHT_S + step * 600) for step in range(144 * 28)]
    assert max(map(abs, heights)) <= most_cm
    assert max(heights) > 0.6 * most_cm
    turns = sum((b - a) * (c - b) < 0 for a, b, c in zip(heights, heights[1:], heights[2:], strict=False))
    assert 2 * 28 <= turns <= 4 * 28


def test_it_rains_the_same_at_every_start_and_most_in_the_afternoon():
    hours = range(int(MIDNIGHT_S // 3600), int(MIDNIGHT_S // 3600) + 24 * 200)
    showers = [weather.shower_of(1, "daruba", hour) for hour in hours]
    again = [weather.shower_of.__wrapped__(1, "daruba", hour) for hour in hours]
    assert showers == again
    begins = [weather.local_hour(shower.start_s) for shower in showers if shower is not None]
    afternoon = sum(13 <= hour < 20 for hour in begins) / 7
    night = sum(hour < 7 for hour in begins) / 7
    assert afternoon > 1.5 * night > 0


def test_a_wet_month_brings_a_wet_month_s_rain():
    fallen_mm = sum(weather.rain_mm_h(8207, "daruba", MIDNIGHT_S + step * 120) / 30 for step in range(100 * 720))
    assert 8 < fallen_mm / 100 < 20


def test_rain_rises_and_falls_and_ends():
    shower = weather.Shower(start_s=1_000, length_s=600, peak_mm_h=40)
    rates = [shower.rate_mm_h(at) for at in (999, 1_000, 1_150, 1_300, 1_450, 1_600, 1_601)]
    assert rates == [0, 0, 20, 40, 20, 0, 0]


def test_the_air_is_physical():
    for step in range(24 * 30):
        air = weather.air_of(1, "daruba", MIDNIGHT_S + 3600 * step)
        assert 20 < air.temperature < 35
        assert 50 < air.humidity <= 99
        assert 1_000 < air.pressure < 1_020


def test_a_river_keeps_its_water():
    water = River(DARUBA)
    came_m3 = went_m3 = 0.0
    for step in range(600):
        came, went = water.step(30.0 if step < 40 else 0.0, 60)
        came_m3, went_m3 = came_m3 + came, went_m3 + went
    rained_m3 = 30.0 / 1000 / 3600 * DARUBA.area_km2 * 1e6 * 40 * 60
    assert came_m3 == pytest.approx(rained_m3 * DARUBA.runoff)
    assert came_m3 - went_m3 == pytest.approx(water.storage_m3)
    assert water.storage_m3 < 0.01 * came_m3


def test_rain_lifts_a_river_and_a_river_falls_when_it_is_over():
    water = River(DARUBA)
    dry = water.level_cm(0)
    for _ in range(60):
        water.step(35.0, 60)
    flood = water.level_cm(0)
    for _ in range(180):
        water.step(0.0, 60)
    assert dry < water.level_cm(0) < flood
    assert flood > dry + 50
    assert water.level_cm(50) > water.level_cm(0)


@pytest.mark.parametrize("catchment", [river.DARUBA, river.WAYABULA])
def test_a_river_stays_below_its_gauge_through_a_year_of_showers(catchment):
    for day in range(0, 365, 5):
        until_s = MIDNIGHT_S + day * DAY_S
        water = run_up(catchment, lambda time_s: weather.rain_mm_h(8207, "daruba", time_s), until_s, hours=12)
        assert 0 < water.level_cm(tide.height_cm(until_s)) < 380


def test_the_market_breathes_worst_in_the_evening_and_rain_clears_it():
    by_hour = {hour: particulates_of(MARKET, hour, 0.0).pm2_5 for hour in range(24)}
    assert max(by_hour, key=by_hour.__getitem__) in (18, 19)
    assert by_hour[7] > 1.5 * by_hour[12]
    assert particulates_of(MARKET, 19, 40.0).pm2_5 < 0.2 * by_hour[19]
    assert all(particulates_of(MARKET, hour, 0.0).pm10 > pm2_5 for hour, pm2_5 in by_hour.items())


def test_visitors_come_by_the_hour_and_more_at_the_weekend():
    friday_s = MIDNIGHT_S + next(day for day in range(7) if _weekday(MIDNIGHT_S + day * DAY_S) == 4) * DAY_S
    assert flow_of(ARMY_DOCK, friday_s + 17 * 3600).come_per_h == ARMY_DOCK.busy_per_h
    assert flow_of(ARMY_DOCK, friday_s + DAY_S + 17 * 3600).come_per_h == ARMY_DOCK.busy_per_h * ARMY_DOCK.weekend
    assert flow_of(ARMY_DOCK, friday_s + 3 * 3600).come_per_h == 0


def test_an_island_fills_and_empties_in_bursts_with_its_boats():
    monday_s = MIDNIGHT_S + next(day for day in range(7) if _weekday(MIDNIGHT_S + day * DAY_S) == 0) * DAY_S
    flows = [flow_of(DODOLA, monday_s + minute * 60) for minute in range(24 * 60)]
    assert sum(flow.come_per_h for flow in flows) / 60 == pytest.approx(sum(boat.brings for boat in DODOLA.boats))
    assert sum(flow != (0, 0) for flow in flows) == 15 * len(DODOLA.boats)
    before, after, at_night = (usually_inside(DODOLA, monday_s + hour * 3600) for hour in (9.9, 10.3, 20.0))
    assert after > before + 30
    assert 0 < at_night < 5


@pytest.mark.parametrize("place", [ARMY_DOCK, BERE_BERE, DODOLA])
def test_a_restart_finds_about_as_many_people_as_there_were(place):
    crowd = Crowd(place, MIDNIGHT_S + 6 * 3600, Random(1))
    for step in range(8 * 3600 // 10):
        crowd.step(MIDNIGHT_S + 6 * 3600 + step * 10, 10)
    again = Crowd(place, MIDNIGHT_S + 14 * 3600, Random(2))
    assert again.inside == pytest.approx(crowd.inside, rel=0.4)
    assert again.inside > 10


def _weekday(time_s: float) -> int:
    return int((time_s + weather.WIT_S) // DAY_S + 3) % 7


def test_nobody_is_lost_at_the_gate_and_all_go_home_at_night():
    crowd = Crowd(ARMY_DOCK, MIDNIGHT_S + 10 * 3600, Random(1))
    at_first = crowd.inside
    for step in range(14 * 360):
        crowd.step(MIDNIGHT_S + 10 * 3600 + step * 10, 10)
        assert crowd.inside == at_first + crowd.came - crowd.went >= 0
    assert crowd.came > 300
    for step in range(4 * 360):
        crowd.step(MIDNIGHT_S + DAY_S + step * 10, 10)
    assert crowd.inside == 0


def test_poisson_has_the_mean_it_was_asked_for():
    dice = Random(3)
    assert sum(poisson(0.7, dice) for _ in range(5_000)) / 5_000 == pytest.approx(0.7, abs=0.05)


def test_the_coast_is_that_of_morotai():
    assert any(_area_km2(ring) == pytest.approx(2_300, rel=0.1) for ring in _coast()), "Morotai has some 2,300 km2"
    assert all(ring[0] == ring[-1] for ring in _coast())


def test_sites_stand_on_the_island_but_for_the_one_that_the_map_is_too_coarse_for():
    sites = tomllib.loads((CITY / "city.toml").read_text())["sites"]
    at_sea = [
        site["id"] for site in sites if not any(_holds(ring, site["longitude"], site["latitude"]) for ring in _coast())
    ]
    assert at_sea == ["dodola"]


def _coast() -> list[list[list[float]]]:
    features = json.loads((CITY / "coast.geojson").read_text())["features"]
    return [feature["geometry"]["coordinates"][0] for feature in features]


def _holds(ring: list[list[float]], x: float, y: float) -> bool:
    """Whether a line from the point to the east crosses the ring an odd number of times."""
    crossed = [(a, b) for a, b in pairwise(ring) if (a[1] > y) != (b[1] > y)]
    return sum(x < (x2 - x1) * (y - y1) / (y2 - y1) + x1 for (x1, y1), (x2, y2) in crossed) % 2 == 1


def _area_km2(ring: list[list[float]]) -> float:
    sides = pairwise(ring)
    return abs(sum(x1 * y2 - x2 * y1 for (x1, y1), (x2, y2) in sides)) / 2 * 111.2**2
