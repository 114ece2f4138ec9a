"""What stands in a site's chart beside the sensor's values: levels in force, times of alarms, what people read.

await annotations.of(_, asked, history, ["river"]) -> Annotations(levels=(LevelLine("Siaga 3", 150, …), …), …)
"""

import asyncio
import time
from collections.abc import Collection

import msgspec

from cloud.alarms.alarm_service import AlarmService
from cloud.alarms.records import Alarm, AlarmFilter
from cloud.console.components.history_cache import SeriesSpan
from cloud.console.view_models.chart import AlarmBand, ChartHistory, LevelLine
from cloud.console.view_models.preview import level_lines
from cloud.console.view_models.site_chart import Annotations
from cloud.core.bounded_cache import BoundedCache
from cloud.database.engine import DatabaseUnavailable
from cloud.ingest.manual.manual_readings import ManualReadings
from cloud.readings.contract import Point
from cloud.rulebook.rule_store import RuleStore
from cloud.situation import level_of
from i18n.catalog import Catalog
from rules.colours import colour_of

ALARMS_LOOKED_AT = 200
"""The newest alarms of a series; older ones than these are not drawn."""
MOST_READ = 200
"""The newest readings by people; older ones than these are not drawn."""
FEW_S = 4.0
"""How long what was found is given again, whoever looks."""
_KEPT = 64


class ChartAnnotations:
    """Asks the store of rules, the service of alarms and the manual readings."""

    def __init__(self, rule_store: RuleStore, alarm_service: AlarmService, manual: ManualReadings) -> None:
        self._rule_store, self._alarm_service, self._manual = rule_store, alarm_service, manual
        self._held = BoundedCache[SeriesSpan, tuple[float, Annotations]](_KEPT)
        self._asking = asyncio.Lock()

    async def of(
        self, _: Catalog, asked: SeriesSpan, history: ChartHistory, read_beside: Collection[str]
    ) -> Annotations:
        """What belongs to a history; `read_beside` are the sensors beside which people read the same."""
        async with self._asking:
            held = self._held.get(asked)
            if held is None or time.monotonic() - held[0] >= FEW_S:
                held = time.monotonic(), await self._ask(asked, history, read_beside)
                self._held[asked] = held
        return msgspec.structs.replace(held[1], levels=self._levels(_, asked))

    def _levels(self, _: Catalog, asked: SeriesSpan) -> tuple[LevelLine, ...]:
        rules = (each.rule for each in self._rule_store.resolved(asked.sensor) if each.rule.quantity == asked.quantity)
        return tuple({(line.name, line.limit): line for rule in rules for line in level_lines(_, rule)}.values())

    async def _ask(self, asked: SeriesSpan, history: ChartHistory, read_beside: Collection[str]) -> Annotations:
        start_ms, end_ms = history.start_ms, history.end_ms
        wanted = AlarmFilter(
            sensor=asked.sensor, quantities=frozenset([asked.quantity]), test=False, until_ms=end_ms,
            limit=ALARMS_LOOKED_AT,
        )  # fmt: skip
        try:
            found = await self._alarm_service.page(wanted)
            read = await self._manual.of(
                read_beside, quantity=asked.quantity, start_ms=start_ms, end_ms=end_ms, most=MOST_READ
            )
        except DatabaseUnavailable:  # the readings are shown all the same
            return Annotations(bands_known=False)
        bands = tuple(band_of(alarm) for alarm in found.alarms if _shows(alarm, start_ms))
        is_cut = found.next_before_id is not None and all(alarm.opened_ms > start_ms for alarm in found.alarms[-1:])
        people = tuple(Point(each.time_ms, each.value) for each in reversed(read))
        return Annotations((), bands, people, bands_cut=is_cut)


def band_of(alarm: Alarm) -> AlarmBand:
    """The time in which an alarm was open, in the colour of its worst level."""
    return AlarmBand(alarm.opened_ms, alarm.closed_ms, colour_of(level_of(alarm.rule, alarm.worst)))


def _shows(alarm: Alarm, start_ms: int) -> bool:
    return not alarm.withdrawn and (alarm.closed_ms is None or alarm.closed_ms > start_ms)
