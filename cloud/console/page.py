"""The console on the API's application: one page in each language, live.

/ ─► /console/id or /console/en      each open page shows the shared snapshot of the tick, changing what is new
"""

from collections.abc import Callable
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec
from fastapi import FastAPI, Request
from fastapi.responses import RedirectResponse
from nicegui import ui

from cloud.console.bar import Bar, Strip
from cloud.console.cards import Cards
from cloud.console.elements import box, text
from cloud.console.gateway_views import GatewayView, LetterView, gateways_of, letters_of
from cloud.console.gateways import Gateways
from cloud.console.histories import Histories
from cloud.console.letters import Letters
from cloud.console.panel import Panel
from cloud.console.site_map import Coast, SiteMap, read_coast
from cloud.console.snapshot import TICK_S, Snapshot, Snapshots
from cloud.console.views import DomainView, SiteView, StateView, domains_of, sites_of, state_of
from cloud.console.words import LANGUAGES, Words, words_in
from cloud.platform import Platform
from cloud.registry.database import DatabaseUnavailable
from cloud.settings import CloudSettings, ConsoleSettings
from cloud.stores.contract import StoreUnavailable

ROOT = "/console"
THEMES = ("dark", "light")
_STATIC = Path(__file__).parent / "static"
_RECONNECT_S = 30.0
"""How long a page that lost its connection finds its place again, without loading anew."""


class Shown(msgspec.Struct, frozen=True):
    """All that a page shows of a snapshot in one language."""

    snapshot: Snapshot
    state: StateView
    domains: tuple[DomainView, ...]
    sites: tuple[SiteView, ...]
    gateways: tuple[GatewayView, ...]
    letters: tuple[LetterView, ...]


class Console:
    """What all open pages share: the snapshot of the tick, its texts by language, the histories."""

    def __init__(self, platform: Platform, settings: ConsoleSettings) -> None:
        self.platform = platform
        self.zone = ZoneInfo(platform.city.zone)
        self.histories = Histories(platform.store)
        self.coast: Coast | None = read_coast(Path(settings.coastline) if settings.coastline else None)
        self.tiles = settings.tiles
        self._snapshots = Snapshots(platform)
        self._shown: dict[str, Shown] = {}

    async def shown(self, _: Words) -> Shown:
        """What to show now in the language of `_`."""
        snapshot = await self._snapshots.current()
        held = self._shown.get(_.language.code)
        if held is None or held.snapshot is not snapshot:
            held = self._shown[_.language.code] = self._look(_, snapshot)
        return held

    def _look(self, _: Words, snapshot: Snapshot) -> Shown:
        sites = sites_of(_, snapshot)
        return Shown(
            snapshot=snapshot,
            state=state_of(_, snapshot, sites),
            domains=domains_of(_, snapshot),
            sites=sites,
            gateways=gateways_of(_, snapshot),
            letters=letters_of(_, snapshot, self.zone),
        )

    async def try_again(self, _: Words, letter: int) -> tuple[str, str]:
        """Replay a dead letter: a level for the colour, and the outcome as a sentence."""
        try:
            replay = await self.platform.replay(letter)
        except LookupError:
            return "warn", _("It is gone: somebody else has cleared it.")
        except (StoreUnavailable, DatabaseUnavailable) as error:
            return "bad", str(error)
        self._snapshots.look_again()
        return ("bad" if replay.refused else "ok"), replay.sentence


def mount_console(app: FastAPI, platform: Platform, settings: CloudSettings) -> None:
    """Put the console on `app`, at /console, and lead / to it; once in a process. ValueError for a bad coast line."""
    console = Console(platform, settings.console)

    @app.get("/", include_in_schema=False)
    async def front_door(request: Request) -> RedirectResponse:
        chosen = request.cookies.get("siaga_language", "")
        language = chosen if chosen in LANGUAGES else settings.console.language
        return RedirectResponse(f"{request.scope.get('root_path', '')}{ROOT}/{language}", 307)

    for code, language in LANGUAGES.items():
        title = f"{platform.city.name} · Siaga"
        ui.page(f"/{code}", title=title, language=language.page)(_page_of(console, words_in(code)))
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


def _page_of(console: Console, _: Words) -> Callable[[Request], object]:
    async def page(request: Request) -> None:
        chosen = request.cookies.get("siaga_theme", "")
        theme = chosen if chosen in THEMES else THEMES[0]
        ui.add_head_html(_head(theme))
        await Page(console, _, theme).start()

    return page


def _head(theme: str) -> str:
    style, script = ((_STATIC / name).read_text(encoding="utf-8") for name in ("console.css", "console.js"))
    return f"<script>document.documentElement.dataset.theme = '{theme}';\n{script}</script>\n<style>{style}</style>"


class Page:
    """One open page."""

    def __init__(self, console: Console, _: Words, theme: str) -> None:
        self._console, self._words = console, _
        self._bar = Bar(_, console.platform.city.name, console.zone)
        with box("content", "main"):
            self._strip = Strip(_)
            with box("island"):
                self._map = SiteMap(_, coast=console.coast, tiles=console.tiles, on_site=self._select)
                self._cards = Cards(_, on_reading=self._open, on_site=self._select)
            self._gateways = Gateways(_)
            self._letters = Letters(_, try_again=lambda letter: console.try_again(_, letter))
            _foot(_)
        self._panel = Panel(_, console.histories, zone=console.zone, theme=theme)
        ui.on("theme", self._set_theme)

    async def start(self) -> None:
        """Show everything, and go on showing it."""
        await self._show()
        ui.timer(TICK_S, self._show, immediate=False)

    async def _show(self) -> None:
        shown = await self._console.shown(self._words)
        self._bar.show(shown.snapshot.now_ms, shown.state)
        self._strip.show(shown.domains)
        self._map.show(shown.sites)
        self._cards.show(shown.sites)
        self._gateways.show(shown.gateways)
        self._letters.show(shown.letters, shown.snapshot.letters_open)
        await self._panel.show(shown.snapshot)

    def _select(self, site: str) -> None:
        self._map.select(site)
        self._cards.select(site)
        ui.run_javascript(f"siaga.bringIntoView('site-{site}')")

    async def _open(self, sensor: str, quantity: str) -> None:
        shown = await self._console.shown(self._words)
        await self._panel.open(sensor, quantity, shown.snapshot)

    async def _set_theme(self, event: object) -> None:
        theme = getattr(event, "args", "")
        if theme in THEMES:
            shown = await self._console.shown(self._words)
            await self._panel.set_theme(theme, shown.snapshot)


def _foot(_: Words) -> None:
    with box("foot", "footer"):
        link = text(_("Interface for programs"), "", "a")
        link.props["href"] = "../docs"
