"""The preview beside the editor: a sensor, the days back, the chart, and what the rule would have done there.

[River gauge v]  [1 day] [7 days] [30 days]
╭ chart ╮   4 alarms, 1.2 hours a week; as it is now: 9 alarms, 6 hours a week
"""

from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from nicegui import ui

from cloud.alarms.preview import Preview
from cloud.console.components.chips import ChipBox
from cloud.console.components.elements import box, mark, text
from cloud.console.components.inputs import choice
from cloud.console.components.visitor import Visitor
from cloud.console.pages.thresholds.actions import DAYS, ThresholdActions, ThresholdRejected
from cloud.console.view_models.chart import PALETTES, chart_options
from cloud.console.view_models.preview import bands_of, level_lines, preview_view, thinned
from cloud.console.view_models.thresholds import RuleView, targets_at
from cloud.registry.records import Sensor
from cloud.rulebook.rule_store import RuleStore
from i18n import figures
from i18n.catalog import Catalog
from rules.rule import Rule


class Drawn(msgspec.Struct, frozen=True):
    """What is on the chart, to draw it again in other colours."""

    rule: Rule
    fields: dict[str, Any]
    preview: Preview
    start_ms: int
    end_ms: int


class PreviewPanel:
    """The panel; `show` asks for a preview of a rule and draws it."""

    def __init__(
        self, _: Catalog, actions: ThresholdActions, visitor: Visitor, view: RuleView, *, rule_store: RuleStore,
        scope: str, theme: str,
    ) -> None:  # fmt: skip
        self._words, self._actions, self._visitor, self._rule_store = _, actions, visitor, rule_store
        self._family, self._scope, self._theme = view.family, scope, theme
        self._sensors = [
            sensor
            for sensor in targets_at(rule_store, scope)
            if view.resolved.rule.quantity in ("", *sensor.quantities) and visitor.principal.may_see(sensor.site)
        ]
        self._sensor, self._days = self._sensors[0].id if self._sensors else "", DAYS[1]
        self._asked: tuple[Rule, dict[str, Any]] | None = None
        self._drawn: Drawn | None = None
        with box("panel preview", "section", aria_label=_("Preview")) as self._panel:
            text(_("What it would have done"), "panel-title", "h2")
            self._build_choices()
            self._chart = ui.echart({}, renderer="svg").classes("chart")
            self._sentence = text("", "preview-sentence", "p")
            self._sentence.props["role"] = "status"
            self._note = text("", "faint", "p")
            self._list = box("raised")
        if not self._sensors:
            self._note.set(_("No sensor here measures this, so there is nothing to try it on."))

    def set_theme(self, theme: str) -> None:
        """Draw in the colours of `theme` from now on."""
        self._theme = theme
        self._draw()

    def wait(self) -> None:
        """Say that there is something to be mended first."""
        _ = self._words
        self._note.set(_("The preview goes on when the mistakes are mended."))
        mark(self._panel, "waiting")

    async def show(self, rule: Rule, fields: dict[str, Any]) -> ThresholdRejected | None:
        """Draw what `rule` would have done; the refusal where there can be no such rule."""
        self._asked = (rule, fields)
        if not self._sensor:
            return None
        mark(self._panel, "asking")
        sensor, days = self._sensor, self._days
        found = await self._actions.preview(self._visitor, self._family, self._scope, fields, sensor=sensor, days=days)
        if (sensor, days) != (self._sensor, self._days) or self._asked != (rule, fields):
            return None  # somebody has gone on while the engine was looking
        if isinstance(found, ThresholdRejected):
            self.wait()
            return found
        self._drawn = Drawn(rule, fields, found, found.start_ms, found.end_ms)
        self._draw()
        return None

    def _build_choices(self) -> None:
        _ = self._words
        with box("filters"):
            if len(self._sensors) > 1:
                names = [(sensor.id, self._name(sensor)) for sensor in self._sensors]
                choice(self._sensor, names, label=_("Sensor"), on_change=self._choose_sensor)
            with box("spans", role="group", aria_label=_("Time span")):
                self._spans = {days: self._span(days) for days in DAYS}

    def _name(self, sensor: Sensor) -> str:
        site = self._rule_store.registry.site(sensor.site)
        place = site.name if site else sensor.site
        return place if sensor.id == sensor.site else f"{place} · {sensor.name}"

    def _span(self, days: int) -> ui.element:
        _ = self._words
        pressed = str(days == self._days).lower()
        with box("span-button", "button", type="button", aria_pressed=pressed) as element:
            text(_.plural("{n} day", "{n} days", days))
        element.on("click", lambda: self._choose_days(days))
        return element

    async def _choose_days(self, days: int) -> None:
        self._days = days
        for which, element in self._spans.items():
            mark(element, str(which == days).lower(), "aria-pressed")
        await self._again()

    async def _choose_sensor(self, sensor: str) -> None:
        if sensor in {known.id for known in self._sensors}:
            self._sensor = sensor
            await self._again()

    async def _again(self) -> None:
        if self._asked is not None:
            await self.show(*self._asked)

    def _zone(self) -> ZoneInfo:
        sensor = self._rule_store.targets.get(self._sensor)
        site = self._rule_store.registry.site(sensor.site) if sensor else None
        return ZoneInfo(site.zone if site and site.zone else self._rule_store.registry.city.zone)

    def _draw(self) -> None:
        drawn = self._drawn
        if drawn is None:
            return
        _, zone = self._words, self._zone()
        rule, preview = drawn.rule, drawn.preview
        row = self._rule_store.registry.quantities.row(preview.quantity)
        history = thinned(preview.points, start_ms=drawn.start_ms, end_ms=drawn.end_ms)
        self._chart.options.clear()
        self._chart.options.update(
            chart_options(
                _, row, history, zone=zone, palette=PALETTES[self._theme],
                levels=level_lines(_, rule), bands=bands_of(rule, preview.edited),
            )
        )  # fmt: skip
        self._chart.update()
        view = preview_view(_, rule, preview, zone, drawn.end_ms)
        self._sentence.set(view.sentence)
        self._note.set(
            _("Times in {zone}", zone=figures.zone_name(drawn.end_ms, zone))
            if preview.points
            else _("Nothing was measured in this time.")
        )
        mark(self._panel, "drawn")
        self._list.clear()
        with self._list:
            for raised in view.alarms:
                with box("raised-row"):
                    ChipBox(raised.level)
                    text(raised.since)
                    text(raised.lasting, "faint")
            if view.more:
                text(view.more, "faint")
