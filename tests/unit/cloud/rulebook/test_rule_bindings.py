"""What is watched on each sensor by the rules in force: over time, how often, and with which second sensor."""

from pathlib import Path

import pytest
from msgspec.structs import replace

from cloud.registry.records import Sensor
from cloud.rulebook.rule_bindings import (
    GATEWAY_INTERVAL_S,
    HEARD,
    SHORTEST_INTERVAL_S,
    BindingSpan,
    RuleBindings,
    pieces,
    watched_by,
)
from cloud.rulebook.rule_targets import DERIVED_INTERVAL_S
from rules.rule import RuleKind
from tests.unit.cloud.alarms.town import ANI, RIVER, T0, Town, city

SPANS = [BindingSpan(since_ms, ()) for since_ms in (100, 200, 300)]


def cut(*times_ms: int) -> list[tuple[int, int, int]]:
    return [(span.since_ms, start, end) for span, start, end in pieces(SPANS, times_ms)]


def test_each_reading_falls_to_the_span_that_held_at_its_time():
    assert cut(100, 150, 199, 200, 299, 300, 9_000) == [(100, 0, 3), (200, 3, 5), (300, 5, 7)]


def test_what_is_before_the_first_span_is_of_none_and_a_span_without_readings_is_left_out():
    assert cut(50, 99, 310) == [(300, 2, 3)]
    assert cut(50) == cut() == []
    assert list(pieces([], [1, 2])) == []


async def test_a_retired_sensor_is_watched_by_nothing(tmp_path: Path):
    old = Sensor("old", "Old", "daruba", "gw-daruba", ("water_level",), retired=True)
    async with Town(tmp_path, registry=city(old)) as town:
        await town.rule()
        bindings = RuleBindings(town.rule_store)
        assert (bindings.spans("old"), bindings.quantities("old")) == ((), frozenset())
        assert bindings.at("river", "river-level", T0) is not None
        assert bindings.spans("nobody") == ()


async def test_before_its_first_version_a_rule_holds_for_no_reading(tmp_path: Path):
    async with Town(tmp_path) as town:
        await town.rule()
        bindings = RuleBindings(town.rule_store)
        (span, *_) = bindings.spans("river")
        assert bindings.span("river", span.since_ms - 1) is None
        assert bindings.at("river", "river-level", span.since_ms - 1) is None
        assert bindings.span("river", span.since_ms) == span


async def test_quantities_follow_the_rules_at_the_next_refresh_and_silence_looks_at_being_heard(tmp_path: Path):
    async with Town(tmp_path) as town:
        bindings = RuleBindings(town.rule_store)
        assert bindings.quantities("river") == frozenset()
        await town.rule()
        await town.silence_rule()
        assert bindings.quantities("river") == frozenset(), "one batch is looked at by one edition"
        bindings.refresh()
        assert bindings.quantities("river") == {"water_level", HEARD}


async def test_a_second_sensor_is_looked_at_though_no_rule_is_on_it(tmp_path: Path):
    async with Town(tmp_path) as town:
        await town.rule(
            also={"sensor": "rain", "quantity": "rainfall", "kind": "above", "limit": 20.0, "within_s": 600}
        )
        bindings = RuleBindings(town.rule_store)
        assert set(bindings.second_series()) == {("rain", "rainfall")}
        assert bindings.quantities("rain") == {"rainfall"}


async def test_a_rule_that_was_switched_off_is_bound_no_more_and_known_as_it_stood(tmp_path: Path):
    async with Town(tmp_path) as town:
        await town.rule()
        town.now_ms = T0 + 60_000
        await town.rule_store.save("river-level", "all", RIVER | {"enabled": False}, actor=ANI, reason="off")
        bindings = RuleBindings(town.rule_store)
        assert bindings.at("river", "river-level", T0 + 60_001) is None
        stood = bindings.last("river", "river-level")
        assert stood is not None
        assert stood.watched.rule.levels == bindings.at("river", "river-level", T0).watched.rule.levels
        assert bindings.last("river", "another") is None


def sensor(interval_s: float | None) -> Sensor:
    return Sensor("s", "S", "daruba", "gw-daruba", ("pm2_5",), interval_s=interval_s)


@pytest.mark.parametrize(
    ("watched_sensor", "quantity", "kind", "interval_s"),
    [
        (sensor(5), "pm2_5", RuleKind.ABOVE, 5),
        (sensor(5), "ispu_pm2_5", RuleKind.ABOVE, DERIVED_INTERVAL_S),
        (sensor(5), "", RuleKind.SILENCE, SHORTEST_INTERVAL_S),
        (sensor(60), "", RuleKind.SILENCE, 60),
        (sensor(None), "", RuleKind.SILENCE, None),
        (Sensor("gw-west", "West", "wayabula", "gw-west", ()), "", RuleKind.SILENCE, GATEWAY_INTERVAL_S),
    ],
)
async def test_how_often_a_sensor_should_speak(
    tmp_path: Path, watched_sensor: Sensor, quantity: str, kind: RuleKind, interval_s: float | None
):
    async with Town(tmp_path) as town:
        await town.rule()
        rule = RuleBindings(town.rule_store).at("river", "river-level", T0).watched.rule
        watched = watched_by(town.registry, watched_sensor, replace(rule, quantity=quantity, kind=kind))
        assert (watched.sensor, watched.interval_s) == (watched_sensor.id, interval_s)
        assert watched.zone == "Asia/Jayapura"
