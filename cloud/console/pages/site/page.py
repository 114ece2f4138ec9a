"""The page of one place: its states, every sensor with its newest values, and the chart of one series.

Daruba river bridge  [Siaga 2] [Moderate]       River gauge · Water level   [1 hour] [24 hours] [7 days]
River gauge 3 s ago:  Water level 132.4 cm ↑ …  (chart with limits, alarms, gaps)    Lowest 98.1 cm …   table
"""

from collections.abc import Sequence

import msgspec
from starlette.responses import Response

from cloud.console.components.board_parts import cards_of
from cloud.console.components.earlier_values import EarlierValues
from cloud.console.components.recent_manual_readings import RecentManualReadings
from cloud.console.frame.page import ConsolePage, Fragment, PageContent
from cloud.console.frame.rejections import NotThere
from cloud.console.frame.visit import PageVisit
from cloud.console.pages.site.about import AboutSite
from cloud.console.pages.site.charts import SiteCharts
from cloud.console.pages.site.download import SiteDownload
from cloud.console.pages.site.seen import SeenAtSite
from cloud.console.view_models.place_cards import CardFigure, CardMaker
from cloud.platform import Platform
from cloud.registry.records import Sensor, Site
from i18n import figures
from runtime.clock import wall_ms

MOST_SENSORS = 25


class SensorBlock(msgspec.Struct, frozen=True):
    """One sensor with its newest values; `heard_ms` is when the newest of them was taken, 0 where there is none."""

    id: str
    name: str
    heard_ms: int
    heard: str
    figures: tuple[CardFigure, ...]


def site_page(platform: Platform, recent: RecentManualReadings, earlier: EarlierValues) -> ConsolePage:
    """The page of each site of a platform."""
    own = _SitePage(platform, recent, earlier)
    styles = ("situation.css", "site.css", "site_about.css", "manual-reading.css")
    return ConsolePage(
        "sites/{id}",
        "site/page.html",
        own.show,
        actions=own.actions,
        files={"readings": own.readings_file},
        styles=styles,
        scripts=("photo.js",),
        name="",
    )


class _SitePage:
    def __init__(self, platform: Platform, recent: RecentManualReadings, earlier: EarlierValues) -> None:
        self._download = SiteDownload(platform)
        self._seen, self._earlier = SeenAtSite(platform, recent), earlier
        self._platform, self._charts = platform, SiteCharts(platform)
        self._about = AboutSite(platform)
        self.actions = {**self._about.actions, "withdraw-reading": self._seen.withdraw}

    async def show(self, visit: PageVisit) -> PageContent:
        """Show a site that the visitor may see."""
        platform, site = self._platform, self._site(visit)
        await platform.board.current()
        place = platform.board.place(site.id)
        card = None if place is None else cards_of(visit, platform, self._earlier, [place])[0]
        sensors = [one for one in platform.registry.sensors_at(site.id) if one.id != one.gateway]
        blocks, pages, page = self._blocks(visit, site, sensors)
        chart = await self._charts.of(visit, site, sensors)
        told = None if card is None else (card.chips, card.behind)
        shown = {"blocks": blocks, "page": page, "pages": pages, "chosen": chart.series}
        return PageContent(
            [
                Fragment("site-states", "site/states.html", {"card": card}, version=told),
                Fragment("site-sensors", "site/sensors.html", shown, version=(blocks, page, pages)),
                chart.fragment,
                *await self._about.fragments(visit, site),
                await self._seen.fragment(visit, site, sensors),
            ],
            still=lambda: {
                "site": site,
                "chart": chart,
                **self._about.still(visit),
                **self._seen.still(visit, site),
                **self._download.still(visit, site, chart.series),
            },
            title=site.name,
        )

    async def readings_file(self, visit: PageVisit) -> Response:
        """Give the readings that the form asks for as a file."""
        return await self._download.file(visit, self._site(visit))

    def _site(self, visit: PageVisit) -> Site:
        _, site = visit.words, self._platform.registry.site(visit.names["id"])
        if site is None or site.retired or not visit.principal.may_see(site.id):
            raise NotThere(_("There is no such place, or you may not see it."))
        return site

    def _blocks(
        self, visit: PageVisit, site: Site, sensors: Sequence[Sensor]
    ) -> tuple[tuple[SensorBlock, ...], int, int]:
        """The sensors of one page; what is computed for the whole site stands after the last of them."""
        _, registry = visit.words, self._platform.registry
        computed = registry.sensor(site.id)
        all_of_them = [*sensors, *([computed] if computed is not None else [])]
        pages = max(1, -(-len(all_of_them) // MOST_SENSORS))
        page = visit.page(count=pages)
        known = {sensor.id: sensor for sensor in sensors}
        shown = all_of_them[(page - 1) * MOST_SENSORS : page * MOST_SENSORS]
        earlier = self._earlier.of(self._platform.newest.of_sensors([sensor.id for sensor in shown]))
        maker = CardMaker(_, registry.quantities, known, wall_ms(), earlier, site.capacity)
        return tuple(self._block(maker, sensor) for sensor in shown), pages, page

    def _block(self, maker: CardMaker, sensor: Sensor) -> SensorBlock:
        _, order = maker.words, {name: place for place, name in enumerate(sensor.quantities)}
        readings = self._platform.newest.of_sensors([sensor.id])
        readings.sort(key=lambda one: (order.get(one.quantity, len(order)), one.quantity))
        heard_ms = max((one.time_ms for one in readings if not maker.table[one.quantity].derived), default=0)
        is_computed = sensor.id == sensor.site
        return SensorBlock(
            id=sensor.id,
            name=_("Worked out for the whole place") if is_computed else sensor.name,
            heard_ms=heard_ms,
            heard=figures.age(_, max(0, maker.now_ms - heard_ms) / 1_000) if heard_ms else "",
            figures=tuple(maker.figure(one, readings) for one in readings),
        )
