"""An evaluation pass: readings, verdicts or a moment of silence, through the engine, with nothing changed yet.

EvaluatorMemory + RuleInput ─► EvaluationPass ─► EvaluationPlan
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from cloud.alarms.adoption import adopted_state, raised_event
from cloud.alarms.evaluation_plan import EvaluationPlan, FoundEvent, Key, PassFindings, Series, SeriesFault, plan_of
from cloud.alarms.evaluator_memory import EvaluatorMemory
from cloud.alarms.manual_values import ManualValue, rests_on
from cloud.alarms.onset_correction import OnsetCorrection
from cloud.alarms.rule_input import RuleInput, WatchedColumn, merged
from cloud.alarms.second_readings import SecondReadings, known_until, reading_at, with_readings
from cloud.alarms.silences import heard_as, next_level_after_ms, silent_after_ms
from cloud.readings.contract import Verdict
from cloud.rulebook.rule_bindings import HEARD, RuleBinding, RuleBindings, pieces
from cloud.rulebook.rule_targets import RuleTargets
from rules.core import Core
from rules.engine import (
    START,
    Event,
    EventKind,
    Observed,
    Phase,
    RuleState,
    SecondReading,
    overrule,
    reevaluate,
    restart,
    step,
    step_column,
    tick,
    withdraw,
)
from rules.engine_state import Checkpoint
from rules.late_lane import end_lane
from rules.marks import Mark
from rules.overruling import counts_from_ms
from rules.rule import NOT_OF_THE_READING
from wire.local_alarms import RaisedAlarm

AGAIN_MS = 5_000
"""How soon a silence that the engine does not believe yet is looked at again."""

UNHEARD_MS = 60_000
"""How soon a sensor that never said anything is looked at again."""

ANY_MS = 1 << 62
"""The latest time that can be where nothing that comes says what time it is now."""
_BACKFILL = int(Mark.BACKFILL)


class EvaluationPass:
    """One pass; `now_ms` is the cloud's clock, UTC, `listened_ms` how long we have listened by now.

    State of a series with times after `latest_ms` (UTC) is of a wrong clock: what comes now replaces it.
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
        self._found = PassFindings()

    def apply(self, rule_inputs: Iterable[RuleInput]) -> None:
        """Run the rules on readings that have come."""
        came: defaultdict[Series, list[WatchedColumn]] = defaultdict(list)
        for rule_input in rule_inputs:
            for column in rule_input.columns:
                came[column.sensor, column.quantity].append(column)
            for sensor, time_ms in rule_input.heard_ms.items():
                self._mark_heard((sensor, HEARD), time_ms)
        series = {name: merged(columns) for name, columns in came.items()}
        self._apply_second_readings(series)
        for (sensor, quantity), columns in series.items():
            self._mark_heard((sensor, quantity), max(column.times_ms[-1] for column in columns))
            self._apply_columns(sensor, quantity, columns)
        for sensor in {sensor for sensor, _ in self._found.heard_ms if self._memory.is_open(sensor)}:
            self._break_silence(sensor)

    def reevaluate(self, verdicts: Iterable[Verdict]) -> None:
        """Apply later verdicts on readings: the rules see these as if they had come with the marks that hold now."""
        for verdict in verdicts:
            span = self._bindings.span(verdict.sensor, verdict.time_ms)
            for binding in () if span is None else span.bindings:
                key = (verdict.sensor, binding.family)
                if binding.watched.rule.quantity == verdict.quantity and not binding.is_silence:
                    outcome = reevaluate(binding.watched, self._state(key), verdict.time_ms, verdict.marks)
                    self._record(key, binding, outcome)

    def adopt(self, alarm: RaisedAlarm, *, heard_ms: int) -> None:
        """Take over an open alarm of a gateway, which has judged its readings until `heard_ms` (UTC)."""
        key = (alarm.sensor, alarm.family)
        binding = self._bindings.at(*key, self._now_ms)
        if binding is None or binding.is_silence:
            return
        before, level = self._state(key), min(alarm.level, len(binding.watched.rule.levels) - 1)
        event = raised_event(alarm, level=level)
        after = adopted_state(before, alarm, level=level, heard_ms=heard_ms)
        if before.level < 0:
            self._record(key, binding, (after, (*end_lane(before), event)))
        elif before.opened_ms is not None and alarm.opened_ms < before.opened_ms:
            self._record(key, binding, (after, end_lane(before)))
            self._found.restarted[key] = OnsetCorrection(before.opened_ms, event)

    def overrule(self, *, is_listening: bool) -> None:
        """Let what people have read count where its sensor is doubted, or silent while we listen; or no more."""
        for (sensor, quantity), values in self._memory.manual_values.items():
            for binding in self._bindings_now(sensor):
                if binding.watched.rule.quantity == quantity and not binding.is_silence:
                    self._withdraw((sensor, binding.family), binding, values)
                    unsure = self._state((sensor, binding.family)).head.unsure is not None
                    if unsure or (is_listening and self._is_silent(binding)):
                        self._overrule((sensor, binding.family), binding, values, before_ms=self._now_ms + 1)

    def check_silence(self, key: Key) -> int | None:
        """Look whether a sensor is silent; when (`ListeningTime`) to look again, if a rule waits for its silence.

        None also where its alarm is open at the worst level: only a reading can change that, and is seen as it comes.
        """
        binding = self._bindings.at(*key, self._now_ms)
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
            self._record(key, binding, step(binding.watched, START, Observed(heard_ms, 0.0)))
        self._record(key, binding, tick(binding.watched, self._state(key), heard_ms + silent_ms))
        if not binding.is_silence or due_ms is None:
            return None
        next_ms = next_level_after_ms(binding.watched, self._state(key).level)
        return None if next_ms is None else self._listened_ms + max(AGAIN_MS, next_ms - silent_ms)

    def plan(self) -> EvaluationPlan:
        """The plan of what the pass has found."""
        return plan_of(
            self._found, self._memory.states, self._targets, now_ms=self._now_ms, listened_ms=self._listened_ms
        )

    def _apply_second_readings(self, series: dict[Series, list[WatchedColumn]]) -> None:
        """Take in what second sensors measured before any rule asks, so that the order of columns changes nothing."""
        for name in self._bindings.second_series():
            if name in series:
                known = known_until(self._second_readings(name), self._latest_ms)
                self._found.second_readings[name] = with_readings(known, series[name])

    def _apply_columns(self, sensor: str, quantity: str, columns: Iterable[WatchedColumn]) -> None:
        """Run the rules on the readings of one series; a mistake of ours in them must not hold up all others."""
        try:
            for column in columns:
                self._apply_column(column)
        except Exception as error:
            self._found.faults.append(SeriesFault(sensor, quantity, error))

    def _apply_column(self, column: WatchedColumn) -> None:
        for span, start, end in pieces(self._bindings.spans(column.sensor), column.times_ms):
            times_ms, values = column.times_ms[start:end], column.values[start:end]
            for binding in span.bindings:
                if binding.is_silence or binding.watched.rule.quantity != column.quantity:
                    continue
                key = (column.sensor, binding.family)
                if not column.marks & _BACKFILL:
                    self._restart(key, times_ms[0], times_ms[-1])
                manual = self._memory.manual_values.get((column.sensor, column.quantity), ())
                if binding.watched.rule.also is None and not manual:
                    outcome = step_column(binding.watched, self._state(key), times_ms, values, marks=column.marks)
                    self._record(key, binding, outcome)
                else:
                    self._step_each(key, binding, times_ms, values, column.marks, manual)

    def _step_each(
        self, key: Key, binding: RuleBinding, times_ms: list[int], values: list[float], marks: int,
        manual: Sequence[ManualValue],
    ) -> None:  # fmt: skip
        """Run a rule reading by reading, each with what the second sensor, and people, had read by then."""
        for time_ms, value in zip(times_ms, values, strict=True):
            self._overrule(key, binding, manual, before_ms=time_ms)
            observed = Observed(time_ms, value, marks, self._second_at(binding, time_ms))
            self._record(key, binding, step(binding.watched, self._state(key), observed))
        if self._state(key).head.unsure is not None:
            self._overrule(key, binding, manual, before_ms=self._now_ms + 1)

    def _second_at(self, binding: RuleBinding, time_ms: int) -> SecondReading | None:
        also = binding.watched.rule.also
        return None if also is None else reading_at(self._second_readings((also.sensor, also.quantity)), time_ms)

    def _overrule(self, key: Key, binding: RuleBinding, values: Sequence[ManualValue], *, before_ms: int) -> None:
        """Offer what people have read to a rule, as far as it can count before a time (UTC)."""
        if binding.watched.rule.kind in NOT_OF_THE_READING:
            return
        for value in values:
            state = self._state_as_heard(key, binding)
            at_ms = counts_from_ms(state.head, value.entered_ms, silent_ms=binding.watched.numbers.silent_ms)
            if at_ms < before_ms and not value.withdrawn:
                observed = Observed(at_ms, value.value, 0, self._second_at(binding, at_ms), value.read_by)
                self._record(key, binding, overrule(binding.watched, state, observed))

    def _state_as_heard(self, key: Key, binding: RuleBinding) -> RuleState:
        """The state of a rule, which after a restart may know less of a calm sensor than that it was heard."""
        state, heard_ms = self._state(key), self._memory.heard_ms.get((key[0], binding.watched.rule.quantity))
        if heard_ms is None or state.head.heard_ms >= heard_ms or state.level >= 0:
            return state
        core = Core(heard_ms)
        return RuleState(core, core, Checkpoint(core, 0))

    def _withdraw(self, key: Key, binding: RuleBinding, values: Sequence[ManualValue]) -> None:
        for reading in (value.read_by.reading for value in values if value.withdrawn):
            if rests_on(self._state(key), reading):
                self._record(key, binding, withdraw(binding.watched, self._state(key), reading))

    def _is_silent(self, binding: RuleBinding) -> bool:
        """Whether we have listened for so long without hearing a sensor that it is silent."""
        return self._heard(binding) is None or self._silent_ms(binding) > binding.watched.numbers.silent_ms

    def _break_silence(self, sensor: str) -> None:
        for binding in self._bindings_now(sensor):
            key = (sensor, binding.family)
            heard_ms = self._heard(binding)
            if binding.is_silence and heard_ms is not None and self._state(key).phase is not Phase.NORMAL:
                self._restart(key, heard_ms, heard_ms)
                self._record(key, binding, step(binding.watched, self._state(key), Observed(heard_ms, 0.0)))

    def _restart(self, key: Key, first_ms: int, last_ms: int) -> None:
        """Restart rules whose state has times that have not come yet, for readings from `first_ms` to `last_ms`."""
        before = self._state(key)
        if not before.head.heard_ms > self._latest_ms >= last_ms:
            return
        self._found.states[key] = after = restart(before, first_ms)
        if before.opened_ms is not None and after.opened_ms is not None and after.opened_ms != before.opened_ms:
            raised = Event(EventKind.RAISED, after.opened_ms, after.opened_ms, after.level, after.head.value)
            self._found.restarted[key] = OnsetCorrection(before.opened_ms, raised)

    def _bindings_now(self, sensor: str) -> Iterator[RuleBinding]:
        spans = [span for span in self._bindings.spans(sensor) if span.since_ms <= self._now_ms]
        yield from spans[-1].bindings if spans else ()

    def _end(self, key: Key) -> None:
        """No rule holds any more: an alarm that it left open is over, or ends unknown where the sensor is retired."""
        state, sensor = self._state(key), self._targets.get(key[0])
        if state.opened_ms is not None and state.level >= 0 and sensor is not None:
            binding = self._bindings.last(*key)
            if binding is not None:
                kind, value = (EventKind.RETIRED, state.head.value) if sensor.retired else (EventKind.CLOSED, 0.0)
                event = Event(kind, state.opened_ms, self._now_ms, state.level, value)
                self._found.events.append(FoundEvent(key, binding, event))
        self._found.states[key] = START

    def _record(self, key: Key, binding: RuleBinding, outcome: tuple[RuleState, tuple[Event, ...]]) -> None:
        state, events = outcome
        self._found.states[key] = state
        self._found.events += [FoundEvent(key, binding, event) for event in events]

    def _state(self, key: Key) -> RuleState:
        return self._found.states.get(key) or self._memory.states.get(key, START)

    def _mark_heard(self, series: Series, time_ms: int) -> None:
        known_ms = self._found.heard_ms.get(series) or self._memory.heard_ms.get(series, 0)
        if time_ms > known_ms or known_ms > self._latest_ms:
            self._found.heard_ms[series] = time_ms

    def _heard(self, binding: RuleBinding) -> int | None:
        series = (binding.watched.sensor, heard_as(binding))
        return self._found.heard_ms.get(series) or self._memory.heard_ms.get(series)

    def _silent_ms(self, binding: RuleBinding) -> int:
        """How long we have listened and heard nothing new of what a rule looks at."""
        series = (binding.watched.sensor, heard_as(binding))
        if series in self._found.heard_ms:
            return 0
        return max(0, self._listened_ms - self._memory.heard_after_ms.get(series, self._listened_ms))

    def _second_readings(self, name: Series) -> SecondReadings:
        return self._found.second_readings.get(name) or self._memory.second_readings.get(name, ())
