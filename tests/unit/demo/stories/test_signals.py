"""The signals of stories: which value at which second, limits crossed in order, and steps that real checks believe."""

from itertools import pairwise

import pytest

from demo.folder import CITY
from demo.stories.signals import CROWD, RIVER, SIGNALS, SMOKE, CoursePoint, Signal
from rules.quality_policies import POLICIES
from tests.unit.demo.stories.rehearsal import CAPACITY, rules_of

HILL = Signal(200.0, (CoursePoint(10, 0.0), CoursePoint(20, 1.0), CoursePoint(30, 1.0), CoursePoint(50, 0.0)))


def test_a_signal_brings_the_ordinary_to_its_peak_and_back():
    told = {at_s: HILL.raised(100.0, at_s) for at_s in (0, 9.9, 10, 15, 20, 25, 40, 50, 51, 1_000)}
    assert told == {0: 100, 9.9: 100, 10: 100, 15: 150, 20: 200, 25: 200, 40: 150, 50: 100, 51: 100, 1_000: 100}


def test_a_signal_takes_nothing_away_from_what_is_higher():
    assert HILL.raised(250.0, 25) == 250.0


def _limits(target: str, family: str) -> list[float]:
    (rule,) = [rule for rule in rules_of(target) if rule.family == family]
    return [level.limit for level in rule.levels]


@pytest.mark.parametrize(
    ("story", "sensor", "target", "family", "ordinary"),
    [
        ("flood", RIVER, RIVER, "river-level", 110.0),
        ("smoke", SMOKE, SMOKE, "smoke", 20.0),
    ],
)
def test_limits_are_crossed_in_order_each_long_enough_for_its_rule(
    story: str, sensor: str, target: str, family: str, ordinary: float
):
    signal, limits = SIGNALS[story][sensor], _limits(target, family)
    (rule,) = [rule for rule in rules_of(target) if rule.family == family]
    crossed = [signal.crossing_s(ordinary, limit) for limit in limits]
    assert None not in crossed
    assert crossed == sorted(crossed, key=lambda at_s: at_s or 0)
    for limit, at_s in zip(limits, crossed, strict=True):
        assert at_s is not None
        assert signal.raised(ordinary, at_s + rule.for_s + 2) >= limit
    assert [round(at_s or 0) for at_s in crossed] == {"flood": [35, 58, 76], "smoke": [26, 50]}[story]


def test_a_limit_that_is_out_of_reach_is_never_crossed():
    assert HILL.crossing_s(100.0, 201.0) is None


def test_the_beach_is_full_at_the_end_of_some_minute_whenever_the_story_begins():
    signal = SIGNALS["crowd"][CROWD]
    for begins in range(60):
        ends = [at_s for at_s in range(300) if (at_s + begins) % 60 == 0]
        assert (
            max(100 * signal.peak * signal.share(at_s) / CAPACITY for at_s in ends)
            >= _limits("bere-bere", "crowding")[-1]
        )


@pytest.mark.parametrize(("story", "sensor", "quantity"), [("flood", RIVER, "water_level"), ("smoke", SMOKE, "pm2_5")])
def test_no_step_of_a_story_is_one_that_the_checks_doubt(story: str, sensor: str, quantity: str):
    signal, each_s = SIGNALS[story][sensor], 2.0
    values = [signal.raised(0.0, step * each_s) for step in range(120)]
    steps = [abs(after - before) for before, after in pairwise(values)]
    assert max(steps) < POLICIES[quantity].least_step


def test_stories_play_on_sensors_of_the_demo_s_city():
    text = (CITY / "city.toml").read_text()
    assert all(f'id = "{sensor}"' in text for signals in SIGNALS.values() for sensor in signals)
