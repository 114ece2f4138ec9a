"""The page of alarms: the worst first, each a card that says what, where and since when, with what there is to do.

[Siaga 2] River level                      goes on
Daruba river bridge · River gauge          262 cm, 4 s ago · limit 250 cm
since 24 Nov 03:10:05 WIT, for 12 min      sure: it lasted 1 min before the alarm
[ Acknowledge ] [ Assign ] [ Put aside ] [ All of it ]
"""

from collections.abc import Iterable

import msgspec

from cloud.access.principal import Role
from cloud.alarms.records import Alarm, Maintenance
from cloud.console.frame.page import ConsolePage, Fragment, PageContent
from cloud.console.frame.visit import PageVisit
from cloud.console.pages.alarms.actions import CUSTOM, AlarmActions
from cloud.console.pages.alarms.lists import AlarmLists, AlarmsListed, DoneSteps
from cloud.console.pages.alarms.question import (
    NARROWING,
    NO_READING,
    PAGE_SIZE,
    SEEN_STATES,
    AlarmsQuestion,
    question_of,
)
from cloud.console.pages.alarms.shelving import CHOICES
from cloud.console.view_models.alarms import AlarmContext, AlarmView, alarm_view
from cloud.console.view_models.maintenance import WindowView, window_view
from cloud.console.view_models.rule_fields import severity_choices
from cloud.console.view_models.sites import domain_name
from cloud.console.view_models.typed_number import whole_number
from cloud.platform import Platform
from runtime.clock import wall_ms

MOST_CHOICES = 100
"""Sites to choose from; in a larger city one is found by its name, or by the link on a card."""
PLACE = "alarms"


def alarms_page(platform: Platform, lists: AlarmLists) -> ConsolePage:
    """The page on a platform."""
    actions = AlarmActions(platform, lists.forget)
    return ConsolePage(
        PLACE,
        "alarms/page.html",
        _AlarmsPage(platform, lists).show,
        actions=actions.by_name,
        styles=("alarms.css",),
        name=PLACE,
    )


class _AlarmsPage:
    def __init__(self, platform: Platform, lists: AlarmLists) -> None:
        self._platform, self._lists = platform, lists

    async def show(self, visit: PageVisit) -> PageContent:
        """Show what is asked for, the alarm of a message's link above it, and the maintenance in force."""
        question, now_ms = question_of(visit, self._platform.registry), wall_ms()
        listed, windows = await self._lists.listed(question), await self._lists.windows()
        led_here = await self._led_here(visit, question, listed)
        shown = [alarm for alarm in listed.alarms if led_here is None or alarm.id != led_here.id]
        all_shown = [*shown, *([led_here] if led_here else [])]
        done = await self._lists.done_steps(all_shown)
        context = alarm_context(self._platform, visit, all_shown, windows, now_ms, done)
        cards = {"shelves": shelves(visit), "may_act": visit.may(Role.OPERATOR), "one": False}
        views = tuple(alarm_view(visit.words, alarm, context) for alarm in shown)
        led = () if led_here is None else (alarm_view(visit.words, led_here, context),)
        works = windows_in_force(self._platform, visit, windows, now_ms)
        listing = {"question": question, "listed": listed, "first": (question.page - 1) * PAGE_SIZE + 1, **cards}
        return PageContent(
            [
                Fragment("works", "alarms/works.html", {"works": works}, version=works),
                Fragment("led-here", "alarms/cards.html", {"alarms": led, **cards}, version=steady(led)),
                Fragment(
                    "alarm-list",
                    "alarms/list.html",
                    {"alarms": views, "size": PAGE_SIZE, **listing},
                    version=(steady(views), _paging(listed)),
                ),
            ],
            still={"question": question, **self._choices(visit)},
            title=visit.words("Alarms"),
        )

    async def _led_here(self, visit: PageVisit, question: AlarmsQuestion, listed: AlarmsListed) -> Alarm | None:
        """Return the alarm that a link names, or of which something was refused, if they may see it."""
        number = question.alarm
        if visit.rejected is not None:
            number = whole_number(visit.sent.get("alarm", ("",))[0])
            number = None if number in {alarm.id for alarm in listed.alarms} else number
        if number is None:
            return None
        try:
            alarm = await self._platform.alarm_service.alarm(number)
        except LookupError:
            return None
        return alarm if visit.principal.may_see(alarm.site) else None

    def _choices(self, visit: PageVisit) -> dict[str, object]:
        _, table = visit.words, self._platform.registry.quantities
        sites = [site for site in self._platform.registry.sites() if visit.principal.may_see(site.id)]
        severities = [(value, _("{severity} or worse", severity=name)) for value, name in severity_choices(_)[1:]]
        domains = [(domain, domain_name(_, table, domain)) for domain in table.watched]
        chosen = visit.query.get("site", "")
        offered = sites if len(sites) <= MOST_CHOICES else [site for site in sites if site.id == chosen]
        return {
            "is_narrowed": any(visit.query.get(name) for name in NARROWING),
            "sites": [("", _("all sites")), *((site.id, site.name) for site in offered)],
            "severities": [("", _("any severity")), *severities],
            "domains": [("", _("all domains")), *domains, (NO_READING, _("silence and Siaga itself"))],
            "states": [("", _("any state")), *((state, _(words)) for state, words in SEEN_STATES.items())],
        }


def alarm_context(
    platform: Platform,
    visit: PageVisit,
    alarms: Iterable[Alarm],
    windows: tuple[Maintenance, ...],
    now_ms: int,
    done: DoneSteps,
) -> AlarmContext:
    """What some alarms are read beside: their own places, sensors and readings alone, however large the city is."""
    registry, shown = platform.registry, list(alarms)
    sites = {site.id: site for one in shown if (site := registry.site(one.site)) is not None}
    sensors = {sensor.id: sensor for one in shown if (sensor := registry.sensor(one.sensor)) is not None}
    series = {(alarm.sensor, alarm.quantity) for alarm in shown if alarm.is_open}
    newest = ((one, platform.newest.series(*one)) for one in series)
    return AlarmContext(
        now_ms=now_ms,
        city_zone=visit.zone,
        sites=sites,
        sensors=sensors,
        newest={one: reading for one, reading in newest if reading is not None},
        windows=windows,
        quantities=registry.quantities,
        done=done,
    )


def windows_in_force(
    platform: Platform, visit: PageVisit, windows: tuple[Maintenance, ...], now_ms: int
) -> tuple[WindowView, ...]:
    """The maintenance windows that hold now, of the sites that somebody may see."""
    held = [window for window in windows if window.holds(now_ms)]
    site, sensor = platform.registry.site, platform.registry.sensor
    views = (window_view(visit.words, one, now_ms, visit.zone, site=site, sensor=sensor) for one in held)
    return tuple(view for view in views if visit.principal.may_see(view.site))


def shelves(visit: PageVisit) -> list[tuple[str, str]]:
    """For how long an alarm can be put aside, to choose from."""
    _ = visit.words
    return [*((value, _(words)) for value, words in CHOICES.items()), (CUSTOM, _("until a time of day"))]


def steady(views: tuple[AlarmView, ...]) -> tuple[AlarmView, ...]:
    """The same without what the page counts on by itself."""
    return tuple(msgspec.structs.replace(view, value_age="") for view in views)


def _paging(listed: AlarmsListed) -> tuple[int, int | None]:
    return listed.count, listed.next_before_id
