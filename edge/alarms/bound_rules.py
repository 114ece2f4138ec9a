"""The city's rules, checked and bound to this gateway's sensors.

LocalAlarms ─► BoundRules: (sensor, quantity) ─► its rules        one that is wrong is left out alone, with a sentence

A rule that was sound `before` and comes back wrong holds as it was: it may be the one for which a siren sounds.
"""

from zoneinfo import ZoneInfoNotFoundError

import msgspec

from rules.level import height_mistake, level_cm
from rules.rule import RuleKind
from rules.scope import NoRule, rule_of
from rules.validation import problems_in
from rules.watched import Watched
from wire import QuantityTable
from wire.local_alarms import LocalAlarms, LocalLine, LocalRule

DISTANCE, LEVEL = "distance", "water_level"

Key = tuple[str, str]
"""(sensor, family)."""
Series = tuple[str, str]
"""(sensor, quantity)."""


class BoundRule(msgspec.Struct, frozen=True):
    """A rule that is ready for the engine, and the site where its sensor stands."""

    family: str
    site: str
    watched: Watched

    @property
    def key(self) -> Key:
        """By what its state is known."""
        return self.watched.sensor, self.family


class BoundRules:
    """All rules of the gateway by the series that they look at; `problems` are sentences on those left out."""

    def __init__(self, alarms: LocalAlarms, quantities: QuantityTable, *, before: "BoundRules | None" = None) -> None:
        self.problems: list[str] = []
        self._quantities = quantities
        self.by_key: dict[Key, BoundRule] = {}
        self.by_series: dict[Series, list[BoundRule]] = {}
        self.second: set[Series] = set()
        self._heights_cm: dict[str, float] = {}
        self._lines: dict[Series, LocalLine] = {(line.sensor, line.quantity): line for line in alarms.lines}
        for sensor, height_cm in alarms.heights_cm.items():
            mistake = height_mistake(height_cm)
            if mistake is None:
                self._heights_cm[sensor] = height_cm
            else:
                self.problems.append(f"mounting height {height_cm:g} of {sensor}: {mistake}")
        for local in alarms.rules:
            problem = self._bind(local, local.zone or alarms.zone, quantities)
            held = None if before is None else before.by_key.get((local.sensor, local.family))
            if problem and held is not None:
                self._apply(held)
            if problem:
                then = "is left out" if held is None else "is wrong, so the one before it holds until a restart"
                self.problems.append(f"rule {local.family} of {local.sensor} {then}: {problem}")

    def _bind(self, local: LocalRule, zone: str, quantities: QuantityTable) -> str:
        """Take a rule in; what is wrong with it, if anything is."""
        try:
            rule = rule_of(local.family, local.rule)
            problems = problems_in(rule, quantities)
            if problems:
                return str(problems[0])
            if rule.kind is RuleKind.SILENCE:
                return "it waits for silence, which the cloud hears; take it out"
            if rule.kind is RuleKind.TREND:
                return "it looks at days, which the cloud does; take it out"
            row = quantities.get(rule.quantity)
            bound = BoundRule(local.family, local.site, Watched(local.sensor, rule, zone, local.interval_s, row))
        except NoRule as error:
            return str(error)
        except (ZoneInfoNotFoundError, ValueError) as error:
            return f"zone {zone!r} cannot be used here ({error}); install tzdata, or write one such as 'Asia/Jayapura'"
        if not rule.enabled:
            return ""
        self._apply(bound)
        return ""

    def _apply(self, bound: BoundRule) -> None:
        rule = bound.watched.rule
        self.by_key[bound.key] = bound
        self.by_series.setdefault((bound.watched.sensor, rule.quantity), []).append(bound)
        if rule.also is not None:
            self.second.add((rule.also.sensor, rule.also.quantity))

    def can_be(self, quantity: str, value: float) -> bool:
        """Whether a working sensor can have measured this: what the cloud would refuse counts here for nothing."""
        row = self._quantities.get(quantity)
        return row is None or row.low <= value <= row.high

    def is_level_made_here(self, sensor: str) -> bool:
        """Whether a sensor's level is made of its distance: what it says of the level itself does not count then."""
        return sensor in self._heights_cm

    def level_of(self, sensor: str, distance_cm: float) -> float | None:
        """The level that a distance is at this sensor; None where nobody said how high it hangs."""
        height_cm = self._heights_cm.get(sensor)
        return None if height_cm is None else level_cm(height_cm, distance_cm)

    def calibrated(self, sensor: str, quantity: str, value: float) -> float:
        """The value as the cloud stores it."""
        line = self._lines.get((sensor, quantity))
        return value if line is None else value * line.scale + line.offset
