"""The page of one alarm: all that is known of it, what people did, whom it was told to, and the file to hand on.

/console/en/alarms/17      [Siaga 2] River level …      24 Nov 03:12:40 WIT  ani  acknowledged  “the pump runs”
"""

from starlette.responses import Response

from cloud.access.principal import Role
from cloud.alarms.records import Alarm
from cloud.console.frame.page import ConsolePage, Fragment, PageContent
from cloud.console.frame.rejections import NotThere
from cloud.console.frame.visit import PageVisit
from cloud.console.pages.alarms.actions import AlarmActions
from cloud.console.pages.alarms.lists import AlarmLists
from cloud.console.pages.alarms.page import alarm_context, shelves, steady
from cloud.console.view_models.alarms import alarm_view
from cloud.incidents.words import journal_lines, notified_lines
from cloud.platform import Platform
from runtime.clock import wall_ms


def one_alarm_page(platform: Platform, lists: AlarmLists) -> ConsolePage:
    """The page on a platform."""
    actions, own = AlarmActions(platform, lists.forget), _OneAlarmPage(platform, lists)
    return ConsolePage(
        "alarms/{id}",
        "alarms/one.html",
        own.show,
        actions=actions.by_name,
        files={"incident.pdf": own.incident_file},
        styles=("alarms.css",),
        name="alarms",
    )


class _OneAlarmPage:
    def __init__(self, platform: Platform, lists: AlarmLists) -> None:
        self._platform, self._lists = platform, lists

    async def show(self, visit: PageVisit) -> PageContent:
        """Show the alarm; what people did and were told is for operators."""
        _, alarm = visit.words, await visible_alarm(self._platform, visit)
        windows, may_act = await self._lists.windows(), visit.may(Role.OPERATOR)
        done = await self._lists.done_steps([alarm])
        context = alarm_context(self._platform, visit, [alarm], windows, wall_ms(), done)
        zone, view = context.zone_of(alarm.site), alarm_view(_, alarm, context)
        incident = await self._lists.incident(self._platform.incidents, alarm)
        entries = incident.entries if may_act else ()
        lines = journal_lines(_, context.quantities, alarm, incident.changes, entries, zone)
        notified = notified_lines(_, incident.notified, zone) if may_act else ()
        deliveries = {"notified": notified}
        card = {"alarms": (view,), "shelves": shelves(visit), "may_act": may_act, "one": True}
        return PageContent(
            [
                Fragment("alarm-card", "alarms/cards.html", card, version=steady((view,))),
                Fragment("alarm-journal", "alarms/journal.html", {"lines": lines}, version=lines),
                Fragment("alarm-notified", "alarms/notified.html", deliveries, version=notified),
            ],
            still={"alarm": view, "may_act": may_act},
            title=f"{view.title} · {view.where}",
        )

    async def incident_file(self, visit: PageVisit) -> Response:
        """Give the file of the incident, in the language of the page."""
        visit.must(Role.OPERATOR)
        alarm = await visible_alarm(self._platform, visit)
        content = await self._platform.incident_files.pdf(visit.words, alarm)
        headers = {"Content-Disposition": f'attachment; filename="incident-{alarm.id}.pdf"'}
        return Response(content, media_type="application/pdf", headers=headers)


async def visible_alarm(platform: Platform, visit: PageVisit) -> Alarm:
    """Return the alarm that the address names; NotThere where there is none that they may see."""
    _, number = visit.words, visit.names["id"]
    try:
        alarm = await platform.alarm_service.alarm(visit.number("id") or 0)
    except LookupError:
        alarm = None
    if alarm is None or not visit.principal.may_see(alarm.site):
        raise NotThere(_("There is no alarm {number} here.", number=number[:20]))
    return alarm
