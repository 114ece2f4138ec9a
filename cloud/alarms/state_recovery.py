"""State recovery: after a restart the engine knows its states again, and sees again what its windows need.

alarm_states ─► states     newest readings ─► who was heard when
state kept at 03:10:20 ──► the store's readings since then, less the rule's windows ──► engine        at most a day back
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
from itertools import groupby

import msgspec
from sqlalchemy import Connection, select

from cloud.alarms.evaluation_plan import Key, Series
from cloud.alarms.evaluator_memory import EvaluatorMemory
from cloud.alarms.rule_input import RuleInput, WatchedColumn
from cloud.alarms.second_readings import with_readings
from cloud.alarms.tables import AlarmStateRow
from cloud.readings.contract import Point, ReadingsStore
from cloud.readings.newest import Newest
from cloud.rulebook.rule_bindings import HEARD, RuleBinding, RuleBindings
from cloud.rulebook.rule_targets import is_derived
from rules.engine import Phase, RuleState, SecondReading, decode_state
from rules.marks import NOT_BELIEVED
from rules.rule import Rule, RuleKind
from wire.durations import DAY_MS, HOUR_MS

_log = logging.getLogger(__name__)

LONGEST_MS = DAY_MS
AT_ONCE = 8
"""Series asked of the store at the same time."""
UNKNOWN_INTERVAL_S = 60.0
BEFORE_MANUAL_MS = HOUR_MS
"""So much of a series before what somebody has read beside it: enough to know whether it was doubted."""


def read_states(connection: Connection) -> dict[Key, tuple[RuleState, int]]:
    """Read the states that are kept, each with the event time (UTC ms) at which it stands."""
    found: dict[Key, tuple[RuleState, int]] = {}
    query = select(AlarmStateRow.sensor, AlarmStateRow.family, AlarmStateRow.time_ms, AlarmStateRow.body)
    for sensor, family, time_ms, body in connection.execute(query):
        try:
            found[sensor, family] = (decode_state(body), time_ms)
        except msgspec.DecodeError:
            _log.warning("the state of %s on %s is of another version of Siaga; it begins again", family, sensor)
    return found


def recall_newest(memory: EvaluatorMemory, newest: Newest, *, listened_ms: int) -> None:
    """Remember from the newest readings when each sensor was heard, and what the second sensors measured."""
    table = newest.quantities()
    for reading in newest.latest():
        told_of = (reading.quantity,) if is_derived(reading.quantity, table) else (reading.quantity, HEARD)
        for quantity in told_of:
            series = (reading.sensor, quantity)
            memory.heard_ms[series] = max(reading.time_ms, memory.heard_ms.get(series, 0))
        if not reading.marks & NOT_BELIEVED:
            memory.second_readings[reading.sensor, reading.quantity] = (SecondReading(reading.time_ms, reading.value),)
    # before this start somebody listened until the newest reading of all: that time counts, and none after it
    last_ms = max(memory.heard_ms.values(), default=0)
    for series, heard_ms in memory.heard_ms.items():
        memory.heard_after_ms[series] = listened_ms - (last_ms - heard_ms)


async def inputs_to_replay(
    bindings: RuleBindings,
    memory: EvaluatorMemory,
    store: ReadingsStore,
    kept_ms: Mapping[Key, int],
    sensors: Iterable[str],
    now_ms: int,
    latest_ms: int,
) -> AsyncIterator[list[RuleInput]]:
    """The readings that rules must see again, some series at a time; `kept_ms` is where each kept state stands.

    What the second sensors (`Rule.also`) had measured by then is known before the first of them. What is stored of
    later than `latest_ms` (UTC) is of a wrong clock, and is left out.
    """
    sensors = list(sensors)
    wanted = [each for each in _wanted(bindings, memory, kept_ms, sensors, now_ms) if each[2] <= latest_ms]
    for name, since_ms in _second(bindings, wanted, sensors, now_ms).items():
        points = await store.history(*name, start_ms=since_ms, end_ms=latest_ms + 1)
        memory.second_readings[name] = with_readings(memory.second_readings.get(name, ()), columns_of(*name, points))
    for start in range(0, len(wanted), AT_ONCE):
        series = wanted[start : start + AT_ONCE]
        histories = await asyncio.gather(
            *(
                store.history(sensor, quantity, start_ms=since_ms, end_ms=latest_ms + 1)
                for sensor, quantity, since_ms in series
            )
        )
        yield [
            RuleInput(tuple(columns_of(sensor, quantity, points)))
            for (sensor, quantity, _), points in zip(series, histories, strict=True)
            if points
        ]


def columns_of(sensor: str, quantity: str, points: Sequence[Point]) -> Iterator[WatchedColumn]:
    """A history as columns, a new one wherever the marks change."""
    for marks, run in groupby(points, key=lambda point: point.marks):
        same = list(run)
        yield WatchedColumn(sensor, quantity, marks, [point.time_ms for point in same], [point.value for point in same])


def window_ms(rule: Rule, interval_s: float | None) -> int:
    """How far back a rule looks besides its state: the window of a rise, the last `m` readings.

    The days of a trend are in its state, which is kept whenever they grow: to read them back would be all too much.
    """
    window_s = rule.window_s if rule.kind is RuleKind.RISE else 0.0
    if rule.at_least is not None:
        window_s += rule.at_least.m * (interval_s or UNKNOWN_INTERVAL_S)
    return int((window_s + rule.lateness_s) * 1000) if window_s else 0


def _wanted(
    bindings: RuleBindings, memory: EvaluatorMemory, kept_ms: Mapping[Key, int], sensors: Iterable[str], now_ms: int
) -> Iterator[tuple[str, str, int]]:
    """(sensor, quantity, since when): for alarms that are open or may be, and for windows."""
    for sensor in sensors:
        since: dict[str, int] = {}
        for span in bindings.spans(sensor)[-1:]:
            for binding in span.bindings:
                since_ms = None if binding.is_silence else _since_ms(binding, memory, kept_ms, now_ms)
                if since_ms is not None:
                    quantity = binding.watched.rule.quantity
                    since[quantity] = min(since_ms, since.get(quantity, since_ms))
        yield from ((sensor, quantity, since_ms) for quantity, since_ms in since.items())


def _second(
    bindings: RuleBindings, wanted: Sequence[tuple[str, str, int]], sensors: Iterable[str], now_ms: int
) -> dict[Series, int]:
    """Since when (UTC ms) second sensors' readings matter: as old as a rule takes them, before what it sees again."""
    seen_from = {(sensor, quantity): since_ms for sensor, quantity, since_ms in wanted}
    since: dict[Series, int] = {}
    for sensor in sensors:
        for binding in (binding for span in bindings.spans(sensor)[-1:] for binding in span.bindings):
            also = binding.watched.rule.also
            if also is not None:
                first_ms = min(now_ms, seen_from.get((sensor, binding.watched.rule.quantity), now_ms))
                name = (also.sensor, also.quantity)
                since[name] = min(since.get(name, now_ms), first_ms - round(also.within_s * 1_000))
    return since


def _since_ms(binding: RuleBinding, memory: EvaluatorMemory, kept_ms: Mapping[Key, int], now_ms: int) -> int | None:
    key = (binding.watched.sensor, binding.family)
    window = window_ms(binding.watched.rule, binding.watched.interval_s)
    state = memory.states.get(key)
    if state is not None and state.phase is not Phase.NORMAL:
        return max(kept_ms[key], now_ms - LONGEST_MS) - window
    series = (binding.watched.sensor, binding.watched.rule.quantity)
    newest_ms = memory.heard_ms.get(series)
    manual = memory.manual_values.get(series)
    if manual:  # whether they count depends on what the sensor said before and since
        return min(each.read_by.read_ms for each in manual) - BEFORE_MANUAL_MS - window
    if newest_ms is None or not window or newest_ms < now_ms - LONGEST_MS - window:
        return None  # what was imported of last year is no news
    return min(now_ms, newest_ms) - window
