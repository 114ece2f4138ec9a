"""A round: readings, or a moment of silence, through the engine; what comes of it as a plan, and nothing changed yet.

EvaluatorMemory + RuleInput ─► EvaluationPass ─► EvaluationPlan(states, kept, news, …)
 ─► rows in the transaction of the receipts ─► EvaluatorMemory.accept
"""

import heapq
from collections import defaultdict
from collections.abc import Iterable, Iterator

import msgspec

from cloud.alarms.event_rows import AlarmEventRecord
from cloud.alarms.onset_correction import OnsetCorrection, onset_correction
from cloud.alarms.rule_input import RuleInput, WatchedColumn, merged
from cloud.alarms.second_readings import SECOND_READINGS_KEPT, SecondReadings, known_until, reading_at, with_readings
from cloud.readings.contract import Verdict
from cloud.rulebook.rule_bindings import HEARD, RuleBinding, RuleBindings, pieces
from cloud.rulebook.rule_targets import RuleTargets
from rules.engine import (
    START,
    Event,
    EventKind,
    Observed,
    Phase,
    RuleState,
    Watched,
    begin_anew,
    judge_anew,
    step,
    step_column,
    tick,
)
from rules.marks import Mark

STALE_MS = 300_000
"""An alarm that was raised and over before anybody could be told, longer ago than this, is late."""

AGAIN_MS = 5_000
"""How soon a silence that the engine does not believe yet is looked at again."""

UNHEARD_MS = 60_000
"""How soon a sensor that never said anything is looked at again."""

ANY_MS = 1 << 62
"""The latest time that can be where nothing that comes says what time it is now."""
_BACKFILL = int(Mark.BACKFILL)

Key = tuple[str, str]
"""(sensor, family)."""
Series = tuple[str, str]
"""(sensor, quantity)."""


class SeriesFault(msgspec.Struct, frozen=True):
    """A series that the rules could not be run on, because of a mistake of ours."""

    sensor: str
    quantity: str
    error: Exception


