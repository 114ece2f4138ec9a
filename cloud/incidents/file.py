"""The file of an incident: all that is known of one alarm, as PDF, to print, send and keep.

what, where, when, how bad │ chart │ checklist │ who was notified │ journal │ how whole the readings are     page 1 of 2
"""

import asyncio
from collections.abc import Callable
from zoneinfo import ZoneInfo

from cloud.alarms.records import Alarm
from cloud.incidents.incident import Incident, Incidents
from cloud.incidents.pages import IncidentPages, LevelLimit
from cloud.incidents.stretch import Stretch, stretch_of
from cloud.incidents.words import journal_lines, limit_of, notified_lines, step_lines, value_of
from cloud.readings.contract import ReadingsStore, StoreUnavailable
from cloud.registry.snapshot import Registry
from cloud.rulebook.rule_words import MARK_WORDS, about, advice_of, level_name, quantity_name, title_of, unit_of
from cloud.situation import level_of
from i18n import figures
from i18n.catalog import Catalog
from rules.colours import colour_of
from rules.events import EventKind
from rules.rule import NOT_OF_THE_READING, Level, Rule
from rules.severities import SEVERITY_NAMES
from runtime.clock import wall_ms

AT_ONCE = 1
"""Files that are made at the same time: each takes a tenth of a second of a core."""


class IncidentFiles:
    """Makes them, off the event loop."""

    def __init__(
        self, incidents: Incidents, registry: Registry, store: ReadingsStore, *, clock: Callable[[], int] = wall_ms
    ) -> None:
        self._incidents, self._registry, self._store, self._clock = incidents, registry, store, clock
        self._turns = asyncio.Semaphore(AT_ONCE)

    async def pdf(self, _: Catalog, alarm: Alarm) -> bytes:
        """Return the file of an alarm in a language, its times in the zone of its site."""
        now_ms, incident = self._clock(), await self._incidents.of(alarm)
        async with self._turns:
            stretch, trouble = await self._stretch(_, alarm, now_ms)
            pages = self._pages(_, incident, stretch, trouble, now_ms)
            return await asyncio.to_thread(_drawn, _, pages)

    async def _stretch(self, _: Catalog, alarm: Alarm, now_ms: int) -> tuple[Stretch | None, str]:
        if not alarm.quantity:
            return None, _("This alarm is about no reading.")
        sensor = self._registry.sensor(alarm.sensor)
        interval_s = None if sensor is None else sensor.interval_s
        try:
            return await stretch_of(self._store, alarm, interval_s=interval_s, now_ms=now_ms), ""
        except StoreUnavailable as error:
            return None, str(error)

    def _pages(
        self, _: Catalog, incident: Incident, stretch: Stretch | None, trouble: str, now_ms: int
    ) -> IncidentPages:
        alarm, table = incident.alarm, self._registry.quantities
        zone = self._zone_of(alarm)
        unit = unit_of(_, table, alarm.quantity)
        return IncidentPages(
            city=self._registry.city.name,
            number=alarm.id,
            title=title_of(_, alarm.rule),
            where=self._where(alarm),
            made=figures.moment(_, now_ms, zone),
            zone=zone,
            facts=self._facts(_, incident, zone, now_ms),
            advice=advice_of(_, alarm.rule),
            steps=step_lines(_, alarm.rule, {step.number: step for step in incident.steps}, zone),
            notified=notified_lines(_, incident.notified, zone),
            journal=tuple(reversed(journal_lines(_, table, alarm, incident.changes, incident.entries, zone))),
            stretch=stretch,
            trouble=trouble,
            measured=f"{quantity_name(_, table, alarm.quantity)} ({unit})" if unit else alarm.quantity,
            limits=_limits(_, alarm),
            alarm=(alarm.opened_ms, now_ms if alarm.closed_ms is None else alarm.closed_ms),
            whole=() if stretch is None else _how_whole(_, stretch),
        )

    def _zone_of(self, alarm: Alarm) -> ZoneInfo:
        site = self._registry.site(alarm.site)
        return ZoneInfo((site.zone if site is not None else "") or self._registry.city.zone)

    def _where(self, alarm: Alarm) -> str:
        site, sensor = self._registry.site(alarm.site), self._registry.sensor(alarm.sensor)
        names = [site.name if site else alarm.site, site.place if site else "", sensor.name if sensor else alarm.sensor]
        return " · ".join(dict.fromkeys(name for name in names if name))

    def _facts(self, _: Catalog, incident: Incident, zone: ZoneInfo, now_ms: int) -> tuple[tuple[str, str], ...]:
        alarm = incident.alarm
        rule = alarm.rule
        level, worst = level_of(rule, alarm.level), level_of(rule, alarm.worst)
        end_ms = now_ms if alarm.closed_ms is None else alarm.closed_ms
        ended = _("still goes on") if alarm.closed_ms is None else figures.moment(_, alarm.closed_ms, zone)
        answered = ""
        if alarm.acknowledged_ms is not None:
            time = figures.moment(_, alarm.acknowledged_ms, zone)
            word = alarm.acknowledged_word or "–"
            answered = _("{person}, {time}: “{word}”", person=alarm.acknowledged_by, time=time, word=word)
        facts = (
            (_("Level"), self._at_level(_, rule, level, alarm.value) if alarm.is_open else ""),
            (_("At worst"), self._at_level(_, rule, worst, _value_at_worst(incident))),
            (_("Began"), figures.moment(_, alarm.opened_ms, zone)),
            (_("Ended"), ended),
            (_("Lasted"), about(_, (end_ms - alarm.opened_ms) / 1_000)),
            (_("Found"), figures.moment(_, alarm.at_ms, zone)),
            (_("Acknowledged"), answered or _("by nobody")),
            (_("Assigned"), alarm.assigned_to or ""),
            (_("Note"), self._notes(_, alarm)),
        )
        return tuple((name, words) for name, words in facts if words)

    def _at_level(self, _: Catalog, rule: Rule, level: Level, value: float | None) -> str:
        """A level with its severity, the value by which it was judged (None: not kept) and its limit."""
        table = self._registry.quantities
        measured = "" if value is None else value_of(_, table, rule, value)
        named = f"{level_name(_, level)} ({_.said(SEVERITY_NAMES[level.severity])})"
        return " · ".join(words for words in (named, measured, limit_of(_, table, rule, level)) if words)

    def _notes(self, _: Catalog, alarm: Alarm) -> str:
        notes = (
            _("test alarm") if alarm.test else "",
            _("detected late: it was over or old when its readings came") if alarm.late else "",
            _("withdrawn: later readings show it was not so") if alarm.withdrawn else "",
        )
        return "; ".join(note for note in notes if note)


