"""The page of the situation: open alarms, the strip of domains, map and cards, gateways, refused readings.

! Siaga 2  River level, Daruba river bridge · River gauge, since 03:10      2 alarms wait for somebody ─► alarms
"""

from pathlib import Path
from zoneinfo import ZoneInfo

from nicegui import ui

from cloud.console.components.chart_annotations import ChartAnnotations
from cloud.console.components.chips import ChipBox
from cloud.console.components.elements import box, mark, text
from cloud.console.components.header import address
from cloud.console.components.history_cache import HistoryCache
from cloud.console.components.story_bar import StoryBar
from cloud.console.components.visitor import Visitor
from cloud.console.pages.gateways.actions import DeadLetterActions
from cloud.console.pages.gateways.dead_letter_table import DeadLetterTable
from cloud.console.pages.gateways.table import Gateways
from cloud.console.pages.situation.cards import Cards
from cloud.console.pages.situation.chart_panel import Panel
from cloud.console.pages.situation.site_map import Coast, SiteMap
from cloud.console.pages.situation.strip import Strip
from cloud.console.view_models.alarms import AlarmView
from cloud.console.view_models.page_model import PageModel
from i18n.catalog import Catalog


class SituationPage:
    """The body of the page; `show` brings it up to date."""

    def __init__(
        self,
        _: Catalog,
        visitor: Visitor,
        *,
        history_cache: HistoryCache,
        annotations: ChartAnnotations,
        coast: Coast | None,
        tiles: str,
        zone: ZoneInfo, theme: str, dead_letter_actions: DeadLetterActions, stories: Path | None = None,
    ) -> None:  # fmt: skip
        self._model: PageModel | None = None
        self._stories = StoryBar(_, visitor, stories) if stories is not None else None
        self._banner = Banner(_)
        self._strip = Strip(_)
        with box("island"):
            self._map = SiteMap(_, coast=coast, tiles=tiles, on_site=self._select)
            self._cards = Cards(_, on_reading=self._open, on_site=self._select)
        self._gateways = Gateways(_)
        self._dead_letters = DeadLetterTable(_, visitor, dead_letter_actions)
        _foot(_)
        self._panel = Panel(_, history_cache, annotations, zone=zone, theme=theme)

    async def show(self, model: PageModel) -> None:
        """Bring everything up to date."""
        self._model = model
        if self._stories is not None:
            self._stories.show()
        self._banner.show(model.alarms, model.waiting)
        self._strip.show(model.domains)
        self._map.show(model.sites)
        self._cards.show(model.sites)
        self._gateways.show(model.gateways)
        self._dead_letters.show(
            model.dead_letters, model.snapshot.open_dead_letters, discarded=model.snapshot.discarded
        )
        await self._panel.show(model.snapshot)

    async def set_theme(self, theme: str, model: PageModel) -> None:
        """Draw in the colours of `theme` from now on."""
        await self._panel.set_theme(theme, model.snapshot)

    def _select(self, site: str) -> None:
        self._map.select(site)
        self._cards.select(site)
        ui.run_javascript(f"siaga.bringIntoView('site-{site}')")

    async def _open(self, sensor: str, quantity: str) -> None:
        if self._model is not None:
            await self._panel.open(sensor, quantity, self._model.snapshot)


class Banner:
    """The open alarms in one line, and the way to them; nothing while there are none."""

    def __init__(self, _: Catalog) -> None:
        self._words = _
        with box("banner", "a", href=address("alarms", _.language.code, seen_from="")) as self._banner:
            self._chip = ChipBox(around=self._banner)
            with box("banner-words"):
                self._what = text("", "banner-what")
                self._where = text("", "banner-where")
            self._count = text("", "banner-count")
        mark(self._banner, "none")

    def show(self, alarms: tuple[AlarmView, ...], waiting: int) -> None:
        """Show the worst of the open alarms, and how many wait for somebody."""
        _ = self._words
        mark(self._banner, "some" if alarms else "none")
        mark(self._banner, str(waiting > 0).lower(), "data-waiting")
        if not alarms:
            return
        worst = alarms[0]
        self._chip.show(worst.level)
        self._what.set(f"{worst.title} · {worst.state_text}")
        since = _("since {time}", time=worst.since)
        self._where.set(f"{worst.where} · {worst.value} · {since}")
        opened = _.plural("{n} alarm open", "{n} alarms open", len(alarms))
        waits = _("{n} not acknowledged", n=waiting) if waiting else _("all acknowledged")
        self._count.set(f"{opened} · {waits}")


def _foot(_: Catalog) -> None:
    with box("foot", "footer"):
        link = text(_("Interface for programs"), "", "a")
        link.props["href"] = "../docs"
