"""Alarms as the person on duty reads them at 3 a.m.: how bad, what, where, since when, how sure, what to do.

AlarmView(id=17, level=Chip("Siaga 2", "#f4661b", …), title="River level", where="Daruba river bridge · River gauge",
          since="24 Nov 03:10:05 WIT", lasting="for 12 min", value="262 cm", state="goes on", …)
"""

from collections.abc import Iterable, Mapping
from zoneinfo import ZoneInfo

import msgspec

from cloud.alarms.checklists import StepDone
from cloud.alarms.records import Alarm, Maintenance
from cloud.console.view_models.colours import Chip, chip
from cloud.console.view_models.maintenance import covering
from cloud.gateways.freshness import Freshness, freshness
from cloud.incidents.words import StepLine, limit_of, read_by_words, step_lines, value_of
from cloud.readings.contract import StoredReading
from cloud.registry.records import Sensor, Site
from cloud.rulebook.rule_words import (
    MARK_WORDS,
    about,
    advice_of,
    level_name,
    span,
    title_of,
)
from cloud.situation import level_of
from i18n import figures
from i18n.catalog import N_, Catalog
from rules.colours import colour_of
from rules.overruling import COUNTS_FOR_MS, OVERRULED
from rules.rule import NOT_OF_THE_READING, OWN_FAMILIES, Severity
from rules.severities import SEVERITY_NAMES
from wire import BUILT_IN, QuantityTable

STATES = {
    "alarming": N_("goes on"),
    "silent": N_("the sensor says nothing: the alarm stays"),
    "recovering": N_("is going back"),
    "closed": N_("over"),
}


class AlarmView(msgspec.Struct, frozen=True):
    """One alarm; empty texts are not shown. `severity` colours by CAP's term, `open` tells whether it goes on.

    `value_ms` is when the value was taken, 0 where nobody asks; `value_age` is that in words, at this moment. `read`
    says who has read it, where it was no sensor.
    """

    id: int
    site: str
    open: bool
    severity: Severity
    level: Chip
    severity_name: str
    title: str
    where: str
    since: str
    lasting: str
    value: str
    value_age: str
    value_ms: int
    read: str
    limit: str
    worst: str
    state: str
    state_text: str
    late: str
    test: str
    withdrawn: str
    worked_on: str
    doubts: tuple[str, ...]
    sure: str
    acknowledged: str
    assigned: str
    shelved: str
    advice: str
    ended: str
    steps: tuple[StepLine, ...] = ()


class AlarmContext(msgspec.Struct, frozen=True):
    """What an alarm is read beside: the names of places and sensors, the newest readings, the time (UTC ms)."""

    now_ms: int
    city_zone: ZoneInfo
    sites: Mapping[str, Site]
    sensors: Mapping[str, Sensor]
    newest: Mapping[tuple[str, str], StoredReading]
    windows: tuple[Maintenance, ...] = ()
    quantities: QuantityTable = BUILT_IN
    done: Mapping[int, Mapping[int, StepDone]] = {}

    def zone_of(self, site: str) -> ZoneInfo:
        """The zone of a site, or that of the city."""
        found = self.sites.get(site)
        return ZoneInfo(found.zone) if found is not None and found.zone else self.city_zone


def worst_first(alarms: Iterable[Alarm]) -> list[Alarm]:
    """The worst first, those that nobody has acknowledged before the others, then the newest."""
    return sorted(
        alarms,
        key=lambda alarm: (
            -alarm.severity.rank,
            alarm.acknowledged_ms is not None,
            -alarm.opened_ms,
            -alarm.id,
        ),
    )


def unacknowledged(alarms: Iterable[Alarm], now_ms: int) -> list[Alarm]:
    """The open alarms that wait for somebody: nobody has acknowledged them or put them aside."""
    return [alarm for alarm in alarms if alarm.acknowledged_ms is None and not alarm.is_shelved(now_ms)]


def alarm_view(_: Catalog, alarm: Alarm, context: AlarmContext) -> AlarmView:
    """One alarm for the screen."""
    level = level_of(alarm.rule, alarm.level if alarm.is_open else alarm.worst)
    zone = context.zone_of(alarm.site)
    newest = context.newest.get((alarm.sensor, alarm.quantity)) if alarm.is_open else None
    doubts, value_ms = _doubts(_, newest), _value_ms(alarm, newest)
    return AlarmView(
        id=alarm.id,
        site=alarm.site,
        open=alarm.is_open,
        severity=alarm.severity,
        level=chip(level_name(_, level), colour_of(level)),
        severity_name=_.said(SEVERITY_NAMES[level.severity]),
        title=title_of(_, alarm.rule),
        where=_where(alarm, context),
        since=figures.moment(_, alarm.opened_ms, zone),
        lasting=_lasting(_, alarm, context.now_ms),
        value=_value(_, context.quantities, alarm, newest),
        value_age=figures.age(_, (context.now_ms - value_ms) / 1_000) if value_ms else "",
        value_ms=value_ms,
        read=_read(_, alarm, newest, zone),
        limit=limit_of(_, context.quantities, alarm.rule, level),
        worst=_worst(_, alarm),
        state=alarm.state,
        state_text=_(STATES.get(alarm.state, alarm.state)),
        late=_("detected late: it was over or old when its readings came") if alarm.late else "",
        test=_("test alarm") if alarm.test else "",
        withdrawn=_("withdrawn: later readings show it was not so") if alarm.withdrawn else "",
        worked_on=_worked_on(_, alarm, context),
        doubts=doubts,
        sure=_sure_by_person(_, alarm, context, newest) or _sure(_, alarm, doubts, is_old=_is_old(alarm, context)),
        acknowledged=_acknowledged(_, alarm, zone),
        assigned=alarm.assigned_to or "",
        shelved=_shelved(_, alarm, context.now_ms, zone),
        advice=advice_of(_, alarm.rule),
        ended=figures.moment(_, alarm.closed_ms, zone) if alarm.closed_ms is not None else "",
        steps=step_lines(_, alarm.rule, context.done.get(alarm.id, {}), zone),
    )


