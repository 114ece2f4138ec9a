import random
from datetime import UTC, datetime
from fractions import Fraction
from math import inf, nan
from zoneinfo import ZoneInfo

import pytest

from rules import gases, ispu, usaqi, who2021
from rules.exact import exact, truncated
from rules.ispu import SubIndex

WIT, WIB = ZoneInfo("Asia/Jayapura"), ZoneInfo("Asia/Jakarta")


def ms(text: str) -> int:
    return int(datetime.fromisoformat(text).astimezone(UTC).timestamp() * 1000)


def test_every_band_begins_where_the_one_before_it_ended():
    for parameter, ends in ispu.BREAKPOINTS.items():
        assert list(ends) == sorted(ends)
        for end, index in zip(ends, ispu.INDEX_LIMITS, strict=True):
            assert ispu.sub_index(parameter, end).value == pytest.approx(index)
            assert ispu.sub_index(parameter, end + 1e-9).value == pytest.approx(index)


def test_beyond_the_tables_end_the_index_stays_at_500_and_says_so():
    assert ispu.sub_index("pm2_5", 500) == SubIndex(500.0, above_scale=False)
    assert ispu.sub_index("pm2_5", 500.1) == SubIndex(500.0, above_scale=True)
    site = ispu.site_index({"pm2_5": ispu.sub_index("pm2_5", 900), "pm10": ispu.sub_index("pm10", 40)})
    assert site is not None
    assert site.above_scale
    assert site.category.colour_indonesian == "Hitam"


@pytest.mark.parametrize(("value", "index"), [(49.4999, 49), (49.5, 50), (49.49999999999999, 50), (50.5, 51), (0.0, 0)])
def test_half_a_point_is_rounded_up(value, index):
    assert ispu.rounded(value) == index


@pytest.mark.parametrize("value", [-0.1, nan, inf])
def test_what_is_no_concentration_has_no_index(value):
    with pytest.raises(ValueError, match="no concentration"):
        ispu.sub_index("pm10", value)
    with pytest.raises(ValueError, match="no concentration"):
        usaqi.sub_index("pm10", value)
    with pytest.raises(ValueError, match="no concentration"):
        who2021.compare("pm10", "24h", value)


def test_the_site_has_the_largest_index_and_its_parameter():
    subs = {name: ispu.sub_index(name, value) for name, value in {"pm2_5": 10, "pm10": 300, "so2": 5}.items()}
    site = ispu.site_index(subs)
    assert site is not None
    assert (site.index, site.critical, site.category.indonesian) == (175, "pm10", "Tidak Sehat")
    assert ispu.site_index({}) is None


@pytest.mark.parametrize(
    ("index", "indonesian", "colour"),
    [(50, "Baik", "Hijau"), (51, "Sedang", "Biru"), (100, "Sedang", "Biru"), (101, "Tidak Sehat", "Kuning"),
     (200, "Tidak Sehat", "Kuning"), (201, "Sangat Tidak Sehat", "Merah"), (300, "Sangat Tidak Sehat", "Merah"),
     (301, "Berbahaya", "Hitam")],
)  # fmt: skip
def test_the_official_names_and_colours(index, indonesian, colour):
    category = ispu.category_of(index)
    assert (category.indonesian, category.colour_indonesian) == (indonesian, colour)


def test_a_day_needs_18_of_24_hours():
    assert ispu.mean_of_day([10.0] * 18 + [None] * 6) == (10.0, 0.75)
    assert ispu.mean_of_day([10.0] * 17 + [None] * 7) == (None, 17 / 24)
    assert ispu.mean_of_day([99.0] * 10 + [10.0] * 24) == (10.0, 1.0), "only the newest 24 count"


def test_pm2_5_is_published_each_hour_and_the_others_at_nine_and_three_of_the_place():
    assert ispu.is_published("pm2_5", ms("2026-11-24T04:00:00+09:00"), WIT)
    assert ispu.is_published("pm10", ms("2026-11-24T09:00:00+09:00"), WIT)
    assert not ispu.is_published("pm10", ms("2026-11-24T09:00:00+09:00"), WIB), "it is 07:00 in Jakarta"
    for time, published in {
        "2026-11-24T09:00:00+09:00": "2026-11-24T09:00:00+09:00",
        "2026-11-24T14:59:59+09:00": "2026-11-24T09:00:00+09:00",
        "2026-11-24T23:00:00+09:00": "2026-11-24T15:00:00+09:00",
        "2026-11-24T08:00:00+09:00": "2026-11-23T15:00:00+09:00",
    }.items():
        assert ispu.last_publication_ms("so2", ms(time), WIT) == ms(published)
    assert ispu.last_publication_ms("pm2_5", ms("2026-11-24T04:59:59+09:00"), WIT) == ms("2026-11-24T04:00:00+09:00")


def test_concentrations_are_truncated_and_not_rounded():
    assert usaqi.sub_index("pm2_5", 9.0999) == 50
    assert usaqi.sub_index("o3_8h", 0.0549) == 50
    assert usaqi.sub_index("no2_1h", 53.9) == 50


