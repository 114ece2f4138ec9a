"""Heights: what gateways reckon with, beside what the registry says; where they differ somebody has to look.

record(pairs)  ─► newest pair of each sensor ─► problems(), component()      in memory: gateways send pairs always
"""

from collections.abc import Iterable, Iterator

from cloud.core.changed_keys import ChangedKeys
from cloud.core.health import Component, Condition
from cloud.ingest.levels import Pair
from cloud.readings.newest import Newest
from cloud.registry.records import Sensor
from cloud.registry.snapshot import Registry
from i18n.message import LocalizedMessage, first_of

TOLERANCE_CM = 0.5
"""Rounding on the way makes less; nobody hangs a sensor to the millimetre."""
DEEPEST_CM = 200.0
"""How far below the gauge's zero a surface may be believed: a zero is set near the bed."""
SHOWN = 3
"""Mismatches in one sentence of health; the API has them all."""


class Heights:
    """The heights that the gateways of `registry` reckon with, and the surfaces that no height explains."""

    def __init__(self, registry: Registry, newest: Newest) -> None:
        self._registry = registry
        self._newest = newest
        self._pairs: dict[str, Pair] = {}
        self.changed: ChangedKeys[str] = ChangedKeys()

    def record(self, pairs: Iterable[Pair]) -> None:
        """Record pairs as they come, with the stamps that they came with. Bounded by the sensors of the registry.

        Older ones replace only those of a time that has not come yet: the clock of their gateway was wrong.
        """
        for pair in pairs:
            newest = self._pairs.get(pair.sensor)
            if newest is None or newest.time_ms <= pair.time_ms or newest.time_ms > self._newest.latest_ms():
                self._pairs[pair.sensor] = pair
                if newest is None or newest.sent_height_cm != pair.sent_height_cm:
                    self.changed.add(pair.sensor)

    def sensors(self) -> list[str]:
        """The sensors whose gateways reckon with a height."""
        return list(self._pairs)

    def pairs(self, sensors: Iterable[str]) -> list[Pair]:
        """The newest pairs of these sensors."""
        return [self._pairs[sensor] for sensor in sensors]

    def put(self, pairs: Iterable[Pair]) -> None:
        """Take over pairs that another process holds."""
        self._pairs.update((pair.sensor, pair) for pair in pairs)

    def sent_height_cm(self, sensor: str) -> float | None:
        """The height that a sensor's gateway reckons with, where that is not the registry's; None where it is."""
        pair, known = self._pairs.get(sensor), self._registry.sensor(sensor)
        if pair is None or known is None or known.mounting_height_cm is None or self._is_replaced(sensor, pair.time_ms):
            return None
        differs = abs(pair.sent_height_cm - known.mounting_height_cm) > TOLERANCE_CM
        return pair.sent_height_cm if differs else None

    def problems(self) -> Iterator[tuple[Sensor, LocalizedMessage]]:
        """The sensors whose height somebody has to look at, each with a sentence."""
        for sensor in self._registry.sensors():
            if sensor.mounting_height_cm is None:
                continue
            sent = self.sent_height_cm(sensor.id)
            if sent is not None:
                yield sensor, LocalizedMessage(
                    "sensor {sensor}: its gateway reckons with a height of {sent:g} cm and the registry with "
                    "{height:g}, which counts; mend edge.toml, or record the height",
                    sensor=sensor.id, sent=sent, height=sensor.mounting_height_cm,
                )  # fmt: skip
            level = self._newest.series(sensor.id, "water_level")
            if level is not None and level.value < -DEEPEST_CM and not self._is_replaced(sensor.id, level.time_ms):
                yield sensor, LocalizedMessage(
                    "sensor {sensor}: water {deep:g} cm below the gauge's zero is not to be believed, and no flood "
                    "rule sees it; look at mounting_height_cm {height:g}",
                    sensor=sensor.id, deep=-level.value, height=sensor.mounting_height_cm,
                )  # fmt: skip

    def _is_replaced(self, sensor: str, time_ms: int) -> bool:
        """Whether the device that a sensor had at `time_ms` hangs there no more: what it sent says nothing of now."""
        latest_ms = self._newest.latest_ms()
        return any(time_ms < start_ms <= latest_ms for start_ms in self._registry.replacements.get(sensor, ()))

    def component(self) -> Component:
        """How the geometry is doing."""
        found = [sentence for _, sentence in self.problems()]
        if not found:
            return Component(Condition.OK, LocalizedMessage("heights agree with what gateways send"))
        return Component(Condition.DEGRADED, first_of(found, most=SHOWN))
