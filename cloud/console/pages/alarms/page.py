"""The page of alarms: the worst first, each a card that says what, where and since when, with what there is to do.

[Siaga 2] River level                      goes on
Daruba river bridge · River gauge          262 cm, 4 s ago · limit 250 cm
since 24 Nov 03:10:05 WIT, for 12 min      sure: it lasted 1 min before the alarm
[ Acknowledge ] [ Assign ] [ Put aside ] [ Journal ]
"""

from nicegui import ui

from cloud.alarms.records import AlarmFilter
from cloud.console.components.elements import box, mark, text
from cloud.console.components.inputs import button, choice
from cloud.console.components.visitor import Visitor
from cloud.console.components.windows_in_force import WindowsInForce
from cloud.console.pages.alarms.actions import PAGE_SIZE, AlarmActions
from cloud.console.pages.alarms.card import AlarmCard
from cloud.console.view_models.alarms import AlarmContext, AlarmView, alarm_view
from cloud.console.view_models.page_model import PageModel
from cloud.console.view_models.rule_fields import severity_choices
from cloud.database.engine import DatabaseUnavailable
from cloud.registry.records import Site
from i18n.catalog import Catalog
from rules.rule import Severity

MOST_SHOWN = 100
"""Open alarms on one page: in a storm the worst are what matters."""


class AlarmsPage:
    """The body of the page; `show` brings it up to date. `wanted` is the alarm that a message led here for."""

    def __init__(
        self, _: Catalog, actions: AlarmActions, visitor: Visitor, *, sites: tuple[Site, ...], wanted: int | None = None
    ) -> None:
        self._words, self._actions, self._visitor, self._sites = _, actions, visitor, sites
        self._wanted = wanted
        self._closed, self._site, self._severity = False, "", ""
        self._pages: list[int] = []
        self._more = False
        self._context: AlarmContext | None = None
        self._windows = WindowsInForce(_)
        self._led_here = box("led-here")
        with box("panel alarms", "section", aria_label=_("Alarms")):
            self._build_filters()
            self._note = text("", "panel-empty", "p")
            self._place = box("alarm-list")
            with box("pager") as self._pager:
                self._newer = button(_("Newer"), "quiet", on_click=self._turn_back)
                self._older = button(_("Older"), "quiet", on_click=self._turn)
        mark(self._pager, "none")
        self._cards: dict[int, AlarmCard] = {}

    async def show(self, model: PageModel) -> None:
        """Bring the open alarms up to date; the closed ones stand still while they are read."""
        first, self._context = self._context is None, model.alarm_context
        self._windows.show(model.windows)
        if not self._closed:
            views = [view for view in model.alarms if self._fits(view)]
            self._fill(views[:MOST_SHOWN])
            self._show_count(len(views))
        elif first:
            await self._load()
        if self._wanted in self._cards:  # raised since: it stands where it belongs now
            self._led_here.clear()
        if first and self._wanted is not None:
            await self._lead_to(self._wanted)

    async def _lead_to(self, alarm_id: int) -> None:
        """Bring the alarm of a message's link into view; one that is not among those shown stands above them."""
        if alarm_id not in self._cards:
            alarm = await self._actions.one(self._visitor, alarm_id)
            if alarm is None:
                return
            view = alarm_view(self._words, alarm, self._alarm_context())
            with self._led_here, box("panel alarms"):
                self._card(view).show(view)
        with self._led_here:
            ui.run_javascript(f"siaga.bringIntoView('alarm-{alarm_id}')")

    async def set_theme(self, theme: str, model: PageModel) -> None:
        """Nothing here is drawn by a script: the style sheet has every colour."""

    def _build_filters(self) -> None:
        _ = self._words
        with box("filters"):
            with box("spans", role="group", aria_label=_("Which alarms")):
                self._tabs = {closed: self._tab(closed) for closed in (False, True)}
            sites = [("", _("all sites")), *((site.id, site.name) for site in self._sites)]
            choice("", sites, label=_("Site"), on_change=self._choose_site)
            severities = [("", _("any severity")), *self._severity_choices()]
            choice("", severities, label=_("Severity"), on_change=self._choose_severity)

    def _severity_choices(self) -> list[tuple[str, str]]:
        _ = self._words
        return [(value, _("{severity} or worse", severity=name)) for value, name in severity_choices(_)[1:]]

    def _tab(self, closed: bool) -> ui.element:
        _ = self._words
        pressed = str(closed is self._closed).lower()
        with box("span-button", "button", type="button", aria_pressed=pressed) as element:
            text(_("Over") if closed else _("Open"))
        element.on("click", lambda: self._choose_tab(closed))
        return element

    async def _choose_tab(self, closed: bool) -> None:
        self._closed = closed
        for which, tab in self._tabs.items():
            mark(tab, str(which is closed).lower(), "aria-pressed")
        await self._start_over()

    async def _choose_site(self, site: str) -> None:
        self._site = site
        await self._start_over()

    async def _choose_severity(self, severity: str) -> None:
        self._severity = severity
        await self._start_over()

    async def _start_over(self) -> None:
        self._pages = []
        if self._closed:
            await self._load()
        else:
            mark(self._pager, "none")

    async def _turn(self) -> None:
        if self._cards:
            self._pages.append(min(self._cards))
            await self._load()

    async def _turn_back(self) -> None:
        if self._pages:
            self._pages.pop()
            await self._load()

    async def _load(self) -> None:
        if self._context is None:
            return
        wanted = AlarmFilter(
            open=False,
            site=self._site or None,
            sites=self._visitor.principal.sites,
            severity=Severity(self._severity) if self._severity else None,
            before_id=self._pages[-1] if self._pages else None,
            limit=PAGE_SIZE + 1,
        )
        try:
            found = await self._actions.closed(wanted)
        except DatabaseUnavailable as error:
            self._note.set(str(error))
            return
        self._fill([alarm_view(self._words, alarm, self._context) for alarm in found[:PAGE_SIZE]])
        mark(self._pager, "some" if self._pages or len(found) > PAGE_SIZE else "none")
        mark(self._newer, str(not self._pages).lower(), "data-off")
        mark(self._older, str(len(found) <= PAGE_SIZE).lower(), "data-off")
        self._show_count(len(found))

    def _fits(self, view: AlarmView) -> bool:
        severe = not self._severity or view.severity.rank >= Severity(self._severity).rank
        return severe and (not self._site or view.site == self._site)

    def _show_count(self, count: int) -> None:
        _ = self._words
        if count == 0:
            self._note.set(_("No alarm is over.") if self._closed else _("No alarm is open."))
        elif not self._closed and count > MOST_SHOWN:
            self._note.set(_("The worst {n} of {all} are shown.", n=MOST_SHOWN, all=count))
        else:
            self._note.set("")

    def _fill(self, views: list[AlarmView]) -> None:
        wanted = {view.id: view for view in views}
        for alarm_id in self._cards.keys() - wanted.keys():
            self._cards.pop(alarm_id).delete()
        with self._place:
            for view in views:
                if view.id not in self._cards:
                    self._cards[view.id] = self._card(view)
        for view in views:
            self._cards[view.id].show(view)
        if list(self._cards) != list(wanted):
            self._cards = {alarm_id: self._cards[alarm_id] for alarm_id in wanted}
            for place, card in enumerate(self._cards.values()):
                card.move(self._place, place)

    def _card(self, view: AlarmView) -> AlarmCard:
        return AlarmCard(self._words, self._actions, self._visitor, view, self._alarm_context)

    def _alarm_context(self) -> AlarmContext:
        assert self._context is not None  # noqa: S101 - for the type checker: a card is built by `show` alone
        return self._context