def _value_at_worst(incident: Incident) -> float | None:
    """The value that brought an alarm to its worst level: that of its end says how it was when all was over."""
    began = (EventKind.RAISED, EventKind.WORSENED)
    reached = [each for each in incident.changes if each.kind in began and each.level == incident.alarm.worst]
    return reached[-1].value if reached else None


def _drawn(_: Catalog, pages: IncidentPages) -> bytes:
    from cloud.incidents.pdf import pdf_of  # slow to import, and most processes never draw one

    return pdf_of(_, pages)


def _limits(_: Catalog, alarm: Alarm) -> list[LevelLimit]:
    if alarm.rule.kind in NOT_OF_THE_READING:
        return []
    return [LevelLimit(level_name(_, level), level.limit, colour_of(level)) for level in alarm.rule.levels]


def _how_whole(_: Catalog, stretch: Stretch) -> tuple[str, ...]:
    """Say how whole the readings of a stretch are: where they are missing, and what they are doubted for."""
    gaps, doubted = stretch.gaps, stretch.doubted
    missing_s = sum(end_ms - start_ms for start_ms, end_ms in gaps) / 1_000
    marks = 0
    for point in doubted:
        marks |= point.marks
    doubts = ", ".join(_(word) for mark, word in MARK_WORDS.items() if marks & mark)
    step, missing = about(_, stretch.every_ms / 1_000), about(_, missing_s)
    return (
        _("Shown: {n} values, one each {time} at most.", n=len(stretch.points), time=step),
        _("Gaps in the readings: {n}, {time} in all.", n=len(gaps), time=missing) if gaps else _("No gaps in them."),
        _("Doubted values: {n} ({doubts}).", n=len(doubted), doubts=doubts) if doubted else _("No value is doubted."),
    )
