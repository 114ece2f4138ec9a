"""Try before saving: the live engine over stored history, with the rule as it is saved and as it is edited.

history of a sensor ─┬─ saved rule  ─► engine ─► alarms, hours a week, crossings ─┐
                     └─ edited rule ─► engine ─► alarms, hours a week, crossings ─┴─► the difference, points of a chart
"""

import asyncio
import bisect
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import msgspec

from cloud.alarms.state_recovery import columns_of
from cloud.readings.contract import Point, ReadingsStore
from cloud.registry.records import Sensor
from cloud.rulebook.records import RuleRejected, RuleVersion
from cloud.rulebook.rule_bindings import watched_by
from cloud.rulebook.rule_store import RuleStore
from cloud.rulebook.rule_versions import place_of, scopes_of
from rules.engine import START, Event, EventKind, Observed, RuleState, SecondReading, Watched, step, step_column, tick
from rules.marks import NOT_BELIEVED
from rules.problem import ValidationProblem
from rules.rule import Rule, RuleKind
from rules.scope import Resolved
from runtime.clock import wall_ms
from wire.durations import DAY_MS, HOUR_MS

MOST_READINGS = 200_000
"""Readings that one preview looks at: a month at one each 15 s."""
MOST_POINTS = 1_500
STRIDE = 512
"""Readings given to the engine at once, so that calm hours cost next to nothing."""
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
    """Where a level was crossed, upwards or back: an event of the engine, as a point on the chart."""

    time_ms: int
    kind: str
    level: int
    value: float


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


class Preview(msgspec.Struct, frozen=True):
    """Both outcomes over the `readings` looked at, and their `points`, thinned so that every extreme is still there."""

    sensor: str
    quantity: str
    start_ms: int
    end_ms: int
    readings: int
    saved: PreviewOutcome
    edited: PreviewOutcome
    difference: Difference
    points: tuple[Point, ...]


class Previewer:
    """Runs rules of `rule_store` over what `store` holds."""

    def __init__(self, rule_store: RuleStore, store: ReadingsStore, *, clock: Callable[[], int] = wall_ms) -> None:
        self._rule_store = rule_store
        self._store = store
        self._clock = clock

    async def preview(
        self,
        family: str,
        scope: str,
        fields: dict[str, Any] | None,
        *,
        sensor: str,
        start_ms: int,
        end_ms: int,
        sites: frozenset[str] | None = None,
    ) -> Preview:
        """What `fields` in `scope` would change for `sensor`; None: if the scope said nothing.

        RuleRefused where they may not be saved, as far as sensors at `sites` tell (None: all);
        LookupError for a sensor that is not there; StoreUnavailable.
        """
        known = self._rule_store.targets.get(sensor)
        if known is None:
            raise LookupError(f"there is no sensor {sensor}")
        saved = next((each for each in self._rule_store.resolved(sensor) if each.rule.family == family), None)
        edited = self._edited(family, scope, fields, known, sites)
        quantity = next((each.rule.quantity for each in (edited, saved) if each is not None), "")
        points, others = await self._histories(known, quantity, saved, edited, start_ms, end_ms)
        end = min(end_ms, self._clock())
        outcomes = await asyncio.to_thread(self._outcomes, known, saved, edited, points, others, start_ms, end)
        compared = await asyncio.to_thread(lambda: (difference(*outcomes), thinned(points)))
        return Preview(sensor, quantity, start_ms, end_ms, len(points), *outcomes, *compared)

    def _edited(
        self, family: str, scope: str, fields: dict[str, Any] | None, sensor: Sensor, sites: frozenset[str] | None
    ) -> Resolved | None:
        now = self._clock()
        version = RuleVersion(family, scope, 1_000_000, fields or {}, fields is None, now, now, "", "preview")
        # who sees some sites hears of no scope but those of this sensor, not even by a suggestion
        rule_versions = (
            self._rule_store.tried(version, sites=sites) if sites is None or scope in scopes_of(sensor) else None
        )
        if rule_versions is None or scope not in scopes_of(sensor):
            raise RuleRejected(
                [
                    ValidationProblem(
                        "sensor {sensor!r}: does not stand in {scope}; choose a sensor to which it applies",
                        field="sensor",
                        sensor=sensor.id,
                        scope=scope[:80],
                    )
                ]
            )
        return rule_versions.resolved(family, place_of(sensor), scopes_of(sensor), now)

    async def _histories(
        self, sensor: Sensor, quantity: str, saved: Resolved | None, edited: Resolved | None, start_ms: int, end_ms: int
    ) -> tuple[list[Point], dict[tuple[str, str], list[Point]]]:
        named = quantity or sensor.quantities[0]
        points = await self._history(sensor.id, named, start_ms, end_ms)
        alsos = {
            (also.sensor, also.quantity): int(also.within_s * 1000)
            for each in (saved, edited)
            if each is not None and (also := each.rule.also) is not None
        }
        others = {name: await self._history(*name, start_ms - within, end_ms) for name, within in alsos.items()}
        return points, {name: [one for one in found if not one.marks & NOT_BELIEVED] for name, found in others.items()}

    async def _history(self, sensor: str, quantity: str, start_ms: int, end_ms: int) -> list[Point]:
        points = await self._store.history(sensor, quantity, start_ms=start_ms, end_ms=end_ms, limit=MOST_READINGS + 1)
        if len(points) > MOST_READINGS:
            raise RuleRejected(
                [
                    ValidationProblem(
                        "start: sensor {sensor} has more than {most} readings since then; write a later start",
                        field="start",
                        sensor=sensor,
                        most=MOST_READINGS,
                    )
                ]
            )
        return points

    def _outcomes(
        self,
        sensor: Sensor,
        saved: Resolved | None,
        edited: Resolved | None,
        points: list[Point],
        others: dict[tuple[str, str], list[Point]],
        start_ms: int,
        end_ms: int,
    ) -> tuple[PreviewOutcome, PreviewOutcome]:
        def of(resolved: Resolved | None) -> PreviewOutcome:
            if resolved is None or not resolved.rule.enabled:
                return PreviewOutcome(None if resolved is None else resolved.rule)
            watched = watched_by(self._rule_store.registry, sensor, resolved.rule)
            also = resolved.rule.also
            second = others[also.sensor, also.quantity] if also is not None else None
            return outcome(watched, points, second, start_ms=start_ms, end_ms=end_ms)

        before = of(saved)
        same = saved is not None and edited is not None and saved.rule == edited.rule
        return before, before if same else of(edited)


