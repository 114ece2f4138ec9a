"""What of a gateway's configuration follows from registry and rules:  sensors that are expected there, rules, heights.

parts_of("gw-daruba", …) ─► CityParts(sensors, alarms)            no rule that it can judge alone ─► no `alarms`
"""

from collections.abc import Sequence

from cloud.gateways.desired_config import CityParts, expected_at
from cloud.registry.records import Sensor
from cloud.registry.snapshot import Registry
from cloud.rulebook.local_rules import local_alarms_of
from cloud.rulebook.rule_bindings import RuleBindings
from wire.local_alarms import encode_local_alarms


def parts_of(
    gateway: str, registry: Registry, bindings: RuleBindings, *, now_ms: int,
    sensors: Sequence[Sensor] | None = None, update: bytes = b"",
) -> CityParts:  # fmt: skip
    """The parts at `now_ms` (UTC); `sensors` are those to look among, all of the registry's where it is None.

    `update` says where updates are, the same to all gateways.
    """
    among = registry.sensors() if sensors is None else sensors
    alarms = local_alarms_of(gateway, registry, bindings, now_ms=now_ms, sensors=among)
    return CityParts(expected_at(gateway, among), encode_local_alarms(alarms) if alarms.rules else b"", update)
