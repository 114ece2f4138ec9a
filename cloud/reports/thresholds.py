"""Thresholds: every level that is in force on a sensor, so that a panel can draw it beside the readings.

threshold,gateway=gw-daruba,level=Siaga\\ 2,quantity=water_level,rule=river-level,sensor=river-1,… limit=250.0 …

A rule of rise or silence has no limit on the scale of its quantity, and is left out; so is one that is switched off.
Hours in which a rule holds are not looked at: the line stands all day.
"""

from collections.abc import Hashable, Iterable
from itertools import islice

import msgspec

from cloud.registry.records import Sensor
from cloud.reports.points import ReportPoint
from rules.colours import colour_of
from rules.rule import Level, Rule, RuleKind
from wire import QuantityTable
from wire.measurements import THRESHOLD_SAMPLE_S

POINTS_A_SECOND = 50
"""How many are sampled in a second at the most: ten thousand sensors with three levels take ten minutes."""
_ON_THE_SCALE = (RuleKind.ABOVE, RuleKind.BELOW, RuleKind.INSIDE, RuleKind.OUTSIDE)


def threshold_points(sensor: Sensor, rules: Iterable[Rule], now_ms: int, table: QuantityTable) -> list[ReportPoint]:
    """Return the levels of the `rules` that hold for a sensor at `now_ms` (UTC)."""
    return [
        _point(sensor, rule, level, now_ms, table)
        for rule in rules
        if rule.enabled and rule.kind in _ON_THE_SCALE
        for level in rule.levels
    ]


def _point(sensor: Sensor, rule: Rule, level: Level, now_ms: int, table: QuantityTable) -> ReportPoint:
    return ReportPoint(
        "threshold",
        now_ms,
        {
            "gateway": sensor.gateway,
            "level": level.name,
            "quantity": rule.quantity,
            "rule": rule.family,
            "sensor": sensor.id,
            "site": sensor.site,
        },
        {
            "limit": float(level.limit),
            "high": None if level.high is None else float(level.high),
            "severity": level.severity.rank,
            "domain": str(table[rule.quantity].domain) if rule.quantity in table else None,
            "name": level.name,
            "name_id": level.name_id or level.name,
            "colour": colour_of(level),
        },
    )


class ThresholdSchedule:
    """Which thresholds are due: new and changed ones at once, the others in turn, `POINTS_A_SECOND` at the most.

    What is due counts as written only after `record_written`: what the store did not take stays due.
    """

    def __init__(self) -> None:
        self._in_force: dict[Hashable, ReportPoint] = {}
        self._fresh: dict[Hashable, None] = {}
        self._written_ms: dict[Hashable, int] = {}  # those written longest ago first

    def replace(self, points: Iterable[ReportPoint]) -> None:
        """Replace the thresholds by those that are in force now, all of them."""
        before, self._in_force = self._in_force, {_key(point): point for point in points}
        for key, point in self._in_force.items():
            if key not in before or before[key].fields != point.fields:
                self._fresh[key] = None
        self._fresh = {key: None for key in self._fresh if key in self._in_force}
        self._written_ms = {key: written_ms for key, written_ms in self._written_ms.items() if key in self._in_force}

    def due(self, now_ms: int) -> list[ReportPoint]:
        """Return what is to be written at `now_ms` (UTC), when this is asked each second."""
        oldest_first = islice(self._written_ms.items(), POINTS_A_SECOND)
        turn = (key for key, written_ms in oldest_first if abs(now_ms - written_ms) >= THRESHOLD_SAMPLE_S * 1_000)
        keys = dict.fromkeys([*self._fresh, *turn])
        return [msgspec.structs.replace(self._in_force[key], time_ms=now_ms) for key in keys]

    def record_written(self, points: Iterable[ReportPoint]) -> None:
        """Record what the store has taken."""
        for point in points:
            key = _key(point)
            self._fresh.pop(key, None)
            self._written_ms.pop(key, None)  # to the end
            self._written_ms[key] = point.time_ms


def _key(point: ReportPoint) -> Hashable:
    return tuple(point.tags.values())  # all are made by `_point`, in one order
