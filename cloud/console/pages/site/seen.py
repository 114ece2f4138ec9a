"""What people read at a place within a day, on its page: of each series the newest, and what the sensor said then."""

from collections.abc import Sequence

from cloud.access.principal import Role
from cloud.console.components.recent_manual_readings import RecentManualReadings
from cloud.console.frame.form import Form
from cloud.console.frame.page import Done, Fragment
from cloud.console.frame.rejections import ActionRejected, NotThere
from cloud.console.frame.visit import PageVisit
from cloud.console.view_models.day_times import site_zone
from cloud.console.view_models.manual_readings import MOST_SERIES, SeenView, seen_view
from cloud.platform import Platform
from cloud.registry.records import Sensor, Site
from runtime.clock import wall_ms


class SeenAtSite:
    """A part of the page of a site."""

    def __init__(self, platform: Platform, recent: RecentManualReadings) -> None:
        self._platform, self._recent = platform, recent

    def still(self, visit: PageVisit, site: Site) -> dict[str, object]:
        """Whether to offer that a reading is entered."""
        return {"may_enter": visit.may(Role.TECHNICIAN, site=site.id)}

    async def fragment(self, visit: PageVisit, site: Site, sensors: Sequence[Sensor]) -> Fragment:
        """The newest reading of each series."""
        names = {sensor.id: sensor.name for sensor in sensors[:MOST_SERIES]}
        table, zone, now_ms = self._platform.registry.quantities, site_zone(site.zone, visit.zone), wall_ms()
        newest: dict[tuple[str, str], SeenView] = {}
        for each in await self._recent.of(site.id, list(names)):
            series = (each.reading.sensor, each.reading.quantity)
            if series not in newest and each.reading.withdrawn_ms is None:
                newest[series] = seen_view(
                    visit.words, each.reading, table.row(each.reading.quantity), each.point,
                    sensor=names.get(each.reading.sensor, ""), now_ms=now_ms, zone=zone,
                )  # fmt: skip
        seen = tuple(newest.values())
        may = visit.may(Role.TECHNICIAN, site=site.id)
        return Fragment("site-seen", "site/seen.html", {"seen": seen, "may_withdraw": may}, version=(seen, may))

    async def withdraw(self, visit: PageVisit, form: Form) -> Done:
        """Take a reading back, for whoever may enter one there."""
        _, site = visit.words, self._platform.registry.site(visit.names["id"])
        if site is None or site.retired or not visit.principal.may_see(site.id):
            raise NotThere(_("There is no such place, or you may not see it."))
        principal = visit.must(Role.TECHNICIAN, site=site.id)
        try:
            await self._platform.manual_readings.withdraw(
                form.number("id") or 0, actor=principal.actor, may_change=lambda where: where == site.id
            )
        except LookupError:
            raise ActionRejected(_("There is no such reading here any more."), status=404) from None
        self._recent.forget(site.id)
        return Done(_("The reading is withdrawn: it counts no more."))
