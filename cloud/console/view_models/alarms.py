"""Alarms as the person on duty reads them at 3 a.m.: how bad, what, where, since when, how sure, what to do.

AlarmView(id=17, level=Chip("Siaga 2", "#f4661b", …), title="River level", where="Daruba river bridge · River gauge",
          since="24 Nov 03:10:05 WIT", lasting="for 12 min", value="262 cm", state="goes on", …)
"""

from collections.abc import Iterable, Mapping
from zoneinfo import ZoneInfo

import msgspec

from cloud.alarms.records import Alarm, AlarmChange, Maintenance
from cloud.console.view_models.colours import Chip, chip
from cloud.console.view_models.maintenance import covering
from cloud.database.audit_log import AuditEntry
from cloud.gateways.freshness import Freshness, freshness
from cloud.readings.contract import StoredReading
from cloud.registry.records import Sensor, Site
from cloud.rulebook.rule_words import (
    MARK_WORDS,
    about,
    advice_of,
    amount,
    level_name,
    limit_words,
    plain,
    span,
    title_of,
)
from cloud.situation import level_of
from i18n import figures
from i18n.catalog import N_, Catalog
from rules.colours import colour_of
from rules.rule import OWN_FAMILIES, Level, Rule, RuleKind, Severity
from rules.severities import SEVERITY_NAMES
from wire import BUILT_IN, QuantityTable

STATES = {
    "alarming": N_("goes on"),
    "silent": N_("the sensor says nothing: the alarm stays"),
    "recovering": N_("is going back"),
    "closed": N_("over"),
}
CHANGES = {
    "raised": N_("began: {level}, {value}"),
    "worsened": N_("got worse: {level}, {value}"),
    "eased": N_("eased: {level}, {value}"),
    "silent": N_("the sensor has fallen silent"),
    "heard": N_("the sensor speaks again: {value}"),
    "recovering": N_("is going back: {value}"),
    "resumed": N_("is back beyond the level: {value}"),
    "closed": N_("ended: {value}"),
    "withdrawn": N_("withdrawn: a reading that came late shows it was not so"),
}
"""What the engine found, in words for people."""
ACTION_NAMES = {
    "acknowledge": N_("acknowledged"),
    "assign": N_("assigned"),
    "shelve": N_("put aside"),
    "unshelve": N_("taken up again"),
}
"""What people did; the word for an action of the journal that is not here is the action itself."""


class AlarmView(msgspec.Struct, frozen=True):
    """One alarm; empty texts are not shown. `severity` colours by CAP's term, `open` tells whether it goes on."""

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


class JournalLine(msgspec.Struct, frozen=True):
    """One line of an alarm's journal: `who` is empty where the engine found something."""

    time_ms: int
    when: str
    who: str
    what: str
    word: str


class AlarmContext(msgspec.Struct, frozen=True):
    """What an alarm is read beside: the names of places and sensors, the newest readings, the time (UTC ms)."""

    now_ms: int
    city_zone: ZoneInfo
    sites: Mapping[str, Site]
    sensors: Mapping[str, Sensor]
    newest: Mapping[tuple[str, str], StoredReading]
    windows: tuple[Maintenance, ...] = ()
    quantities: QuantityTable = BUILT_IN

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
    doubts = _doubts(_, newest)
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
        value_age=_value_age(_, alarm, newest, context.now_ms),
        limit=_limited(_, context.quantities, alarm.rule, level),
        worst=_worst(_, alarm),
        state=alarm.state,
        state_text=_(STATES.get(alarm.state, alarm.state)),
        late=_("detected late: it was over or old when its readings came") if alarm.late else "",
        test=_("test alarm") if alarm.test else "",
        withdrawn=_("withdrawn: later readings show it was not so") if alarm.withdrawn else "",
        worked_on=_worked_on(_, alarm, context),
        doubts=doubts,
        sure=_sure(_, alarm, doubts, is_old=_is_old(alarm, context)),
        acknowledged=_acknowledged(_, alarm, zone),
        assigned=alarm.assigned_to or "",
        shelved=_shelved(_, alarm, context.now_ms, zone),
        advice=advice_of(_, alarm.rule),
        ended=figures.moment(_, alarm.closed_ms, zone) if alarm.closed_ms is not None else "",
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


def value_of(_: Catalog, table: QuantityTable, rule: Rule, value: float) -> str:
    """A value in the terms of the rule: 262 cm; +45 cm in 10 min; 7 expected intervals."""
    if rule.family in OWN_FAMILIES:
        return ""  # its advice says in words what is the matter
    if rule.kind is RuleKind.SILENCE:
        return _("{n} expected intervals", n=plain(_, round(value, 1)))
    shown = amount(_, table, rule.quantity, round(value, table.row(rule.quantity).decimals))
    return _("+{value} in {time}", value=shown, time=span(_, rule.window_s)) if rule.kind is RuleKind.RISE else shown


def _limited(_: Catalog, table: QuantityTable, rule: Rule, level: Level) -> str:
    return "" if rule.family in OWN_FAMILIES else _("limit {limit}", limit=_limit(_, table, rule, level))


def _limit(_: Catalog, table: QuantityTable, rule: Rule, level: Level) -> str:
    if rule.kind is RuleKind.SILENCE:
        return _("{n} expected intervals", n=plain(_, level.limit))
    words = limit_words(_, table, rule, level)
    return _("+{value} in {time}", value=words, time=span(_, rule.window_s)) if rule.kind is RuleKind.RISE else words


def _value(_: Catalog, table: QuantityTable, alarm: Alarm, newest: StoredReading | None) -> str:
    follows = alarm.rule.kind not in {RuleKind.RISE, RuleKind.SILENCE}
    if newest is not None and follows and newest.time_ms >= alarm.value_ms:
        return value_of(_, table, alarm.rule, newest.value)
    return value_of(_, table, alarm.rule, alarm.value)


def _value_age(_: Catalog, alarm: Alarm, newest: StoredReading | None, now_ms: int) -> str:
    if not alarm.is_open or alarm.family in OWN_FAMILIES:
        return ""
    time_ms = max(alarm.value_ms, newest.time_ms if newest is not None else 0)
    return figures.age(_, (now_ms - time_ms) / 1_000)


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


def journal_lines(
    _: Catalog,
    table: QuantityTable,
    alarm: Alarm,
    changes: Iterable[AlarmChange],
    entries: Iterable[AuditEntry],
    zone: ZoneInfo,
) -> tuple[JournalLine, ...]:
    """What the engine found and what people did, the newest first."""
    found = [_change(_, table, alarm, change, zone) for change in changes]
    done = [_entry(_, entry, zone) for entry in entries]
    return tuple(sorted([*found, *done], key=lambda line: line.time_ms, reverse=True))


def _change(_: Catalog, table: QuantityTable, alarm: Alarm, change: AlarmChange, zone: ZoneInfo) -> JournalLine:
    text = CHANGES.get(change.kind)
    words = change.kind if text is None else _(
        text,
        level=level_name(_, level_of(alarm.rule, change.level)),
        value=value_of(_, table, alarm.rule, change.value),
    )  # fmt: skip
    late = _("detected late") if change.late else ""
    return JournalLine(change.time_ms, figures.moment(_, change.time_ms, zone), "", words, late)


def _entry(_: Catalog, entry: AuditEntry, zone: ZoneInfo) -> JournalLine:
    what = _(ACTION_NAMES[entry.action]) if entry.action in ACTION_NAMES else entry.action
    return JournalLine(entry.at_ms, figures.moment(_, entry.at_ms, zone), entry.actor, what, entry.reason)
