"""The console on the API's application: its pages in each language, live.

/ ─► /console/id or /console/en      each open page shows the shared snapshot of the tick, changing what is new
     …/alarms, thresholds …          what a page lets somebody do is asked of the guard again where it is done
"""

from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from zoneinfo import ZoneInfo

from fastapi import FastAPI, Request
from fastapi.responses import RedirectResponse
from nicegui import core, ui
from starlette.middleware import Middleware

from cloud.console.components.chart_annotations import ChartAnnotations
from cloud.console.components.elements import box
from cloud.console.components.header import Header
from cloud.console.components.history_cache import HistoryCache
from cloud.console.components.visitor import Visitor
from cloud.console.open_pages import OpenPages, bind_sockets
from cloud.console.pages.alarms.actions import AlarmActions
from cloud.console.pages.alarms.page import AlarmsPage
from cloud.console.pages.duty.actions import DutyActions
from cloud.console.pages.duty.page import DutyPage
from cloud.console.pages.facts.actions import FactActions
from cloud.console.pages.facts.page import FactsPage
from cloud.console.pages.gateways.actions import DeadLetterActions
from cloud.console.pages.maintenance.actions import MaintenanceActions
from cloud.console.pages.maintenance.page import MaintenancePage
from cloud.console.pages.situation.page import SituationPage
from cloud.console.pages.situation.site_map import Coast, read_coast
from cloud.console.pages.thresholds.actions import ThresholdActions
from cloud.console.pages.thresholds.page import ThresholdsPage
from cloud.console.settings import ConsoleSettings
from cloud.console.snapshots import TICK_S, Snapshots
from cloud.console.stories.routes import serve_stories
from cloud.console.view_models.facts import FactView, fact_views, subjects_of, troubles_of, whats_of
from cloud.console.view_models.maintenance import places_of
from cloud.console.view_models.page_model import PageModel, page_model_of
from cloud.console.view_models.quantities import own_quantities
from cloud.console.view_models.snapshot import Snapshot
from cloud.console.view_models.thresholds import watched
from cloud.platform import Platform
from i18n.catalog import LANGUAGES, Catalog, catalog_of
from runtime.clock import wall_ms

ROOT = "/console"
THEMES = ("dark", "light")
_STATIC = Path(__file__).parent / "static"
FACTS_MS = 10_000
"""How often an open page of facts is worked out again while nobody records one."""
_RECONNECT_S = 30.0
"""How long a page that lost its connection finds its place again, without loading again."""


class Console:
    """What all open pages share: the snapshot of the tick, its texts by language and sites, the cache of histories."""

    def __init__(self, platform: Platform, settings: ConsoleSettings) -> None:
        self.platform = platform
        self.zone = ZoneInfo(platform.city.zone)
        self.history_cache = HistoryCache(platform.store, platform.registry.table)
        self.annotations = ChartAnnotations(platform.rule_store, platform.alarm_service)
        self.coast: Coast | None = read_coast(Path(settings.coastline) if settings.coastline else None)
        self.tiles = settings.tiles
        self.stories: Path | None = Path(settings.stories) if settings.stories else None
        self._snapshots = Snapshots(platform)
        self._page_models: dict[tuple[str, frozenset[str] | None], tuple[Snapshot, PageModel]] = {}

    async def page_model(self, _: Catalog, sites: frozenset[str] | None) -> PageModel:
        """What to show now in the language of `_` to somebody who may see `sites` (None: all)."""
        snapshot = await self._snapshots.current()
        key = (_.language.code, sites)
        held = self._page_models.get(key)
        if held is None or held[0] is not snapshot:
            held = self._page_models[key] = (snapshot, page_model_of(_, snapshot.of_sites(sites), self.zone))
        return held[1]

    def refresh(self) -> None:
        """Forget the last snapshot, because somebody has changed something: every page shows it at its next tick."""
        self._snapshots.refresh()

    def dead_letter_actions(self, _: Catalog) -> DeadLetterActions:
        """What can be done about refused readings, in the language of `_`."""
        return DeadLetterActions(_, self.platform, changed=self.refresh)


def mount_console(app: FastAPI, platform: Platform, settings: ConsoleSettings) -> None:
    """Put the console on `app`, at /console, and lead / to it; once in a process. ValueError for a bad coast line."""
    console = Console(platform, settings)
    if console.stories is not None:
        serve_stories(app, console.stories)

    @app.get("/", include_in_schema=False)
    async def front_page(request: Request) -> RedirectResponse:
        chosen = request.cookies.get("siaga_language", "")
        language = chosen if chosen in LANGUAGES else settings.language
        return RedirectResponse(f"{request.scope.get('root_path', '')}{ROOT}/{language}", 307)

    for code, language in LANGUAGES.items():
        title = f"{platform.city.name} · Siaga"
        for name in BODIES:
            path = f"/{code}/{name}" if name else f"/{code}"
            ui.page(path, title=title, language=language.page)(_page_of(console, catalog_of(code), name))
    ui.run_with(
        app,
        mount_path=ROOT,
        title="Siaga",
        favicon=(_STATIC / "favicon.svg").read_text(encoding="utf-8"),
        reconnect_timeout=_RECONNECT_S,
        binding_refresh_interval=None,
        tailwind=False,
        show_welcome_message=False,
    )
    bind_sockets(core.sio)
    app.user_middleware.append(Middleware(OpenPages, root=ROOT))  # the innermost: the guard has found out who asks