def _where(alarm: Alarm, context: AlarmContext) -> str:
    site, sensor = context.sites.get(alarm.site), context.sensors.get(alarm.sensor)
    place = site.name if site else alarm.site
    if not place:
        return alarm.sensor  # a part of the platform itself
    if sensor is None and alarm.sensor == alarm.site:
        return place  # what is computed of a whole site has no sensor
    return f"{place} · {sensor.name if sensor else alarm.sensor}"


def _lasting(_: Catalog, alarm: Alarm, now_ms: int) -> str:
    end_ms = now_ms if alarm.closed_ms is None else alarm.closed_ms
    return _("for {time}", time=about(_, (end_ms - alarm.opened_ms) / 1_000))


def _value(_: Catalog, table: QuantityTable, alarm: Alarm, newest: StoredReading | None) -> str:
    follows = alarm.rule.kind not in NOT_OF_THE_READING
    if newest is not None and follows and newest.time_ms >= alarm.value_ms and not _by_person(alarm, newest):
        return value_of(_, table, alarm.rule, newest.value)
    return value_of(_, table, alarm.rule, alarm.value)


def _value_ms(alarm: Alarm, newest: StoredReading | None) -> int:
    """When the value that is shown was taken; 0 where nobody asks."""
    if not alarm.is_open or alarm.family in OWN_FAMILIES:
        return 0
    if alarm.read_ms is not None and _by_person(alarm, newest):
        return alarm.read_ms
    return max(alarm.value_ms, newest.time_ms if newest is not None else 0)


def _by_person(alarm: Alarm, newest: StoredReading | None) -> bool:
    """Whether a person has read the value of an alarm, and its sensor has said nothing plain since."""
    said_since = newest is not None and newest.time_ms > alarm.value_ms and not newest.marks & OVERRULED
    return alarm.read_by is not None and not said_since


def _read(_: Catalog, alarm: Alarm, newest: StoredReading | None, zone: ZoneInfo) -> str:
    if alarm.read_by is None or alarm.read_ms is None or not _by_person(alarm, newest):
        return ""
    return read_by_words(_, alarm.read_by, alarm.read_ms, zone)


def _worst(_: Catalog, alarm: Alarm) -> str:
    if alarm.worst == alarm.level and alarm.is_open:
        return ""
    return _("at worst {level}", level=level_name(_, level_of(alarm.rule, alarm.worst)))


def _doubts(_: Catalog, newest: StoredReading | None) -> tuple[str, ...]:
    if newest is None:
        return ()
    return tuple(_(word) for mark, word in MARK_WORDS.items() if newest.marks & mark)


def _is_old(alarm: Alarm, context: AlarmContext) -> bool:
    """Whether the sensor has sent nothing for so long that nobody knows how it is now."""
    newest = context.newest.get((alarm.sensor, alarm.quantity))
    sensor = context.sensors.get(alarm.sensor)
    if newest is None or sensor is None or not alarm.is_open:
        return False
    return freshness((context.now_ms - newest.time_ms) / 1_000, sensor.interval_s) is Freshness.SILENT


def _sure_by_person(_: Catalog, alarm: Alarm, context: AlarmContext, newest: StoredReading | None) -> str:
    if not alarm.is_open or alarm.read_ms is None or not _by_person(alarm, newest):
        return ""
    if context.now_ms <= alarm.read_ms + COUNTS_FOR_MS:
        return _("a person has read it, since the sensor is doubted or silent")
    return _("not sure: a person has read it over an hour ago, and the sensor is doubted or silent still")


def _sure(_: Catalog, alarm: Alarm, doubts: tuple[str, ...], *, is_old: bool) -> str:
    if alarm.family in OWN_FAMILIES:
        return ""
    if alarm.state == "silent" or is_old:
        return _("not sure: the last value is old")
    if doubts:
        return _("not sure: {doubts}", doubts=", ".join(doubts))
    if not alarm.is_open:
        return ""
    if alarm.rule.for_s:
        return _("sure: it lasted {time} before the alarm", time=span(_, alarm.rule.for_s))
    return _("sure: the readings are plain")


def _worked_on(_: Catalog, alarm: Alarm, context: AlarmContext) -> str:
    window = covering(context.windows, alarm.site, alarm.sensor, context.now_ms) if alarm.is_open else None
    if window is None:
        return ""
    until = figures.minute(_, window.until_ms, context.zone_of(alarm.site))
    return _("maintenance until {time}: pages nobody", time=until)


def _acknowledged(_: Catalog, alarm: Alarm, zone: ZoneInfo) -> str:
    if alarm.acknowledged_ms is None:
        return ""
    when = figures.moment(_, alarm.acknowledged_ms, zone)
    if not alarm.acknowledged_word:
        return _("{person}, {time}", person=alarm.acknowledged_by, time=when)
    return _("{person}, {time}: “{word}”", person=alarm.acknowledged_by, time=when, word=alarm.acknowledged_word)


def _shelved(_: Catalog, alarm: Alarm, now_ms: int, zone: ZoneInfo) -> str:
    if not alarm.is_shelved(now_ms) or alarm.shelved_until_ms is None:
        return ""
    return _("until {time}", time=figures.moment(_, alarm.shelved_until_ms, zone))