class EvaluationPlan(msgspec.Struct, frozen=True):
    """What a pass changes: all `states`, those of them that are `kept` in the database, and the events' `records`.

    `heard_ms` (UTC) are the newest readings of series, heard when we had listened for `listened_ms`.
    `onset_corrections` are open alarms that began at another time than was told; `faults` what our own code failed on.
    """

    states: dict[Key, RuleState]
    kept: tuple[Key, ...]
    records: tuple[AlarmEventRecord, ...]
    heard_ms: dict[Series, int]
    second_readings: dict[Series, SecondReadings]
    listened_ms: int = 0
    onset_corrections: dict[Key, OnsetCorrection] = {}
    faults: tuple[SeriesFault, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether nothing has to be written."""
        return not self.kept and not self.records


class EvaluatorMemory:
    """What the watch knows: each rule's state on each sensor, who was heard when, the second sensors' last readings."""

    def __init__(self) -> None:
        self.states: dict[Key, RuleState] = {}
        self.open: set[Key] = set()
        self.heard_ms: dict[Series, int] = {}
        self.heard_after_ms: dict[Series, int] = {}
        """`ListeningTime` when a series' newest reading came; less than 0 where that was before the start."""
        self.second_readings: dict[Series, SecondReadings] = {}
        self.due: list[tuple[int, Key]] = []

    def accept(self, plan: EvaluationPlan) -> None:
        """Take in what is now in the database."""
        self.heard_ms.update(plan.heard_ms)
        self.heard_after_ms.update(dict.fromkeys(plan.heard_ms, plan.listened_ms))
        self.second_readings.update(plan.second_readings)
        for key, state in plan.states.items():
            self.states[key] = state
            if state.phase is Phase.NORMAL:
                self.open.discard(key)
            else:
                self.open.add(key)

    def wait_for(self, key: Key, due_ms: int) -> None:
        """Look at the silence of `key` again when we have listened for `due_ms`."""
        heapq.heappush(self.due, (due_ms, key))

    def overdue(self, listened_ms: int, *, most: int) -> list[Key]:
        """Whose silence must be looked at by now, at most so many."""
        found: list[Key] = []
        while self.due and self.due[0][0] <= listened_ms and len(found) < most:
            found.append(heapq.heappop(self.due)[1])
        return found


class EvaluationPass:
    """One round; `now_ms` is the cloud's clock, UTC, `listened_ms` how long we have listened by now.

    What is remembered of a series of later than `latest_ms` (UTC) gives way to what comes now: it is of a wrong clock.
    """

    def __init__(
        self,
        memory: EvaluatorMemory,
        bindings: RuleBindings,
        targets: RuleTargets,
        *,
        now_ms: int,
        listened_ms: int,
        latest_ms: int = ANY_MS,
    ) -> None:
        self._memory = memory
        self._bindings = bindings
        self._targets = targets
        self._now_ms = now_ms
        self._listened_ms = listened_ms
        self._latest_ms = latest_ms
        self._restarted: dict[Key, OnsetCorrection] = {}
        self._states: dict[Key, RuleState] = {}
        self._events: list[tuple[Key, RuleBinding, Event]] = []
        self._faults: list[SeriesFault] = []
        self._heard_ms: dict[Series, int] = {}
        self._second_readings: dict[Series, SecondReadings] = {}

    def apply(self, rule_inputs: Iterable[RuleInput]) -> None:
        """Readings have come."""
        came: defaultdict[Series, list[WatchedColumn]] = defaultdict(list)
        for rule_input in rule_inputs:
            for column in rule_input.columns:
                came[column.sensor, column.quantity].append(column)
            for sensor, time_ms in rule_input.heard_ms.items():
                self._mark_heard((sensor, HEARD), time_ms)
        series = {name: merged(columns) for name, columns in came.items()}
        for name in self._bindings.second_series():
            if name in series:
                self._second_readings[name] = with_readings(
                    known_until(self._second_readings_of(name), self._latest_ms), series[name]
                )
        for (sensor, quantity), columns in series.items():
            self._mark_heard((sensor, quantity), max(column.times_ms[-1] for column in columns))
            self._columns(sensor, quantity, columns)
        for sensor in {sensor for sensor, _ in self._memory.open}.intersection(sensor for sensor, _ in self._heard_ms):
            self._break_silence(sensor)

    def judge_anew(self, verdicts: Iterable[Verdict]) -> None:
        """Later verdicts on readings: the rules see them as if they had come with the marks that hold now."""
        for verdict in verdicts:
            span = self._bindings.span(verdict.sensor, verdict.time_ms)
            for binding in () if span is None else span.bindings:
                key = (verdict.sensor, binding.family)
                if binding.watched.rule.quantity == verdict.quantity and not binding.is_silence:
                    self._step(
                        key, binding, judge_anew(binding.watched, self._state(key), verdict.time_ms, verdict.marks)
                    )

    def check_silence(self, key: Key) -> int | None:
        """Look whether a sensor is silent; when (`ListeningTime`) to look again, if a rule waits for its silence."""
        sensor, family = key
        binding = self._bindings.at(sensor, family, self._now_ms)
        if binding is None:
            self._end(key)
            return None
        heard_ms = self._heard(binding)
        if heard_ms is None:
            return self._listened_ms + UNHEARD_MS if binding.is_silence else None
        silent_ms, due_ms = self._silent_ms(binding), silent_after_ms(binding.watched)
        if binding.is_silence and self._state(key).phase is Phase.NORMAL:
            if due_ms is None:
                return None
            if due_ms > silent_ms:
                return self._listened_ms + due_ms - silent_ms
            # from the start: what it remembers of an older silence says nothing of the time between
            self._step(key, binding, step(binding.watched, START, Observed(heard_ms, 0.0)))
        self._step(key, binding, tick(binding.watched, self._state(key), heard_ms + silent_ms))
        return self._listened_ms + AGAIN_MS if binding.is_silence and due_ms is not None else None

    def plan(self) -> EvaluationPlan:
        """What the round has found."""
        changed = {key: state for key, state in self._states.items() if state is not self._memory.states.get(key)}
        onset_corrections = self._correct_onsets() | self._restarted
        reported = {key for key, _, _ in self._events} | onset_corrections.keys()
        kept = tuple(key for key, state in changed.items() if key in reported or self._matters(key, state))
        records = tuple(self._records())
        second_readings = {name: readings[-SECOND_READINGS_KEPT:] for name, readings in self._second_readings.items()}
        return EvaluationPlan(
            changed,
            kept,
            records,
            self._heard_ms,
            second_readings,
            self._listened_ms,
            onset_corrections,
            tuple(self._faults),
        )

    def _correct_onsets(self) -> dict[Key, OnsetCorrection]:
        """Tell no alarm anew that has only begun at another time."""
        onset_corrections: dict[Key, OnsetCorrection] = {}
        for key in {key for key, _, event in self._events if event.undone is EventKind.RAISED}:
            own = [(binding, event) for each, binding, event in self._events if each == key]
            before = self._memory.states.get(key, START)
            correction, left = onset_correction([event for _, event in own], before.opened_ms)
            if correction is not None:
                onset_corrections[key] = correction
                self._events = [entry for entry in self._events if entry[0] != key]
                self._events += [(key, own[-1][0], event) for event in left]
        return onset_corrections

    def _columns(self, sensor: str, quantity: str, columns: Iterable[WatchedColumn]) -> None:
        """The readings of one series; a mistake of ours in its rules must not hold up all others."""
        try:
            for column in columns:
                self._column(column)
        except Exception as error:
            self._faults.append(SeriesFault(sensor, quantity, error))

    def _column(self, column: WatchedColumn) -> None:
        spans = self._bindings.spans(column.sensor)
        for span, start, end in pieces(spans, column.times_ms):
            times_ms, values = column.times_ms[start:end], column.values[start:end]
            for binding in span.bindings:
                if binding.is_silence or binding.watched.rule.quantity != column.quantity:
                    continue
                key = (column.sensor, binding.family)
                if not column.marks & _BACKFILL:
                    self._restart(key, times_ms[0], times_ms[-1])
                if binding.watched.rule.also is None:
                    self._step(
                        key,
                        binding,
                        step_column(binding.watched, self._state(key), times_ms, values, marks=column.marks),
                    )
                    continue
                also = binding.watched.rule.also
                second_readings = self._second_readings_of((also.sensor, also.quantity))
                for time_ms, value in zip(times_ms, values, strict=True):
                    observed = Observed(time_ms, value, column.marks, reading_at(second_readings, time_ms))
                    self._step(key, binding, step(binding.watched, self._state(key), observed))

    def _break_silence(self, sensor: str) -> None:
        for binding in self._bindings_now(sensor):
            key = (sensor, binding.family)
            heard_ms = self._heard(binding)
            if binding.is_silence and heard_ms is not None and self._state(key).phase is not Phase.NORMAL:
                self._restart(key, heard_ms, heard_ms)
                self._step(key, binding, step(binding.watched, self._state(key), Observed(heard_ms, 0.0)))

    def _restart(self, key: Key, first_ms: int, last_ms: int) -> None:
        """Readings from `first_ms` to `last_ms` come: what is known of a time that has not come yet gives way."""
        before = self._state(key)
        if not before.head.heard_ms > self._latest_ms >= last_ms:
            return
        self._states[key] = after = begin_anew(before, first_ms)
        if before.opened_ms is not None and after.opened_ms is not None and after.opened_ms != before.opened_ms:
            raised = Event(EventKind.RAISED, after.opened_ms, after.opened_ms, after.level, after.head.value)
            self._restarted[key] = OnsetCorrection(before.opened_ms, raised)

    def _bindings_now(self, sensor: str) -> Iterator[RuleBinding]:
        spans = [span for span in self._bindings.spans(sensor) if span.since_ms <= self._now_ms]
        yield from spans[-1].bindings if spans else ()

    def _end(self, key: Key) -> None:
        """No rule holds any more: an alarm that it left open is over."""
        state, sensor = self._state(key), self._targets.get(key[0])
        if state.opened_ms is not None and state.level >= 0 and sensor is not None:
            binding = self._bindings.last(*key)
            if binding is not None:
                event = Event(EventKind.CLOSED, state.opened_ms, self._now_ms, state.level, 0.0)
                self._events.append((key, binding, event))
        self._states[key] = START

    def _step(self, key: Key, binding: RuleBinding, outcome: tuple[RuleState, tuple[Event, ...]]) -> None:
        state, events = outcome
        self._states[key] = state
        self._events += [(key, binding, event) for event in events]

    def _matters(self, key: Key, state: RuleState) -> bool:
        before = self._memory.states.get(key, START)
        return _what_matters(before) != _what_matters(state)

    def _records(self) -> Iterator[AlarmEventRecord]:
        raised = {(key, event.opened_ms) for key, _, event in self._events if event.kind is EventKind.RAISED}
        brief = self._silences_over()
        for number, (key, binding, event) in enumerate(self._events):
            sensor = self._targets.get(key[0])
            if sensor is None:
                continue
            over = (key, event.opened_ms) in raised and self._states[key].opened_ms != event.opened_ms
            stale = over and self._now_ms - event.time_ms > STALE_MS
            yield AlarmEventRecord(event, binding, sensor, event.late or stale or number in brief)

    def _silences_over(self) -> set[int]:
        """By their number the events of silences that are over as we learn of them: it was we who did not listen."""
        found: set[int] = set()
        begun: dict[Key, int] = {}
        for number, (key, _, event) in enumerate(self._events):
            if event.kind is EventKind.SILENT:
                begun[key] = number
            elif event.kind is EventKind.HEARD and key in begun:
                found |= {begun.pop(key), number}
        return found

    def _state(self, key: Key) -> RuleState:
        return self._states.get(key) or self._memory.states.get(key, START)

    def _mark_heard(self, series: Series, time_ms: int) -> None:
        known_ms = self._heard_ms.get(series) or self._memory.heard_ms.get(series, 0)
        if time_ms > known_ms or known_ms > self._latest_ms:
            self._heard_ms[series] = time_ms

    def _heard(self, binding: RuleBinding) -> int | None:
        series = (binding.watched.sensor, heard_as(binding))
        return self._heard_ms.get(series) or self._memory.heard_ms.get(series)

    def _silent_ms(self, binding: RuleBinding) -> int:
        """How long we have listened and heard nothing new of what a rule looks at."""
        series = (binding.watched.sensor, heard_as(binding))
        if series in self._heard_ms:
            return 0
        return max(0, self._listened_ms - self._memory.heard_after_ms.get(series, self._listened_ms))

    def _second_readings_of(self, name: Series) -> SecondReadings:
        return self._second_readings.get(name) or self._memory.second_readings.get(name, ())


def heard_as(binding: RuleBinding) -> str:
    """What of its sensor a silence waits for: one quantity, or anything."""
    return binding.watched.rule.quantity or HEARD


def silent_after_ms(watched: Watched) -> int | None:
    """After how long silence matters; None where nobody knows how often the sensor speaks."""
    if watched.interval_s is None:
        return None
    return int(min(level.limit for level in watched.rule.levels) * watched.interval_s * 1000)


def _what_matters(state: RuleState) -> tuple[object, ...]:
    """What of a state must outlive a restart: where its alarm stands, and the readings that wait to be confirmed."""
    return state.phase, state.opened_ms, state.level, state.head.held, state.head.doubted
