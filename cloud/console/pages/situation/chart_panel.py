"""The side panel with the chart of one series: how it was in the last hour, day or week, and goes on.

River gauge · Water level                         x
132.4 cm   3 s ago             [1 h] [24 h] [7 d]
"""

import time
from zoneinfo import ZoneInfo

from nicegui import ui

from cloud.console.components.chart_annotations import ChartAnnotations
from cloud.console.components.elements import box, mark, symbol, text
from cloud.console.components.history_cache import SPANS, HistoryCache
from cloud.console.view_models.chart import PALETTES, chart_options, summary
from cloud.console.view_models.sites import sites_of, zone_of
from cloud.console.view_models.snapshot import Snapshot
from cloud.readings.contract import StoreUnavailable
from i18n import figures
from i18n.catalog import N_, Catalog

SPAN_NAMES = {"1h": N_("1 hour"), "24h": N_("24 hours"), "7d": N_("7 days")}
_AGAIN_S = {"1h": 5.0, "24h": 30.0, "7d": 120.0}
"""How often an open chart asks for what is new."""


class Panel:
    """The panel: closed until `open`, then kept up to date by `show`."""

    def __init__(
        self, _: Catalog, history_cache: HistoryCache, annotations: ChartAnnotations, *, zone: ZoneInfo, theme: str
    ) -> None:
        self._words, self._history_cache, self._annotations, self._zone = _, history_cache, annotations, zone
        self._theme = theme
        self._series: tuple[str, str] | None = None
        self._span = "1h"
        self._drawn_s = float("-inf")
        self._dialog = ui.dialog().props("position=right full-height").classes("side")
        with self._dialog, box("side-panel", role="document"):
            self._build_head()
            with box("spans", role="group", aria_label=_("Time span")):
                self._spans = {span: self._build_span(span) for span in SPANS}
            self._chart = ui.echart({}, renderer="svg").classes("chart")
            self._note = text("", "chart-note")
            self._summary = box("summary", "dl")
            self._foot = text("", "faint")
        self._dialog.on("hide", self._forget)

    async def open(self, sensor: str, quantity: str, snapshot: Snapshot) -> None:
        """Show the chart of a series."""
        self._series = (sensor, quantity)
        self._label(snapshot)
        self._dialog.open()
        await self._draw(snapshot)

    async def show(self, snapshot: Snapshot) -> None:
        """Bring an open panel up to date."""
        if self._series is None:
            return
        self._label(snapshot)
        if time.monotonic() - self._drawn_s >= _AGAIN_S[self._span]:
            await self._draw(snapshot)

    async def set_theme(self, theme: str, snapshot: Snapshot) -> None:
        """Draw in the colours of `theme` from now on."""
        self._theme = theme
        if self._series is not None:
            await self._draw(snapshot)

    def _build_head(self) -> None:
        _ = self._words
        with box("side-head"):
            with box("side-names"):
                self._where = text("", "faint")
                self._title = text("", "side-title", "h2")
            with box("icon-button", "button", type="button", aria_label=_("Close")) as close:
                symbol("close")
            close.on("click", self._dialog.close)
        with box("side-now") as self._now:
            self._value = text("", "side-value")
            self._unit = text("", "side-unit")
            self._age = text("", "side-age")

    def _build_span(self, span: str) -> ui.element:
        with box("span-button", "button", type="button", aria_pressed=str(span == self._span).lower()) as button:
            text(self._words(SPAN_NAMES[span]))

        def choose() -> None:
            self._span, self._drawn_s = span, float("-inf")
            for name, other in self._spans.items():
                mark(other, str(name == span).lower(), "aria-pressed")

        button.on("click", choose)
        return button

    def _forget(self) -> None:
        self._series = None

    def _label(self, snapshot: Snapshot) -> None:
        for site in sites_of(self._words, snapshot):
            for sensor in site.sensors:
                for figure in sensor.figures:
                    if (sensor.id, figure.quantity) == self._series:
                        self._where.set(f"{site.name} · {sensor.name}")
                        self._title.set(figure.name)
                        self._value.set(figure.value)
                        self._unit.set(figure.unit)
                        self._age.set(figure.age or sensor.age)
                        mark(self._now, figure.freshness)

    async def _draw(self, snapshot: Snapshot) -> None:
        assert self._series is not None  # noqa: S101 - for the type checker: both callers have checked
        sensor, quantity = series = self._series
        span, self._drawn_s = self._span, time.monotonic()
        try:
            history = await self._history_cache.of(sensor, quantity, span)
        except StoreUnavailable as error:
            self._note.set(str(error))
            return
        _ = self._words
        levels, bands = await self._annotations.of(_, sensor, quantity, history.start_ms, history.end_ms)
        if (series, span) != (self._series, self._span):
            return  # somebody has clicked on while the store was thinking
        zone, row = self._zone_of(sensor, snapshot), snapshot.quantities.row(quantity)
        options = chart_options(_, row, history, zone=zone, palette=PALETTES[self._theme], levels=levels, bands=bands)
        self._chart.options.clear()
        self._chart.options.update(options)
        self._chart.update()
        self._note.set("" if history.points else _("Nothing was measured in this time."))
        self._sum_up(summary(_, row, history))
        self._foot.set(_("Times in {zone}", zone=figures.zone_name(history.end_ms, zone)))

    def _zone_of(self, sensor: str, snapshot: Snapshot) -> ZoneInfo:
        site = next((one.site for one in snapshot.sensors if one.id == sensor), "")
        return zone_of(snapshot, site, self._zone)

    def _sum_up(self, rows: list[tuple[str, str]]) -> None:
        self._summary.clear()
        with self._summary:
            for name, value in rows:
                with box("pair"):
                    text(name, "pair-name", "dt")
                    text(value, "pair-value", "dd")