def test_every_concentration_of_a_scale_has_an_index_that_only_grows():
    for name, scale in usaqi.SCALES.items():
        step = 10**-scale.decimals
        bands = [band for band in scale.bands if band is not None]
        first, last = float(bands[0][0]), float(bands[-1][1])
        found = [usaqi.sub_index(name, first + number * step) for number in range(round((last - first) / step) + 1)]
        rising = [index for index in found if index is not None]
        assert found == sorted(rising), name


def test_beyond_the_last_band_its_slope_goes_on():
    assert usaqi.sub_index("pm2_5", 325.4) == 500
    assert usaqi.sub_index("pm2_5", 425.3) == 699  # 500 + 99.9 * 199 / 99.9
    assert usaqi.category_of(699).english == "Hazardous"


def test_ozone_and_sulphur_dioxide_take_the_scale_that_has_an_index():
    assert usaqi.sub_index("o3_8h", 0.25) is None
    assert usaqi.o3_index(0.25, 0.3) == usaqi.sub_index("o3_1h", 0.3)
    assert usaqi.o3_index(0.060, 0.090) == usaqi.sub_index("o3_8h", 0.060)
    assert usaqi.o3_index(0.25, None) is None
    assert usaqi.so2_index(304, 10) == 200
    assert usaqi.so2_index(400, 304) == 200
    assert usaqi.so2_index(400, 305) == 201
    assert usaqi.so2_index(400, None) == 200


@pytest.mark.parametrize("seed", range(40))
def test_nowcast_in_whole_numbers_is_that_of_the_formula_in_fractions(seed: int):
    chance = random.Random(seed)
    figures = [0.0, 1e-7, 35.45, -3.0, chance.uniform(0, 900), chance.uniform(30, 40)]
    hours = [None if chance.random() < 0.2 else chance.choice(figures) for _ in range(9)] + chance.choices(figures, k=3)
    known = [(age, exact(hour)) for age, hour in enumerate(reversed(hours)) if hour is not None]
    largest, smallest = max(hour for _, hour in known), min(hour for _, hour in known)
    weight = max(smallest / largest, Fraction(1, 2)) if largest > 0 else Fraction(1)
    mean = sum(weight**age * hour for age, hour in known) / sum(weight**age for age, _ in known)
    assert usaqi.nowcast("pm2_5", hours) == float(truncated(Fraction(mean), 1))


def test_nowcast_needs_two_of_the_newest_three_hours():
    assert usaqi.nowcast("pm2_5", [10.0] * 9 + [10.0, None, None]) is None
    assert usaqi.nowcast("pm2_5", [10.0] * 9 + [None, 10.0, 10.0]) == 10.0
    assert usaqi.nowcast("pm2_5", []) is None


def test_a_missing_hour_keeps_its_slot():
    # weights 1, 1/2 and 1/8: w = 20/40 = 0.5, and the hour between is missing
    expected = (40 * 1 + 30 * 0.5 + 20 * 0.125) / (1 + 0.5 + 0.125)
    assert usaqi.nowcast("pm2_5", [20, None, 30, 40]) == int(expected * 10) / 10


def test_who_guidelines_are_met_at_their_limit():
    assert who2021.compare("pm2_5", "24h", 15).met == "AQG"
    assert who2021.compare("pm2_5", "24h", 15.1).met == "IT4"
    assert who2021.compare("no2", "24h", 26).met == "IT2", "there is no IT3 or IT4"
    beyond = who2021.compare("pm10", "24h", 450)
    assert (beyond.met, beyond.ratio) == (None, 10)
    with pytest.raises(KeyError):
        who2021.compare("co2", "24h", 400)


def test_the_guidelines_loosen_step_by_step():
    for limits in who2021.GUIDELINES.values():
        known = [limit for limit in limits if limit is not None]
        assert known == sorted(known)
        assert limits[0] is not None


def test_parts_per_billion_become_mass_at_a_stated_temperature_and_pressure():
    assert gases.ug_m3_of_ppb("o3", 50) == pytest.approx(50 * 48.00 / 24.45)
    assert gases.ug_m3_of_ppb("co", 1_000) == pytest.approx(1_145.6, abs=0.1)
    assert gases.ug_m3_of_ppb("no2", 40, cel=0) > gases.ug_m3_of_ppb("no2", 40), "cold air is denser"
    assert gases.ug_m3_of_ppb("no2", 40, hpa=900) < gases.ug_m3_of_ppb("no2", 40)
    for gas in gases.RESOLUTION_PPB:
        there = gases.ug_m3_of_ppb(gas, 12.5, cel=31, hpa=1_008)
        assert gases.ppb_of_ug_m3(gas, there, cel=31, hpa=1_008) == pytest.approx(12.5)
    with pytest.raises(ValueError, match="does not exist"):
        gases.ppb_of_ug_m3("o3", 1, cel=-300)
