"""Rule bindings: what the engine watches on each sensor by the rules in force, kept until the rules change.

sensor ─► quantities that some rule looks at        (sensor, family, time) ─► RuleBinding(watched, versions)
"""

import bisect
from collections.abc import Collection, Iterable, Iterator, Sequence

import msgspec

from cloud.registry.records import Sensor
from cloud.registry.snapshot import Registry
from cloud.rulebook.rule_store import RuleStore
from cloud.rulebook.rule_targets import DERIVED_INTERVAL_S, is_derived
from rules.engine import Watched
from rules.rule import Rule, RuleKind
from rules.scope import Resolved

GATEWAY_INTERVAL_S = 60.0
"""A gateway reports on itself every 30 s unless set otherwise; the city file says nothing of it."""
SHORTEST_INTERVAL_S = 12.0
"""Silence counts in intervals of that at least, so that five of them are never less than a minute."""
HEARD = "*"
"""Stands among the quantities of a sensor of which only matters that it is heard."""


class RuleBinding(msgspec.Struct, frozen=True):
    """A rule on a sensor, and the versions that it came from."""

    watched: Watched
    versions: str

    @property
    def family(self) -> str:
        """The rule's family."""
        return self.watched.rule.family

    @property
    def is_silence(self) -> bool:
        """Whether it waits for nothing to come."""
        return self.watched.rule.kind is RuleKind.SILENCE


class BindingSpan(msgspec.Struct, frozen=True):
    """The rules bound to a sensor from `since_ms` (UTC) on, until the next span."""

    since_ms: int
    bindings: tuple[RuleBinding, ...]

    def of(self, family: str) -> RuleBinding | None:
        """The rule of one family."""
        return next((binding for binding in self.bindings if binding.family == family), None)


def watched_by(registry: Registry, sensor: Sensor, rule: Rule) -> Watched:
    """A rule on a sensor, with the site's time zone and how often the sensor should speak."""
    site = registry.site(sensor.site)
    interval_s = GATEWAY_INTERVAL_S if registry.gateway(sensor.id) is not None else sensor.interval_s
    if is_derived(rule.quantity, registry.quantities):
        interval_s = DERIVED_INTERVAL_S
    if rule.kind is RuleKind.SILENCE and interval_s is not None:
        interval_s = max(interval_s, SHORTEST_INTERVAL_S)
    zone = site.zone if site is not None else registry.city.zone
    return Watched(sensor.id, rule, zone, interval_s, registry.quantities.get(rule.quantity))


class RuleBindings:
    """What is watched by the rules of `rule_store`."""

    def __init__(self, rule_store: RuleStore) -> None:
        self._rule_store = rule_store
        self._registry = rule_store.registry
        self._targets = rule_store.targets
        self._edition = rule_store.edition
        self._spans: dict[str, tuple[BindingSpan, ...]] = {}
        self._quantities: dict[str, Collection[str]] = {}
        self._second_series: set[tuple[str, str]] | None = None

    def quantities(self, sensor_id: str) -> Collection[str]:
        """The quantities of a sensor that some rule looked at at the last `refresh`; empty where none matters."""
        found = self._quantities.get(sensor_id)
        if found is None:
            found = self._quantities[sensor_id] = frozenset(self._wanted(sensor_id))
        return found

    def spans(self, sensor_id: str) -> tuple[BindingSpan, ...]:
        """The rules bound to a sensor over time."""
        self.refresh()
        found = self._spans.get(sensor_id)
        if found is None:
            sensor = self._targets.get(sensor_id)
            found = self._spans[sensor_id] = () if sensor is None else tuple(self._over_time(sensor))
        return found

    def span(self, sensor_id: str, time_ms: int) -> BindingSpan | None:
        """The rules bound to a sensor at `time_ms`; None before the first."""
        spans = self.spans(sensor_id)
        number = bisect.bisect_right(spans, time_ms, key=lambda span: span.since_ms)
        return spans[number - 1] if number else None

    def at(self, sensor_id: str, family: str, time_ms: int) -> RuleBinding | None:
        """The rule of a family on a sensor at `time_ms`; None where no rule holds then."""
        span = self.span(sensor_id, time_ms)
        return None if span is None else span.of(family)

    def last(self, sensor_id: str, family: str) -> RuleBinding | None:
        """The rule of a family as it stood before its rule was removed or switched off."""
        sensor = self._targets.get(sensor_id)
        found = [each for each in self._rule_store.timeline(sensor_id).always if each.rule.family == family]
        return self._binding(sensor, found[-1]) if sensor is not None and found else None

    def second_series(self) -> Collection[tuple[str, str]]:
        """The series (sensor, quantity) that are the second sensor of some rule."""
        self.refresh()
        if self._second_series is None:
            self._second_series = {
                (also.sensor, also.quantity)
                for sensor in self._targets.all()
                for span in self.spans(sensor.id)
                for binding in span.bindings
                if (also := binding.watched.rule.also) is not None
            }
        return self._second_series

    def _wanted(self, sensor_id: str) -> Iterator[str]:
        for span in self.spans(sensor_id):
            for binding in span.bindings:
                yield HEARD if binding.is_silence else binding.watched.rule.quantity
        yield from (quantity for sensor, quantity in self.second_series() if sensor == sensor_id)

    def _over_time(self, sensor: Sensor) -> Iterator[BindingSpan]:
        if sensor.retired:
            return
        timeline = self._rule_store.timeline(sensor.id)
        for since_ms, rules in zip(timeline.since_ms, timeline.rules, strict=True):
            yield BindingSpan(
                since_ms, tuple(self._binding(sensor, resolved) for resolved in rules if resolved.rule.enabled)
            )

    def _binding(self, sensor: Sensor, resolved: Resolved) -> RuleBinding:
        return RuleBinding(watched_by(self._registry, sensor, resolved.rule), resolved.versions)

    def refresh(self) -> None:
        """Take in changes of the rules for `quantities`; all else looks at the rules of the moment by itself."""
        if self._rule_store.edition == self._edition:
            return
        changed = self._rule_store.changed_since(self._edition)
        self._edition = self._rule_store.edition
        if changed is None or self._name_second_series(changed):
            self._spans, self._quantities, self._second_series = {}, {}, None
        for name in changed or ():
            self._spans.pop(name, None)
            self._quantities.pop(name, None)

    def _name_second_series(self, sensors: Iterable[str]) -> bool:
        """Whether a rule on one of `sensors` needs, or needed, a second series to agree, wherever that is."""
        before = (span for sensor in sensors for span in self._spans.get(sensor, ()))
        now = (rule for sensor in sensors for rule in self._rule_store.timeline(sensor).always)
        return any(binding.watched.rule.also is not None for span in before for binding in span.bindings) or any(
            resolved.rule.also is not None for resolved in now
        )


def pieces(spans: Sequence[BindingSpan], times_ms: Sequence[int]) -> Iterator[tuple[BindingSpan, int, int]]:
    """Which span holds for which readings, by their places in `times_ms`, which are in order."""
    start = bisect.bisect_left(times_ms, spans[0].since_ms) if spans else 0
    for number, span in enumerate(spans):
        end = bisect.bisect_left(times_ms, spans[number + 1].since_ms) if number + 1 < len(spans) else len(times_ms)
        if start < end:
            yield span, start, end
            start = end
