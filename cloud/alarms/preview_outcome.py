"""What a rule would have done over a history: its alarms, hours a week and crossings, and how two rules differ.

events ─► PreviewOutcome(alarms, crossings, hours)        saved, edited ─► Difference(more, fewer, hours_a_week)
"""

import bisect
from collections.abc import Iterator, Sequence

import msgspec

from cloud.alarms.rule_replay import replay
from cloud.readings.contract import Point
from rules.engine import Event, EventKind, Watched
from rules.rule import Rule
from wire.durations import DAY_MS, HOUR_MS

MOST_POINTS = 1_500
_NEVER_MS = 2**62
_WEEK_MS = 7 * DAY_MS


class PreviewAlarm(msgspec.Struct, frozen=True):
    """An alarm that would have been; `closed_ms` is None where it goes on at the end. Times in UTC ms, event time."""

    opened_ms: int
    closed_ms: int | None
    worst: int
    value: float
    late: bool


class Crossing(msgspec.Struct, frozen=True):
    """Where a level was crossed, upwards or back: an event of the engine, as a point on the chart.

    `late`: found in readings that came too late for anybody to be notified.
    """

    time_ms: int
    kind: str
    level: int
    value: float
    late: bool = False


class PreviewOutcome(msgspec.Struct, frozen=True):
    """What a rule would have done; `rule` is None where none holds."""

    rule: Rule | None
    alarms: tuple[PreviewAlarm, ...] = ()
    crossings: tuple[Crossing, ...] = ()
    hours: float = 0.0
    hours_a_week: float = 0.0


class Difference(msgspec.Struct, frozen=True):
    """The edited rule against the saved one: alarms only with the one or the other, and hours a week more."""

    more: tuple[PreviewAlarm, ...]
    fewer: tuple[PreviewAlarm, ...]
    hours_a_week: float


def outcome(
    watched: Watched, points: Sequence[Point], second: Sequence[Point] | None, *, start_ms: int, end_ms: int
) -> PreviewOutcome:
    """What a rule makes of a history, with the `second` sensor's where it asks for one."""
    events = list(replay(watched, points, second, end_ms=end_ms))
    alarms = tuple(_alarms(events))
    held_ms = sum((end_ms if alarm.closed_ms is None else alarm.closed_ms) - alarm.opened_ms for alarm in alarms)
    crossings = tuple(
        Crossing(event.time_ms, event.kind.value, event.level, event.value, event.late) for event in events
    )
    hours = max(0, held_ms) / HOUR_MS
    return PreviewOutcome(watched.rule, alarms, crossings, hours, hours * _WEEK_MS / max(1, end_ms - start_ms))


def _alarms(events: Sequence[Event]) -> Iterator[PreviewAlarm]:
    found: dict[int, list[Event]] = {}
    for event in events:
        found.setdefault(event.opened_ms, []).append(event)
    for opened_ms, own in found.items():
        if any(event.undone is EventKind.RAISED for event in own):
            continue
        worst = max(own, key=lambda event: event.level)
        closed_ms = own[-1].time_ms if own[-1].kind is EventKind.CLOSED else None
        yield PreviewAlarm(opened_ms, closed_ms, worst.level, worst.value, any(event.late for event in own))


def difference(saved: PreviewOutcome, edited: PreviewOutcome) -> Difference:
    """What the edited rule does otherwise: alarms are the same where they overlap in time."""
    return Difference(
        tuple(alarm for alarm in edited.alarms if not _overlaps(alarm, saved.alarms)),
        tuple(alarm for alarm in saved.alarms if not _overlaps(alarm, edited.alarms)),
        edited.hours_a_week - saved.hours_a_week,
    )


def _overlaps(alarm: PreviewAlarm, others: Sequence[PreviewAlarm]) -> bool:
    # one rule on one sensor has one alarm at a time: of those that opened by then the last one closes last
    place = bisect.bisect_right(others, alarm.closed_ms or _NEVER_MS, key=lambda newest: newest.opened_ms)
    return place > 0 and alarm.opened_ms <= (others[place - 1].closed_ms or _NEVER_MS)


def thinned(points: Sequence[Point], most: int = MOST_POINTS) -> tuple[Point, ...]:
    """At most `most` points with the lowest and the highest of every stretch among them, in the order of time."""
    if len(points) <= most:
        return tuple(points)
    stretches = most // 2
    kept: list[Point] = []
    for number in range(stretches):
        stretch = points[number * len(points) // stretches : (number + 1) * len(points) // stretches]
        ends = {min(stretch, key=_value), max(stretch, key=_value)}
        kept += sorted(ends, key=lambda point: point.time_ms)
    return tuple(kept)


def _value(point: Point) -> float:
    return point.value
