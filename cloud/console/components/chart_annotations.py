"""What the rules say on a site's chart: the limits of the levels in force, and the times in which alarms were open.

await annotations.of(_, "river", "water_level", start_ms, end_ms)
 -> (LevelLine("Siaga 3", 150, …), …), (AlarmBand(…), …)
"""

import contextlib

from cloud.alarms.alarm_service import AlarmService
from cloud.alarms.records import Alarm, AlarmFilter
from cloud.console.view_models.chart import AlarmBand, LevelLine
from cloud.console.view_models.preview import level_lines
from cloud.database.engine import DatabaseUnavailable
from cloud.rulebook.rule_store import RuleStore
from cloud.situation import level_of
from i18n.catalog import Catalog
from rules.colours import colour_of

ALARMS_LOOKED_AT = 200
"""The newest alarms of a sensor; older ones than these are not drawn."""


class ChartAnnotations:
    """Asks the store of rules and the service of alarms."""

    def __init__(self, rule_store: RuleStore, alarm_service: AlarmService) -> None:
        self._rule_store, self._alarm_service = rule_store, alarm_service

    async def of(
        self, _: Catalog, sensor: str, quantity: str, start_ms: int, end_ms: int
    ) -> tuple[tuple[LevelLine, ...], tuple[AlarmBand, ...]]:
        """The level lines of a series, and its alarm bands between two times (UTC ms)."""
        rules = [resolved.rule for resolved in self._rule_store.resolved(sensor) if resolved.rule.quantity == quantity]
        lines = {(line.name, line.limit): line for rule in rules for line in level_lines(_, rule)}
        alarms: list[Alarm] = []
        with contextlib.suppress(DatabaseUnavailable):  # health reports it; the readings are shown all the same
            alarms = await self._alarm_service.alarms(
                AlarmFilter(sensor=sensor, until_ms=end_ms, limit=ALARMS_LOOKED_AT)
            )
        bands = tuple(band_of(alarm) for alarm in alarms if _shows(alarm, quantity, start_ms))
        return tuple(lines.values()), bands


def band_of(alarm: Alarm) -> AlarmBand:
    """The time in which an alarm was open, in the colour of its worst level."""
    return AlarmBand(alarm.opened_ms, alarm.closed_ms, colour_of(level_of(alarm.rule, alarm.worst)))


def _shows(alarm: Alarm, quantity: str, start_ms: int) -> bool:
    is_ours = alarm.quantity == quantity and not alarm.withdrawn and not alarm.test
    return is_ours and (alarm.closed_ms is None or alarm.closed_ms > start_ms)
