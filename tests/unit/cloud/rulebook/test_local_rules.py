"""A gateway gets the rules that it can judge alone, as they hold for its sensors."""

from pathlib import Path

import msgspec

from cloud.registry.records import Calibration, Sensor
from cloud.rulebook.local_rules import local_alarms_of
from cloud.rulebook.rule_bindings import RuleBindings
from edge.alarms.bound_rules import BoundRules
from rules.scope import rule_of
from tests.registries import on_each_registry
from tests.unit.cloud.alarms.town import T0, Town, city
from wire.local_alarms import LocalAlarms, LocalStage, decode_local_alarms, encode_local_alarms

pytestmark = on_each_registry()

GAUGE = Sensor(
    "gauge", "Gauge", "daruba", "gw-daruba", ("distance", "water_level"), mounting_height_cm=450.0, interval_s=30,
    calibration={"water_level": Calibration(1.0, 2.5), "distance": Calibration()},
)  # fmt: skip


async def test_a_gateway_gets_the_rules_on_its_own_sensors_as_they_hold_there(tmp_path: Path):
    async with Town(tmp_path, registry=city(GAUGE)) as town:
        await town.rule()
        await town.rule(scope="sensor:river", hysteresis=20.0)
        await town.silence_rule()
        alarms = local_alarms_of("gw-daruba", town.registry, RuleBindings(town.rule_store), now_ms=T0)
        assert [(rule.sensor, rule.family) for rule in alarms.rules] == [
            ("gauge", "river-level"),  # of its distance a level is made, here as there
            ("river", "river-level"),
        ]
        rule = alarms.rules[1]
        assert (rule.site, rule.zone, rule.interval_s) == ("daruba", "Asia/Jayapura", 60)
        assert rule_of(rule.family, rule.rule).hysteresis == 20
        assert alarms.heights_cm == {"gauge": 450.0}
        assert [(line.sensor, line.quantity, line.offset) for line in alarms.lines] == [("gauge", "water_level", 2.5)]


async def test_what_it_gets_goes_over_the_wire_and_is_bound_there(tmp_path: Path):
    async with Town(tmp_path) as town:
        await town.rule()
        base = LocalAlarms(outputs=(LocalStage("siren", "extreme"),))
        alarms = local_alarms_of("gw-west", town.registry, RuleBindings(town.rule_store), now_ms=T0, base=base)
        payload = encode_local_alarms(alarms)
        assert msgspec.json.decode(encode_local_alarms(decode_local_alarms(payload))) == msgspec.json.decode(payload)
        assert alarms.outputs == base.outputs
        bound = BoundRules(alarms, town.registry.quantities)
        assert not bound.problems
        assert list(bound.by_key) == [("creek", "river-level")]


async def test_a_rule_that_needs_what_another_gateway_measures_stays_in_the_cloud(tmp_path: Path):
    async with Town(tmp_path) as town:
        for name, sensor in (("near", "rain"), ("far", "creek")):
            quantity = "rainfall" if name == "near" else "water_level"
            also = {"sensor": sensor, "quantity": quantity, "kind": "above", "limit": 5.0}
            await town.rule(f"river-{name}", also=also)
        alarms = local_alarms_of("gw-daruba", town.registry, RuleBindings(town.rule_store), now_ms=T0)
        assert [rule.family for rule in alarms.rules] == ["river-near"]


async def test_a_gateway_without_sensors_or_of_nobody_gets_none(tmp_path: Path):
    async with Town(tmp_path) as town:
        await town.rule()
        alarms = local_alarms_of("gw-nobody", town.registry, RuleBindings(town.rule_store), now_ms=T0)
        assert msgspec.structs.replace(alarms, zone="UTC") == LocalAlarms()