def outcome(
    watched: Watched, points: Sequence[Point], second: Sequence[Point] | None, *, start_ms: int, end_ms: int
) -> PreviewOutcome:
    """What a rule makes of a history, with the `second` sensor's where it asks for one."""
    events = list(replay(watched, points, second, end_ms=end_ms))
    alarms = tuple(_alarms(events))
    held_ms = sum((end_ms if alarm.closed_ms is None else alarm.closed_ms) - alarm.opened_ms for alarm in alarms)
    crossings = tuple(Crossing(event.time_ms, event.kind.value, event.level, event.value) for event in events)
    hours = max(0, held_ms) / HOUR_MS
    return PreviewOutcome(watched.rule, alarms, crossings, hours, hours * _WEEK_MS / max(1, end_ms - start_ms))


def replay(
    watched: Watched, points: Sequence[Point], second: Sequence[Point] | None, *, end_ms: int
) -> Iterator[Event]:
    """Every event of a rule over a history, as it would have come had each reading come in time."""
    state = START
    last_ms: int | None = None
    for times_ms, values, marks in _strides(points, watched.interval_s):
        if last_ms is not None and times_ms[0] - last_ms > 1_000:
            state, events = tick(watched, state, times_ms[0])
            yield from events
        if second is None and watched.rule.kind is not RuleKind.SILENCE:
            state, events = step_column(watched, state, times_ms, values, marks=marks)
            yield from events
        else:
            for event in _one_by_one(watched, state, times_ms, values, marks, second or ()):
                if isinstance(event, RuleState):
                    state = event
                else:
                    yield event
        last_ms = times_ms[-1]
    if last_ms is not None and last_ms < end_ms:
        yield from tick(watched, state, end_ms)[1]


def _one_by_one(
    watched: Watched,
    state: RuleState,
    times_ms: Sequence[int],
    values: Sequence[float],
    marks: int,
    second: Sequence[Point],
) -> Iterator[Event | RuleState]:
    """The events, then the state after them."""
    place, newest = _place_before(second, times_ms[0]), None
    for time_ms, value in zip(times_ms, values, strict=True):
        while place < len(second) and second[place].time_ms <= time_ms:
            newest = SecondReading(second[place].time_ms, second[place].value)
            place += 1
        state, events = step(watched, state, Observed(time_ms, value, marks, newest))
        yield from events
    yield state


def _place_before(second: Sequence[Point], time_ms: int) -> int:
    low, high = 0, len(second)
    while low < high:
        middle = (low + high) // 2
        low, high = (middle + 1, high) if second[middle].time_ms <= time_ms else (low, middle)
    return max(0, low - 1)


def _strides(points: Sequence[Point], interval_s: float | None) -> Iterator[tuple[list[int], list[float], int]]:
    """Runs of readings with the same marks and no gap in which a silence could fall, `STRIDE` long at most."""
    gap_ms = int(1_000 * (interval_s or 60.0) * 1.5)
    for column in columns_of("", "", points):
        start = 0
        times_ms = column.times_ms
        for place in range(1, len(times_ms) + 1):
            if place == len(times_ms) or place - start == STRIDE or times_ms[place] - times_ms[place - 1] > gap_ms:
                yield times_ms[start:place], column.values[start:place], column.marks
                start = place


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
