"""The chart on the page of a place: which series, over which time.

await charts.of(visit, site, sensors) -> SiteChart(("river", "water_level"), spans=(("24h", "24 hours", True), …), …)
"""

from collections.abc import Sequence

import msgspec

from cloud.console.components.chart_annotations import ChartAnnotations
from cloud.console.components.history_cache import HeldHistory, HistoryCache, SeriesSpan
from cloud.console.frame.page import Fragment
from cloud.console.frame.visit import PageVisit
from cloud.console.view_models.chart_span import (
    SPAN_NAMES,
    SPANS,
    USUAL_SPAN,
    DaysAsked,
    days_asked,
    span_asked,
)
from cloud.console.view_models.day_times import site_zone
from cloud.console.view_models.place_cards import MATTERS
from cloud.console.view_models.site_chart import Annotations, ChartView, chart_view
from cloud.console.view_models.typed_number import InvalidInput
from cloud.core.bounded_cache import BoundedCache
from cloud.platform import Platform
from cloud.readings.contract import StoredReading
from cloud.registry.records import Sensor, Site
from runtime.clock import wall_ms

_VIEWS_KEPT = 64
_Inputs = tuple[HeldHistory, Annotations, str]


class SiteChart(msgspec.Struct, frozen=True):
    """What is shown of a chart: the sensor and quantity (None: nothing was measured there), and the spans to choose.

    `days` are those that were chosen, `mistake` says what is wrong with them.
    """

    series: tuple[str, str] | None
    spans: Sequence[tuple[str, str, bool]]
    days: DaysAsked | None
    mistake: str
    fragment: Fragment


class SiteCharts:
    """The charts of all places of a platform."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._history_cache = HistoryCache(platform.store, platform.registry.table)
        self._annotations = ChartAnnotations(platform.rule_store, platform.alarm_service, platform.manual_readings)
        self._views = BoundedCache[tuple[str, SeriesSpan], tuple[_Inputs, ChartView]](_VIEWS_KEPT)

    async def of(self, visit: PageVisit, site: Site, sensors: Sequence[Sensor]) -> SiteChart:
        """The chart that a visit to `site` asks for; `sensors` are those there."""
        series, zone = self._chosen(visit, site, sensors), site_zone(site.zone, visit.zone)
        mistake, span = "", SPANS[USUAL_SPAN]
        try:
            span = span_asked(visit.words, visit.query, wall_ms(), zone)
        except InvalidInput as error:
            mistake = str(error)
        view = None
        if series is not None:
            view = await self._view(visit, site, SeriesSpan(*series, span, zone), sensors)
        spans = [(name, visit.words(words), SPANS[name] == span) for name, words in SPAN_NAMES.items()]
        fragment = Fragment("site-chart", "site/chart.html", {"chart": view}, version=view)
        return SiteChart(series, spans, days_asked(visit.query), mistake, fragment)

    def _chosen(self, visit: PageVisit, site: Site, sensors: Sequence[Sensor]) -> tuple[str, str] | None:
        """The series whose chart is shown: the one that is asked for, else what matters most there."""
        sensor, _, quantity = visit.query.get("series", "").partition("/")
        readings = self._platform.newest.of_sensors([*(one.id for one in sensors), site.id])
        if (sensor, quantity) in {(one.sensor, one.quantity) for one in readings}:
            return sensor, quantity
        return _first_that_matters(readings)

    async def _view(self, visit: PageVisit, site: Site, asked: SeriesSpan, sensors: Sequence[Sensor]) -> ChartView:
        """What is shown; the same as before where nothing of it is another."""
        held = await self._history_cache.of(asked)
        beside = Annotations()
        if held.history is not None:
            # what is worked out for the whole place is read beside any sensor there: heads beside a counter
            read_beside = [one.id for one in sensors] if asked.sensor == site.id else [asked.sensor]
            beside = await self._annotations.of(visit.words, asked, held.history, read_beside)
        known = self._platform.registry.sensor(asked.sensor)
        sensor = "" if known is None or asked.sensor == site.id else known.name
        inputs, key = (held, beside, sensor), (visit.words.language.code, asked)
        drawn = self._views.get(key)
        if drawn is None or not _are_same(drawn[0], inputs):
            row = self._platform.registry.quantities.row(asked.quantity)
            view = chart_view(
                visit.words, row, held.history, beside, sensor=sensor, trouble=held.trouble, zone=asked.zone
            )
            drawn = self._views[key] = inputs, view
        return drawn[1]


def _are_same(drawn: _Inputs, inputs: _Inputs) -> bool:
    """Whether a chart of these would be the same: a history is another one when it was asked for again."""
    return drawn[0].history is inputs[0].history and drawn[0].trouble is inputs[0].trouble and drawn[1:] == inputs[1:]


def _first_that_matters(readings: Sequence[StoredReading]) -> tuple[str, str] | None:
    for names in MATTERS.values():
        for name in names:
            for reading in readings:
                if reading.quantity == name:
                    return reading.sensor, reading.quantity
    return (readings[0].sensor, readings[0].quantity) if readings else None
