"""Every edge of every table, from both sides, reached as sensors, sums and conversions reach it: with residue."""

import math
from itertools import pairwise

import pytest

from rules import footfall, gases, ispu, rain, siaga, usaqi, who2021
from rules.derived import aqi_of_hours, ispu_of_day
from rules.exact import between, exact, half_up, truncated
from rules.rule import Level, Rule, RuleKind, Severity
from rules.watched import Watched, rank

RESIDUES = (0.0, 1e-9, -1e-9)
"""What binary sums leave on a figure of some hundreds, and more."""


def summed(value: float, count: int) -> float:
    """The mean of `count` readings of a value, with whatever the sum leaves on it."""
    total = 0.0
    for _ in range(count):
        total += value
    return total / count


def test_a_line_is_laid_out_exactly_and_multiplied_before_it_is_divided():
    assert half_up(between(3.3, (0.0, 4.4), (0, 50))) == 38
    assert exact(0.1 + 0.2) == exact(0.3)
    assert exact(35.499999) < exact(35.5)
    assert truncated(exact(70.999999), 0) == 70
    assert truncated(exact(0.29 * 100), 0) == 29


BANDS = [
    (name, usaqi.SCALES[name].decimals, *map(float, band), *limits)
    for name in usaqi.SCALES
    for band, limits in zip(usaqi.SCALES[name].bands, usaqi.INDEX_BANDS, strict=True)
    if band is not None
]


@pytest.mark.parametrize(("name", "decimals", "low", "high", "index_low", "index_high"), BANDS)
def test_both_ends_of_every_band_of_the_us_index(name, decimals, low, high, index_low, index_high):
    step = 10.0**-decimals
    for residue in RESIDUES:
        assert usaqi.sub_index(name, max(0.0, low + residue)) == index_low
        assert usaqi.sub_index(name, high + residue) == index_high
    assert usaqi.sub_index(name, high + 0.9 * step) == index_high, "what lies between two bands is truncated"
    assert usaqi.sub_index(name, summed(low, 3_600)) == index_low


GAS_OF_SCALE = {
    "o3_8h": ("o3", 1000), "o3_1h": ("o3", 1000), "co_8h": ("co", 1000), "so2_1h": ("so2", 1), "so2_24h": ("so2", 1),
    "no2_1h": ("no2", 1),
}  # fmt: skip
STORED_DECIMALS = {"o3": 2, "so2": 2, "no2": 2, "co": 0}
"""To how many decimals of ug/m3 a mass may have been rounded on its way; more of them are right all the more."""


@pytest.mark.parametrize(("name", "decimals", "low", "high", "index_low", "index_high"), BANDS)
def test_both_ends_of_every_band_of_a_gas_that_came_as_a_mass(name, decimals, low, high, index_low, index_high):
    if name not in GAS_OF_SCALE:
        return
    gas, ppb_of_unit = GAS_OF_SCALE[name]
    for end, index in ((low, index_low), (high, index_high)):
        for digits in (STORED_DECIMALS[gas], 3, 4, 12):
            mass = round(gases.ug_m3_of_ppb(gas, end * ppb_of_unit), digits)
            assert usaqi.sub_index(name, gases.known_ppb(gas, mass) / ppb_of_unit) == index, (end, digits)
    below = gases.ug_m3_of_ppb(gas, (high + 0.9 * 10.0**-decimals) * ppb_of_unit)
    assert usaqi.sub_index(name, gases.known_ppb(gas, below) / ppb_of_unit) == index_high


@pytest.mark.parametrize(
    ("gas", "mass", "hours", "index"),
    [("o3", 139.3865, 8, 101), ("o3", 107.9755, 8, 51), ("o3", 107.9754, 8, 51), ("co", 34_941.0, 8, 301),
     ("co", 3_780.5, 8, 38), ("no2", 101.6131, 1, 51), ("so2", 94.3363, 1, 51)],
)  # fmt: skip
def test_a_whole_share_of_the_air_that_was_stored_as_a_mass_is_not_truncated_to_the_one_below(gas, mass, hours, index):
    assert aqi_of_hours(gas, [mass] * hours).index == index


