"""The chart on the page of a place: which series, over which time.

await charts.of(visit, site, sensors) -> SiteChart(("river", "water_level"), spans=(("24h", "24 hours", True), …), …)
"""

from collections.abc import Sequence

import msgspec

from cloud.console.components.chart_annotations import ChartAnnotations
from cloud.console.components.history_cache import SPANS, HistoryCache
from cloud.console.frame.page import Fragment
from cloud.console.frame.visit import PageVisit
from cloud.console.view_models.day_times import site_zone
from cloud.console.view_models.place_cards import MATTERS
from cloud.console.view_models.site_chart import ChartView, chart_view
from cloud.platform import Platform
from cloud.readings.contract import StoredReading
from cloud.registry.records import Sensor, Site
from i18n.catalog import N_

SPAN_NAMES = {"1h": N_("1 hour"), "24h": N_("24 hours"), "7d": N_("7 days")}
USUAL_SPAN = "24h"


class SiteChart(msgspec.Struct, frozen=True):
    """What is shown of a chart: the sensor and quantity (None: nothing was measured there), and the spans to choose."""

    series: tuple[str, str] | None
    spans: Sequence[tuple[str, str, bool]]
    fragment: Fragment


class SiteCharts:
    """The charts of all places of a platform."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._history_cache = HistoryCache(platform.store, platform.registry.table)
        self._annotations = ChartAnnotations(platform.rule_store, platform.alarm_service)

    async def of(self, visit: PageVisit, site: Site, sensors: Sequence[Sensor]) -> SiteChart:
        """The chart that a visit to `site` asks for; `sensors` are those there."""
        series = self._chosen(visit, site, sensors)
        span = visit.query.get("span", "") if visit.query.get("span", "") in SPANS else USUAL_SPAN
        view = None if series is None else await self._view(visit, site, series, span)
        spans = [(name, visit.words(words), name == span) for name, words in SPAN_NAMES.items()]
        return SiteChart(series, spans, Fragment("site-chart", "site/chart.html", {"chart": view}, version=view))

    def _chosen(self, visit: PageVisit, site: Site, sensors: Sequence[Sensor]) -> tuple[str, str] | None:
        """The series whose chart is shown: the one that is asked for, else what matters most there."""
        sensor, _, quantity = visit.query.get("series", "").partition("/")
        readings = self._platform.newest.of_sensors([*(one.id for one in sensors), site.id])
        if (sensor, quantity) in {(one.sensor, one.quantity) for one in readings}:
            return sensor, quantity
        return _first_that_matters(readings)

    async def _view(self, visit: PageVisit, site: Site, series: tuple[str, str], span: str) -> ChartView:
        sensor, quantity = series
        _, registry = visit.words, self._platform.registry
        history = await self._history_cache.of(sensor, quantity, span)
        levels, bands = await self._annotations.of(_, sensor, quantity, history.start_ms, history.end_ms)
        known = registry.sensor(sensor)
        return chart_view(
            _,
            registry.quantities.row(quantity),
            history,
            sensor="" if known is None or sensor == site.id else known.name,
            levels=levels,
            bands=bands,
            zone=site_zone(site.zone, visit.zone),
        )


def _first_that_matters(readings: Sequence[StoredReading]) -> tuple[str, str] | None:
    for names in MATTERS.values():
        for name in names:
            for reading in readings:
                if reading.quantity == name:
                    return reading.sensor, reading.quantity
    return (readings[0].sensor, readings[0].quantity) if readings else None
