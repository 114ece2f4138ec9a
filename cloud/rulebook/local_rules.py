"""The rules that a gateway can judge by itself: those whose readings all come from its own sensors.

rules in force ─► of this gateway's sensors ─► measured there, not derived here; no wait for silence, no trend of days;
no second sensor elsewhere ─► LocalAlarms(rules, heights, lines), the part `alarms` of the gateway's configuration
"""

from collections.abc import Iterable, Iterator

import msgspec

from cloud.registry.records import NO_CALIBRATION, Sensor
from cloud.registry.snapshot import Registry
from cloud.rulebook.rule_bindings import RuleBinding, RuleBindings
from rules.rule import RuleKind
from wire.local_alarms import MOST_RULES, LocalAlarms, LocalLine, LocalRule

_NOT_SENT = ("family", "target", "direction")
"""The family stands beside the fields; a trend is never sent, and an older gateway refuses a field that it lacks."""
_RIVER = ("distance", "water_level")


def local_alarms_of(
    gateway: str, registry: Registry, bindings: RuleBindings, *, now_ms: int, base: LocalAlarms | None = None,
    sensors: Iterable[Sensor] | None = None,
) -> LocalAlarms:  # fmt: skip
    """What `gateway` needs of the city's rules as they are at `now_ms` (UTC); `base` has what people set by hand.

    `sensors` are those to look among: whoever asks for many gateways has them by gateway. Of more than `MOST_RULES`
    the first are taken, in the order of sensors and families: the cloud judges all.
    """
    among = registry.sensors() if sensors is None else sensors
    own = {sensor.id: sensor for sensor in among if sensor.gateway == gateway and not sensor.retired}
    rules = [
        _local_rule(sensor, binding)
        for sensor in own.values()
        for binding in _bound(bindings, sensor, now_ms)
        if _can_be_judged(binding, sensor, own)
    ]
    record = registry.gateway(gateway)
    site = registry.site(record.site) if record is not None else None
    return msgspec.structs.replace(
        base or LocalAlarms(),
        zone=registry.city.zone if site is None else site.zone,
        rules=tuple(sorted(rules, key=lambda rule: (rule.sensor, rule.family)))[:MOST_RULES],
        heights_cm={id_: sensor.mounting_height_cm for id_, sensor in own.items() if sensor.mounting_height_cm},
        lines=tuple(line for sensor in own.values() for line in _lines(sensor, registry, now_ms)),
    )


def _bound(bindings: RuleBindings, sensor: Sensor, now_ms: int) -> tuple[RuleBinding, ...]:
    span = bindings.span(sensor.id, now_ms)
    return () if span is None else span.bindings


def _can_be_judged(binding: RuleBinding, sensor: Sensor, own: dict[str, Sensor]) -> bool:
    rule = binding.watched.rule
    if binding.is_silence or rule.kind is RuleKind.TREND or not _is_measured(sensor, rule.quantity):
        return False
    other = None if rule.also is None else own.get(rule.also.sensor)
    return rule.also is None or (other is not None and _is_measured(other, rule.also.quantity))


def _is_measured(sensor: Sensor, quantity: str) -> bool:
    """Whether a sensor sends the quantity, or the distance that a level is made of."""
    if quantity in _RIVER and sensor.mounting_height_cm:
        return bool(set(_RIVER) & set(sensor.quantities))
    return quantity in sensor.quantities


def _local_rule(sensor: Sensor, binding: RuleBinding) -> LocalRule:
    watched = binding.watched
    fields = {name: value for name, value in msgspec.to_builtins(watched.rule).items() if name not in _NOT_SENT}
    return LocalRule(binding.family, sensor.id, fields, sensor.site, watched.zone, watched.interval_s)


def _lines(sensor: Sensor, registry: Registry, now_ms: int) -> Iterator[LocalLine]:
    for quantity in sorted(sensor.quantities):
        line = registry.history.calibration(sensor, quantity).at(now_ms)
        if line != NO_CALIBRATION:
            yield LocalLine(sensor.id, quantity, line.scale, line.offset)
