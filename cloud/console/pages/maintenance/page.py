"""The page of maintenance: where somebody works, so that alarms there page nobody; windows are made and ended here.

Daruba river bridge · River gauge     25 Nov 09:00 – 25 Nov 11:00 WIT     budi: the gauge is cleaned     [ End now ]
Where [Daruba river bridge v]  From [        ]  Until [25/11 11:00]  Why [                ]     [ Make a window ]
"""

from collections.abc import Sequence
from zoneinfo import ZoneInfo

from cloud.access.principal import Role
from cloud.console.components.elements import box, mark, text
from cloud.console.components.inputs import button, choice, field, line_input, moment_input, problem_text
from cloud.console.components.visitor import Visitor
from cloud.console.pages.maintenance.actions import MaintenanceActions
from cloud.console.view_models.day_times import moment_text, next_hour
from cloud.console.view_models.maintenance import WindowView
from cloud.console.view_models.page_model import PageModel
from i18n import figures
from i18n.catalog import Catalog
from runtime.clock import wall_ms
from wire.durations import HOUR_MS

USUAL_H = 2
"""How long a window lasts unless somebody chooses another end."""


class MaintenancePage:
    """The body of the page; `places` are those at which the visitor may make a window, as (value, words)."""

    def __init__(
        self,
        _: Catalog,
        actions: MaintenanceActions,
        visitor: Visitor,
        *,
        places: Sequence[tuple[str, str]],
        zone: ZoneInfo,
    ) -> None:
        self._words, self._actions, self._visitor = _, actions, visitor
        self._places, self._zone = places, zone
        self._drawn: tuple[WindowView, ...] | None = None
        with box("panel", "section", aria_label=_("Maintenance")):
            text(_("Maintenance"), "panel-title", "h2")
            text(_("While somebody works there, alarms are recorded and page nobody."), "panel-note", "p")
            self._none = text("", "panel-empty", "p")
            self._list = box("windows")
            self._problem = problem_text()
        if visitor.may(Role.TECHNICIAN) and places:
            self._form_place = box("panel new-entry", "section", aria_label=_("New window"))
            self._build_form()

    async def show(self, model: PageModel) -> None:
        """Bring the windows up to date; the form stays as somebody is writing it."""
        if model.windows != self._drawn:
            self._drawn = model.windows
            self._draw(model.windows)

    async def set_theme(self, theme: str, model: PageModel) -> None:
        """Nothing here is drawn by a script: the style sheet has every colour."""

    def _draw(self, windows: tuple[WindowView, ...]) -> None:
        _ = self._words
        self._none.set("" if windows else _("Nobody works anywhere now, and nothing is planned."))
        self._list.clear()
        with self._list:
            for window in windows:
                self._window(window)

    def _window(self, window: WindowView) -> None:
        _ = self._words
        with box("window", "article", data_window=str(window.id)) as card:
            with box("window-names"):
                text(window.where, "window-where", "h3")
                text(window.times, "faint")
            with box("window-words"):
                text(window.reason, "window-reason")
                text(window.who, "faint")
            text(window.state, "tag")
            if self._visitor.may(Role.TECHNICIAN):
                words = _("End now") if window.holds else _("Take back")
                button(words, icon="close", on_click=lambda: self._end(window.id))
        mark(card, "late" if window.holds else "never")

    async def _end(self, window_id: int) -> None:
        self._problem.set(await self._actions.end(self._visitor, window_id))

    def _build_form(self) -> None:
        _ = self._words
        now_ms = wall_ms()
        self._place, self._start = self._places[0][0], ""
        self._until, self._reason = moment_text(next_hour(now_ms, self._zone) + USUAL_H * HOUR_MS, self._zone), ""
        self._form_place.clear()
        with self._form_place:
            text(_("New window"), "panel-title", "h2")
            text(_("Times in {zone}", zone=figures.zone_name(now_ms, self._zone)), "panel-note", "p")
            with box("fields"):
                with field(_("Where"), hint=_("A site, or one sensor.")):
                    choice(self._place, self._places, label=_("Where"), on_change=self._keep_place)
                with field(_("From"), hint=_("Empty: from now on.")):
                    moment_input(self._start, label=_("From"), on_change=self._keep_start)
                with field(_("Until"), hint=_("At most 30 days.")):
                    moment_input(self._until, label=_("Until"), on_change=self._keep_until)
                with field(_("Why"), hint=_("What is done there.")):
                    line_input("", label=_("Why"), placeholder=_("the gauge is cleaned"), on_change=self._keep_reason)
            self._form_problem = problem_text()
            with box("decide"):
                button(_("Make the window"), "main", icon="check", on_click=self._plan)

    async def _plan(self) -> None:
        refusal = await self._actions.plan(self._visitor, self._place, self._start, self._until, self._reason)
        if refusal:
            self._form_problem.set(refusal)
        else:
            self._build_form()

    def _keep_place(self, place: str) -> None:
        self._place = place

    def _keep_start(self, start: str) -> None:
        self._start = start

    def _keep_until(self, until: str) -> None:
        self._until = until

    def _keep_reason(self, reason: str) -> None:
        self._reason = reason
