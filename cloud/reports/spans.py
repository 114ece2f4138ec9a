"""Alarms as stretches of time, for bands on charts: at each level, who has seen it, when it was silenced, maintenance.

river   03:10 ▒▒▒▒ Siaga 3 ▒▒▒▒ 04:05 ▓▓ Siaga 2 ▓▓ 05:20        alarm_span, kind=level, severity 2 then 3
              └ 03:14 acknowledged by ani: the pump runs       04:30 ░░ silenced ░░ 05:00

A stretch has its beginning for its time and its end in a field, so written again it is the same point with a later end:
one that goes on ends with the newest sample. What was withdrawn is written with severity 0, over what stood there.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

import msgspec

from cloud.alarms.records import Alarm, AlarmChange, Maintenance
from cloud.notify.texts import description
from cloud.registry.snapshot import Registry
from cloud.reports.alarms import line_of_change
from cloud.reports.points import ReportPoint, Value
from cloud.situation import domain_of, level_of
from i18n.catalog import catalog_of
from i18n.message import Bilingual, in_context
from rules.events import EventKind
from wire.measurements import EVERYWHERE

AT_A_LEVEL, ACKNOWLEDGED, SILENCED, MAINTENANCE = "level", "acknowledged", "silenced", "maintenance"
_BEGINS = (EventKind.RAISED, EventKind.WORSENED, EventKind.EASED, EventKind.RESUMED)
"""The changes after which an alarm is at the level that they speak of."""


class Silencing(msgspec.Struct, frozen=True):
    """When (UTC), by whom and with which word an alarm was silenced last."""

    at_ms: int
    actor: str
    word: str


class AlarmHistory(msgspec.Struct, frozen=True):
    """What became of an alarm: its changes in the order of event time, and how it was silenced last."""

    changes: Sequence[AlarmChange] = ()
    silencing: Silencing | None = None


class _Subject(msgspec.Struct, frozen=True):
    """What a stretch is of: the tags of its point, and the name that people know; no sensor: a whole site."""

    rule: str
    domain: str
    sensor: str
    site: str
    name: str


def span_points(
    alarm: Alarm, history: AlarmHistory, registry: Registry, *, now_ms: int, whole: bool = True
) -> Iterator[ReportPoint]:
    """Yield the stretches of an alarm as they are known at `now_ms` (UTC), or (not `whole`) those that go on alone."""
    subject = _subject(alarm, registry)
    levels = list(_levels(alarm, history.changes, now_ms))
    for change, until_ms in levels if whole else levels[-1:]:
        yield _at_level(alarm, change, until_ms, subject, registry)
    if whole:
        kept = {change.time_ms for change, _ in levels}
        yield from (_nothing(subject, time_ms) for time_ms in sorted(_withdrawn(history.changes) - kept))
    yield from _seen(alarm, subject)
    yield from _silenced(alarm, history.silencing, subject, now_ms)


def maintenance_points(windows: Iterable[Maintenance], registry: Registry, *, now_ms: int) -> Iterator[ReportPoint]:
    """Yield the windows that have begun, up to now: one that is ended early grows no more."""
    for window in windows:
        if window.from_ms <= now_ms:
            subject = _place(window, registry)
            until_ms = min(window.until_ms, now_ms)
            what = in_context("span", "Maintenance, {person}", person=window.author)
            yield _span(MAINTENANCE, subject, window.from_ms, until_ms, what, window.reason)


def _levels(alarm: Alarm, changes: Sequence[AlarmChange], now_ms: int) -> Iterator[tuple[AlarmChange, int]]:
    """The changes that brought an alarm to another level, each with the end of its stretch."""
    if alarm.withdrawn:
        return
    taken_back = _withdrawn(changes)
    begun = [change for change in changes if change.kind in _BEGINS and change.time_ms not in taken_back]
    begun = begun or [AlarmChange(EventKind.RAISED, alarm.opened_ms, alarm.level, alarm.value, alarm.late, alarm.at_ms)]
    begun = begun[:1] + [after for before, after in pairwise(begun) if before.level != after.level]
    ends = [*(change.time_ms for change in begun[1:]), now_ms if alarm.closed_ms is None else alarm.closed_ms]
    for change, until_ms in zip(begun, ends, strict=True):
        if until_ms > change.time_ms:
            yield change, until_ms


def _withdrawn(changes: Iterable[AlarmChange]) -> set[int]:
    return {change.time_ms for change in changes if change.kind == EventKind.WITHDRAWN}


def _at_level(alarm: Alarm, change: AlarmChange, until_ms: int, subject: _Subject, registry: Registry) -> ReportPoint:
    level, line = level_of(alarm.rule, change.level), line_of_change(alarm, change, registry)
    name = Bilingual(level.name, level.name_id or level.name)
    sentence = Bilingual(*(description(line, catalog_of(code)) for code in ("en", "id")))
    severity = level.severity.rank
    return _span(AT_A_LEVEL, subject, change.time_ms, until_ms, name, sentence, severity=severity)


def _seen(alarm: Alarm, subject: _Subject) -> Iterator[ReportPoint]:
    """The acknowledgement: a moment, which ends as it begins."""
    if alarm.acknowledged_ms is not None:
        at_ms = alarm.acknowledged_ms
        what = in_context("span", "Acknowledged by {person}", person=alarm.acknowledged_by or "")
        yield _span(ACKNOWLEDGED, subject, at_ms, at_ms, what, alarm.acknowledged_word or "")


def _silenced(alarm: Alarm, silencing: Silencing | None, subject: _Subject, now_ms: int) -> Iterator[ReportPoint]:
    """The silence up to now: one that is ended early grows no more."""
    if silencing is not None and alarm.shelved_until_ms is not None:
        until_ms = min(alarm.shelved_until_ms, now_ms if alarm.closed_ms is None else alarm.closed_ms)
        if until_ms > silencing.at_ms:
            what = in_context("span", "Put aside by {person}", person=silencing.actor)
            yield _span(SILENCED, subject, silencing.at_ms, until_ms, what, silencing.word)


def _nothing(subject: _Subject, time_ms: int) -> ReportPoint:
    return _span(AT_A_LEVEL, subject, time_ms, time_ms, "", "")


def _span(
    kind: str, subject: _Subject, from_ms: int, until_ms: int,
    what: str | Bilingual, text: str | Bilingual, *, severity: int = 0,
) -> ReportPoint:  # fmt: skip
    fields: dict[str, Value | None] = {"until_ms": until_ms, "severity": severity}
    for suffix, _ in (("", catalog_of("en")), ("_id", catalog_of("id"))):
        fields[f"title{suffix}"] = " · ".join(part for part in (_.said(what), subject.name) if part)
        fields[f"text{suffix}"] = _.said(text)
    fields["subject"] = subject.sensor or EVERYWHERE
    tags = {
        "domain": subject.domain, "kind": kind, "rule": subject.rule, "sensor": subject.sensor, "site": subject.site,
    }  # fmt: skip
    return ReportPoint("alarm_span", from_ms, tags, fields)


def _subject(alarm: Alarm, registry: Registry) -> _Subject:
    sensor = registry.sensor(alarm.sensor)
    name = alarm.sensor if sensor is None else sensor.name
    sensors = {} if sensor is None else {alarm.sensor: sensor}
    return _Subject(alarm.family, domain_of(alarm, sensors, registry.quantities), alarm.sensor, alarm.site, name)


def _place(window: Maintenance, registry: Registry) -> _Subject:
    """The sensor of a window with its site, or a site and no sensor."""
    if window.sensor is not None:
        sensor = registry.sensor(window.sensor)
        if sensor is None:
            return _Subject("", EVERYWHERE, window.sensor, "", window.sensor)
        domain = registry.quantities[sensor.quantities[0]].domain if sensor.quantities else EVERYWHERE
        return _Subject("", domain, window.sensor, sensor.site, sensor.name)
    site = registry.site(window.site or "")
    return _Subject("", EVERYWHERE, "", window.site or "", (window.site or "") if site is None else site.name)
