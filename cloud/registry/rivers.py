"""Gauges in the order in which a crest passes them: from the sources to the mouth, one river after the other.

upper ─► bridge ─► mouth        upper, tributary, bridge, mouth, canal        the canal is a water of its own
tributary ─┘
"""

from collections.abc import Iterable, Iterator, Mapping

from cloud.registry.records import Sensor

WATER_LEVEL = "water_level"


def gauges_downstream(sensors: Iterable[Sensor]) -> list[Sensor]:
    """Return the gauges among `sensors`: each after all whose water reaches it, else by names."""
    gauges = {sensor.id: sensor for sensor in sensors if WATER_LEVEL in sensor.quantities}
    above: dict[str, list[Sensor]] = {}
    for gauge in _by_name(gauges.values()):
        if gauge.next_downstream in gauges:
            above.setdefault(gauge.next_downstream, []).append(gauge)
    mouths = [gauge for gauge in gauges.values() if gauge.next_downstream not in gauges]
    return [gauge for mouth in _by_name(mouths) for gauge in _river(mouth, above)]


def _river(mouth: Sensor, above: Mapping[str, list[Sensor]]) -> Iterator[Sensor]:
    """Yield what flows to `mouth`, and it last."""
    for gauge in above.get(mouth.id, ()):
        yield from _river(gauge, above)
    yield mouth


def _by_name(gauges: Iterable[Sensor]) -> list[Sensor]:
    return sorted(gauges, key=lambda gauge: (gauge.name, gauge.id))
