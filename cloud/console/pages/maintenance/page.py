"""The page of maintenance: where somebody works, so that alarms there page nobody; windows are made and ended here.

Daruba river bridge · River gauge     25 Nov 09:00 – 25 Nov 11:00 WIT     budi: the gauge is cleaned     [ End now ]
Where [Daruba river bridge ]  From [        ]  Until [25/11 11:00]  Why [                ]     [ Make a window ]
"""

from cloud.access.principal import Role
from cloud.alarms.maintenance import MaintenanceCalendar, MaintenanceRejected
from cloud.console.components.place_options import place_options
from cloud.console.frame.form import Form
from cloud.console.frame.page import ConsolePage, Done, Fragment, PageContent
from cloud.console.frame.rejections import ActionRejected
from cloud.console.frame.visit import PageVisit
from cloud.console.view_models.day_times import moment_text, next_hour, parse_moment
from cloud.console.view_models.maintenance import WindowView, site_of, window_view
from cloud.console.view_models.places import PlaceIndex
from cloud.console.view_models.typed_number import InvalidInput
from cloud.registry.snapshot import Registry
from i18n.catalog import ended
from runtime.clock import wall_ms
from wire.durations import HOUR_MS

USUAL_H = 2
"""How long a window lasts unless somebody chooses another end."""
MOST_SHOWN = 200
KINDS = ("site", "sensor")


def maintenance_page(calendar: MaintenanceCalendar, registry: Registry, places: PlaceIndex) -> ConsolePage:
    """The page on a calendar of windows."""
    own = _MaintenancePage(calendar, registry, places)
    return ConsolePage(
        "maintenance",
        "maintenance/page.html",
        own.show,
        actions={"plan": own.plan, "end": own.end},
        files={"places": place_options(places, KINDS)},
        scripts=("suggest.js",),
        name="maintenance",
    )


class _MaintenancePage:
    def __init__(self, calendar: MaintenanceCalendar, registry: Registry, places: PlaceIndex) -> None:
        self._calendar, self._registry, self._places = calendar, registry, places

    async def show(self, visit: PageVisit) -> PageContent:
        """Show the windows in force and to come."""
        _, may_write = visit.words, visit.may(Role.TECHNICIAN)
        windows = await self._windows(visit)
        left = len(windows[MOST_SHOWN:])
        more = _.plural("and {n} window more", "and {n} windows more", left) if left else ""
        shown = {"windows": windows[:MOST_SHOWN], "more": more, "may_write": may_write}
        until_ms = next_hour(wall_ms(), visit.zone) + USUAL_H * HOUR_MS
        return PageContent(
            [Fragment("windows", "maintenance/windows.html", shown, version=windows)],
            still={"may_write": may_write, "until": moment_text(until_ms, visit.zone)},
            title=_("Maintenance"),
        )

    async def plan(self, visit: PageVisit, form: Form) -> Done:
        """Make a window at a site or a sensor, from now on where its start is empty."""
        _, role = visit.words, visit.must(Role.TECHNICIAN)
        start = form.text("from")
        try:
            place = self._places.named(_, form.text("where"), role, KINDS)
            visit.must(Role.TECHNICIAN, site=place.site)
            await self._calendar.plan(
                site=place.id if place.kind == "site" else None,
                sensor=place.id if place.kind == "sensor" else None,
                from_ms=parse_moment(_, start, visit.zone) if start else None,
                until_ms=parse_moment(_, form.text("until"), visit.zone),
                reason=form.text("reason", most=1_000),
                actor=role.actor,
            )
        except InvalidInput as error:
            raise ActionRejected(str(error), field="reason") from None
        except MaintenanceRejected as rejection:
            told = " ".join(ended(_.said(problem)) for problem in rejection.problems)
            raise ActionRejected(told, field="reason") from None
        return Done(_("The window is made: {place}.", place=place.words))

    async def end(self, visit: PageVisit, form: Form) -> Done:
        """End a window now, or take one back that has not begun."""
        _, actor = visit.words, visit.must(Role.TECHNICIAN).actor
        gone = _("This window is gone already.")
        try:
            window = await self._calendar.window(form.number("window") or 0)
            if not visit.principal.may_see(site_of(window, self._registry.sensor)):
                raise ActionRejected(gone)
            await self._calendar.end(window.id, actor=actor)
        except LookupError:
            raise ActionRejected(gone) from None
        except MaintenanceRejected as rejection:
            raise ActionRejected(" ".join(ended(_.said(problem)) for problem in rejection.problems)) from None
        return Done(_("The window has ended."))

    async def _windows(self, visit: PageVisit) -> tuple[WindowView, ...]:
        registry, now_ms = self._registry, wall_ms()
        views = (
            window_view(visit.words, window, now_ms, visit.zone, site=registry.site, sensor=registry.sensor)
            for window in await self._calendar.windows()
            if window.until_ms > now_ms
        )
        return tuple(view for view in views if visit.principal.may_see(view.site))