@pytest.mark.parametrize("parameter", ispu.BREAKPOINTS)
def test_both_sides_of_every_end_of_ispu(parameter):
    ends = (0.0, *ispu.BREAKPOINTS[parameter])
    for (low, high), limit in zip(pairwise(ends), ispu.INDEX_LIMITS, strict=True):
        for residue in RESIDUES:
            found = ispu.sub_index(parameter, high + residue)
            assert (found.value, found.index, found.above_scale) == (limit, limit, False)
        assert ispu_of_day(parameter, [summed(high, 3_600)] * 24).index == limit
        middle = ispu.sub_index(parameter, (low + high) / 2)
        assert middle.index == half_up(exact(middle.value))
    assert ispu.sub_index(parameter, ends[-1] + 0.001).above_scale


@pytest.mark.parametrize(("pollutant", "averaging"), who2021.GUIDELINES)
def test_both_sides_of_every_guideline(pollutant, averaging):
    limits = dict(zip(who2021.STEPS, who2021.GUIDELINES[pollutant, averaging], strict=True))
    for step, limit in limits.items():
        if limit is None:
            continue
        for residue in RESIDUES:
            assert who2021.compare(pollutant, averaging, limit + residue).met == step
        assert who2021.compare(pollutant, averaging, limit + 0.001).met != step


@pytest.mark.parametrize(
    ("class_of", "classes"), [(rain.class_of_day, rain.DAY_CLASSES), (rain.class_of_hour, rain.HOUR_CLASSES)]
)
def test_both_sides_of_every_class_of_rain(class_of, classes):
    for milder, worse in pairwise(classes[1:]):
        tips = round(worse.from_mm / 0.1)
        assert class_of(sum([0.1] * tips)) is worse
        for residue in RESIDUES:
            assert class_of(worse.from_mm + residue) is worse
        assert class_of(worse.from_mm - 0.01) is milder
    assert class_of(0.0) is classes[0]
    assert class_of(max(classes[1].from_mm, 0.01)) is classes[1]


def test_both_sides_of_every_class_of_crowding_and_fullness():
    for milder, worse in pairwise(footfall.DENSITIES):
        assert all(footfall.density_of(worse.from_m2 + residue) is worse for residue in RESIDUES)
        assert footfall.density_of(worse.from_m2 - 0.001) is milder
    for emptier, fuller in pairwise(footfall.FULLNESS):
        assert all(footfall.fullness_of(fuller.from_percent + residue) is fuller for residue in RESIDUES)
        assert footfall.fullness_of(fuller.from_percent - 0.001) is emptier


@pytest.mark.parametrize("gate", siaga.JAKARTA)
def test_both_sides_of_every_limit_of_a_gauge(gate):
    gauge = siaga.JAKARTA[gate]
    for stage, limit in ((3, gauge.siaga_3), (2, gauge.siaga_2), (1, gauge.siaga_1)):
        if limit is None:
            continue
        reached = {siaga.siaga_of(gauge, limit.cm + residue) <= stage for residue in RESIDUES}
        assert reached == {limit.inclusive}
        assert siaga.siaga_of(gauge, limit.cm + 0.1) <= stage
        assert siaga.siaga_of(gauge, limit.cm - 0.1) > stage


@pytest.mark.parametrize("inclusive", [True, False])
@pytest.mark.parametrize("kind", [RuleKind.ABOVE, RuleKind.BELOW, RuleKind.INSIDE, RuleKind.OUTSIDE])
def test_both_sides_of_a_rules_limits_and_of_its_hysteresis(kind, inclusive):
    two_sided = kind in (RuleKind.INSIDE, RuleKind.OUTSIDE)
    level = Level("high", Severity.MINOR, 0.3, high=0.9 if two_sided else None, inclusive=inclusive)
    rule = Rule(family="f", quantity="flow", kind=kind, levels=(level,), title="", hysteresis=0.1)
    watched = Watched("s", rule, "Asia/Jayapura", 60.0)
    sign = 1 if kind in (RuleKind.ABOVE, RuleKind.INSIDE) else -1
    for limit, slack in ((0.3, 0.0), (0.3 - sign * 0.1, 0.1)):
        for value in (limit, limit + 1e-12, limit - 1e-12, math.nextafter(limit, 9), math.nextafter(limit, -9)):
            assert rank(rule, value, slack=slack) == int(inclusive)
            assert not watched.numbers.calm_low < value < watched.numbers.calm_high
        assert rank(rule, limit + sign * 0.01, slack=slack) == 1
        assert rank(rule, limit - sign * 0.01, slack=slack) == 0
