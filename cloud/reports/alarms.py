"""Alarms: the state of each open one at each sample, its end once, and every event as a sentence for annotations.

alarm        river-level on river-1   3 alarming … 3 alarming … 0 closed      at the time of the sample
alarm_event  river-level on river-1   raised                    closed        at the time of the event

The end has the time of the sample that reports it, so that it comes after every sample of the open alarm. Test alarms
show that messages arrive; nobody is in danger, so they are left out. A withdrawn alarm ends like all others.
"""

from collections.abc import Iterable, Iterator

import msgspec

from cloud.alarms.records import Alarm, AlarmChange
from cloud.notify.notifications import AlarmLine, line_of
from cloud.notify.texts import description, headline
from cloud.registry.snapshot import Registry
from cloud.reports.platform_snapshot import PlatformSnapshot
from cloud.reports.points import ReportPoint, Value
from cloud.situation import level_of
from i18n.catalog import Catalog, catalog_of
from rules.overruling import OVERRULED
from rules.rule import NOT_OF_THE_READING

ENDED = 0
"""The severity of an alarm that has ended."""
CLOSED = "closed"


class _EventRow(AlarmChange, frozen=True):
    """A change with an id, as `line_of` wants a row of `alarm_events`; in a sentence the id does not matter."""

    id: int = 0


def alarm_points(snapshot: PlatformSnapshot) -> list[ReportPoint]:
    """Return a point for each open alarm, and one for each that has ended, unless its rule is in alarm there again."""
    newest = {(reading.sensor, reading.quantity): reading for reading in snapshot.readings}
    opened = [alarm for alarm in snapshot.alarms if alarm.is_open and not alarm.test]
    again = {(alarm.family, alarm.sensor) for alarm in opened}
    points: list[ReportPoint] = []
    for alarm in opened:
        reading = newest.get((alarm.sensor, alarm.quantity))
        by_person = alarm.read_by is not None and reading is not None and reading.marks & OVERRULED
        follows = alarm.rule.kind not in NOT_OF_THE_READING and not by_person  # whose values are no readings
        value = reading.value if reading and follows and reading.time_ms >= alarm.value_ms else alarm.value
        severity = level_of(alarm.rule, alarm.level).severity.rank
        points.append(_state(snapshot, alarm, severity=severity, state=alarm.state, number=alarm.level, value=value))
    for alarm in snapshot.ended:
        if not alarm.test and (alarm.family, alarm.sensor) not in again:
            points.append(_state(snapshot, alarm, severity=ENDED, state=CLOSED, number=alarm.worst, value=alarm.value))
    return points


def event_points(events: Iterable[tuple[Alarm, AlarmChange]], registry: Registry) -> Iterator[ReportPoint]:
    """Yield the points of alarms' events; those of test alarms are left out."""
    return (event_point(alarm, change, registry) for alarm, change in events if not alarm.test)


def event_point(alarm: Alarm, change: AlarmChange, registry: Registry) -> ReportPoint:
    """Return the point of one event of an alarm, at its event time: however often it is written, it is one point."""
    line = line_of_change(alarm, change, registry)
    fields: dict[str, Value | None] = {
        "severity": line.severity.rank,
        "level": line.level_name,
        "level_id": line.level_name_id,
        "text": _sentence(line, catalog_of("en")),
        "text_id": _sentence(line, catalog_of("id")),
        "value": float(change.value),
        "late": int(change.late),
        "alarm": alarm.id,
    }
    return ReportPoint("alarm_event", change.time_ms, {**_tags(alarm), "kind": change.kind}, fields)


def line_of_change(alarm: Alarm, change: AlarmChange, registry: Registry) -> AlarmLine:
    """Return what is said of one change of an alarm."""
    return line_of(alarm, _EventRow(*msgspec.structs.astuple(change)), alarm.rule, registry)


def _state(
    snapshot: PlatformSnapshot, alarm: Alarm, *, severity: int, state: str, number: int, value: float
) -> ReportPoint:
    level, rule = level_of(alarm.rule, number), alarm.rule
    site, sensor = snapshot.registry.site(alarm.site), snapshot.registry.sensor(alarm.sensor)
    fields: dict[str, Value | None] = {
        "severity": severity,
        "state": state,
        "level": level.name,
        "level_id": level.name_id or level.name,
        "title": rule.title,
        "title_id": rule.title_id or rule.title,
        "site_name": alarm.site if site is None else site.name,
        "sensor_name": alarm.sensor if sensor is None else sensor.name,
        "value": float(value),
        "acknowledged": int(alarm.acknowledged_ms is not None),
        "opened_ms": alarm.opened_ms,
    }
    return ReportPoint("alarm", snapshot.now_ms, _tags(alarm), fields)


def _tags(alarm: Alarm) -> dict[str, str]:
    return {"gateway": alarm.gateway, "rule": alarm.family, "sensor": alarm.sensor, "site": alarm.site}


def _sentence(line: AlarmLine, _: Catalog) -> str:
    return f"{headline(line, _)}: {description(line, _)}"