def _page_of(console: Console, _: Catalog, name: str) -> Callable[[Request], object]:
    async def page(request: Request) -> None:
        chosen = request.cookies.get("siaga_theme", "")
        theme = chosen if chosen in THEMES else THEMES[0]
        ui.add_head_html(_head(theme))
        await ConsolePage(console, _, name, theme, request).start()

    return page


def _head(theme: str) -> str:
    style, script = ((_STATIC / name).read_text(encoding="utf-8") for name in ("console.css", "console.js"))
    return f"<script>document.documentElement.dataset.theme = '{theme}';\n{script}</script>\n<style>{style}</style>"


class ConsolePage:
    """One open page: the header, and one of the bodies below it."""

    def __init__(self, console: Console, _: Catalog, name: str, theme: str, request: Request) -> None:
        self._console, self._words = console, _
        self._visitor = Visitor(_, console.platform, request)
        self._header = Header(_, console.platform.city.name, console.zone, page=name)
        with box("content", "main"):
            self._body = BODIES[name](console, _, self._visitor, theme)
        ui.on("theme", self._set_theme)

    async def start(self) -> None:
        """Show everything, and go on showing it."""
        await self._show()
        ui.timer(TICK_S, self._show, immediate=False)

    async def _page_model(self) -> PageModel:
        return await self._console.page_model(self._words, self._visitor.principal.sites)

    async def _show(self) -> None:
        page_model = await self._page_model()
        self._header.show(page_model.snapshot.now_ms, page_model.state, waiting=page_model.waiting)
        await self._body.show(page_model)

    async def _set_theme(self, event: object) -> None:
        theme = getattr(event, "args", "")
        if theme in THEMES:
            await self._body.set_theme(theme, await self._page_model())


def _situation(console: Console, _: Catalog, visitor: Visitor, theme: str) -> SituationPage:
    return SituationPage(
        _,
        visitor,
        history_cache=console.history_cache,
        annotations=console.annotations,
        coast=console.coast,
        tiles=console.tiles,
        zone=console.zone,
        theme=theme,
        stories=console.stories,
        dead_letter_actions=console.dead_letter_actions(_),
    )


def _alarms(console: Console, _: Catalog, visitor: Visitor, theme: str) -> AlarmsPage:
    sites = [site for site in console.platform.registry.sites() if visitor.principal.may_see(site.id)]
    actions = AlarmActions(_, console.platform.alarm_service, changed=console.refresh)
    return AlarmsPage(_, actions, visitor, sites=tuple(sites), wanted=visitor.wanted_alarm)


def _thresholds(console: Console, _: Catalog, visitor: Visitor, theme: str) -> ThresholdsPage:
    platform = console.platform
    return ThresholdsPage(
        _,
        ThresholdActions(_, platform.rule_store, platform.previewer),
        visitor,
        rule_store=platform.rule_store,
        theme=theme,
        zone=console.zone,
    )


def _maintenance(console: Console, _: Catalog, visitor: Visitor, theme: str) -> MaintenancePage:
    registry = console.platform.registry
    sensors = {sensor.id: sensor for sensor in registry.sensors()}
    actions = MaintenanceActions(_, console.platform.maintenance, sensors, console.zone, changed=console.refresh)
    sites = [site for site in registry.sites() if visitor.principal.may_see(site.id)]
    return MaintenancePage(_, actions, visitor, places=places_of(sites, watched(registry)), zone=console.zone)


def _duty(console: Console, _: Catalog, visitor: Visitor, theme: str) -> DutyPage:
    return DutyPage(_, DutyActions(_, console.platform.notifier.duty, console.zone), visitor, zone=console.zone)


def _facts(console: Console, _: Catalog, visitor: Visitor, theme: str) -> FactsPage:
    platform, principal = console.platform, visitor.principal

    @lru_cache(maxsize=1)
    def cached_views(_moment: tuple[int, int]) -> tuple[tuple[FactView, ...], tuple[str, ...]]:
        views = fact_views(_, platform.registry, principal, wall_ms(), console.zone)
        return views, troubles_of(_, platform.heights.problems(), principal)

    def views() -> tuple[tuple[FactView, ...], tuple[str, ...]]:
        return cached_views((platform.registry.edition, wall_ms() // FACTS_MS))

    return FactsPage(
        _,
        FactActions(_, platform.facts, console.zone, changed=console.refresh),
        visitor,
        views=views,
        subjects=subjects_of(_, platform.registry, principal),
        whats=whats_of(_, platform.registry.quantities),
        quantities=lambda: own_quantities(_, platform.registry.quantities),
    )


Body = SituationPage | AlarmsPage | ThresholdsPage | MaintenancePage | DutyPage | FactsPage
BODIES: dict[str, Callable[[Console, Catalog, Visitor, str], Body]] = {
    "": _situation,
    "alarms": _alarms,
    "thresholds": _thresholds,
    "maintenance": _maintenance,
    "duty": _duty,
    "facts": _facts,
}
"""What stands below the header, by the page's place under its language."""
