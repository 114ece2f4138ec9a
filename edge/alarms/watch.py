"""The watch: readings, on their way to the spool, through the alarm engine of rules/.

readings ─► distance becomes level, calibrated, bounds ─► step(watched, state, observed) ─► state', events

Pure: times are handed in. What the gateway's clock does not know yet counts here all the same: within one start the
times run on the monotonic clock, and when they step the states step with them. A value that no working sensor can have
measured counts for nothing, as in the cloud: a sensor that drowns says one, and closes no alarm by it.
"""

import logging
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from edge.alarms.bound_rules import DISTANCE, LEVEL, BoundRule, BoundRules, Key, Series
from edge.alarms.untimed import Identity
from rules.core import Core
from rules.engine import START, Event, EventKind, Observed, RuleState, SecondReading, restart, step
from rules.engine_state import Checkpoint
from rules.events import Phase
from rules.marks import Mark
from rules.rule import Level
from wire import Clock, Reading

STALE_MS = 300_000
"""A reading of so long ago is history: a siren sounds for the present, and the cloud judges what lies before it."""
AHEAD_MS = 60_000
"""A state that is so far ahead of the clock is of a time when the clock was wrong."""
SECONDS_KEPT = 8
_log = logging.getLogger(__name__)
_ESTIMATED = int(Mark.CLOCK_ESTIMATED)


class LocalEvent(NamedTuple):
    """An event of the engine, and the rule that it is of."""

    bound: BoundRule
    event: Event


class Findings(NamedTuple):
    """What readings have changed: events of alarms, and whose states.

    `untimed` are the alarms that readings of unknown time have raised, `reopened` those whose opening was a time of a
    wrong clock, with the one that holds now.
    """

    events: list[LocalEvent]
    keys: set[Key]
    untimed: list[Identity]
    reopened: dict[Identity, int]


class OpenAlarm(NamedTuple):
    """An alarm that is open now, and its level, which is the rule's `number`, from 0."""

    bound: BoundRule
    opened_ms: int
    level: Level
    value: float
    number: int

    @property
    def identity(self) -> Identity:
        """By what it is known here and in the cloud."""
        return self.bound.family, self.bound.watched.sensor, self.opened_ms


class AlarmWatch:
    """Runs `rules`; `states` are what an earlier start has left of them."""

    def __init__(self, rules: BoundRules, states: Mapping[Key, RuleState]) -> None:
        self.rules = rules
        self.states = {key: state for key, state in states.items() if key in rules.by_key}
        self.faults: dict[Key, str] = {}
        """Rules that could not be run on their last reading, and why: a mistake of ours."""
        self.late_s: dict[str, int] = {}
        """Sensors whose last reading was history when it came, and how old it was."""
        self._second: dict[Series, deque[SecondReading]] = {}

    def observe(self, readings: Sequence[Reading], *, now_ms: int) -> Findings:
        """Take readings in."""
        found = Findings([], set(), [], {})
        for sensor, quantity, time_ms, value, clock in self._judged(readings):
            bound = self.rules.by_series.get((sensor, quantity), ())
            if now_ms - time_ms > STALE_MS:
                self.late_s |= {sensor: (now_ms - time_ms) // 1_000} if bound else {}
                continue
            value = self.rules.calibrated(sensor, quantity, value)
            if not self.rules.can_be(quantity, value):
                continue
            if (sensor, quantity) in self.rules.second:
                kept = self._second.setdefault((sensor, quantity), deque(maxlen=SECONDS_KEPT))
                kept.append(SecondReading(time_ms, value))
            for each in bound:
                self.late_s.pop(sensor, None)
                marks = _ESTIMATED if clock is Clock.ESTIMATED else 0
                observed = Observed(time_ms, value, marks, self._second_of(each, time_ms))
                self._run(each, observed, found, now_ms=now_ms, known=clock is not Clock.UNKNOWN)
        return found

    def _run(self, bound: BoundRule, observed: Observed, found: Findings, *, now_ms: int, known: bool) -> None:
        """Run one rule; a mistake of ours in it holds up no other."""
        try:
            events = self._step(bound, observed, found, now_ms=now_ms, known=known)
        except Exception as error:
            if bound.key not in self.faults:
                _log.exception("rule %s of %s could not be run", bound.family, bound.watched.sensor)
            self.faults[bound.key] = type(error).__name__
            return
        self.faults.pop(bound.key, None)
        found.keys.add(bound.key)
        found.events.extend(LocalEvent(bound, event) for event in events)
        if not known:
            sensor, raised = bound.watched.sensor, (each for each in events if each.kind is EventKind.RAISED)
            found.untimed.extend((bound.family, sensor, each.opened_ms) for each in raised)

    def _judged(self, readings: Iterable[Reading]) -> Iterator[tuple[str, str, int, float, Clock]]:
        """What rules look at: a level that is made of a distance stands for what the sensor says of it."""
        for each in readings:
            sensor, quantity = each.sensor, each.quantity
            if quantity == DISTANCE and self.rules.is_level_made_here(sensor):
                level = self.rules.level_of(sensor, each.value)
                if level is not None and self.rules.can_be(DISTANCE, each.value):
                    yield sensor, LEVEL, each.time_ms, level, each.clock
            elif quantity == LEVEL and self.rules.is_level_made_here(sensor):
                continue
            yield sensor, quantity, each.time_ms, each.value, each.clock

    def _second_of(self, bound: BoundRule, time_ms: int) -> SecondReading | None:
        also = bound.watched.rule.also
        if also is None:
            return None
        known = self._second.get((also.sensor, also.quantity), ())
        return next((each for each in reversed(known) if each.time_ms <= time_ms), None)

    def _step(
        self, bound: BoundRule, observed: Observed, found: Findings, *, now_ms: int, known: bool
    ) -> tuple[Event, ...]:
        state = self.states.get(bound.key, START)
        if state.head.heard_ms > now_ms + AHEAD_MS >= observed.time_ms:
            before_ms = state.opened_ms
            state = restart(state, observed.time_ms)
            if not known and before_ms is not None:
                state = _opened_at(state, before_ms)  # a clock that knows nothing contradicts nobody
            elif before_ms is not None and state.opened_ms is not None and state.opened_ms != before_ms:
                found.reopened[bound.family, bound.watched.sensor, before_ms] = state.opened_ms
        self.states[bound.key], events = step(bound.watched, state, observed)
        return events

    @property
    def notes(self) -> Iterator[str]:
        """What somebody should look at."""
        for (sensor, family), error in self.faults.items():
            yield f"rule {family} of {sensor} could not be run here ({error}); the cloud runs it on what comes up"
        for sensor, late_s in self.late_s.items():
            yield (
                f"what {sensor} measures is {late_s} s old when it comes, so it raises no alarm here; set its clock, "
                "or let it send sooner"
            )

    def open_alarms(self) -> list[OpenAlarm]:
        """The alarms that are open, recovering ones too: only what closes one makes it quiet, and silence does not."""
        found = []
        for key, state in self.states.items():
            core, bound = state.newest_core, self.rules.by_key[key]
            if core.level >= 0:
                levels = bound.watched.rule.levels
                number = min(core.level, len(levels) - 1)
                found.append(OpenAlarm(bound, core.opened_ms, levels[number], core.value, number))
        return found

    def move(self, shift_ms: int, *, before_ms: int) -> None:
        """The times up to `before_ms`, which is now by the old time, were wrong by `shift_ms`: readings move with it.

        What is open stays open, and began when it did: see `reopen`.
        """
        for key, state in self.states.items():
            core = state.newest_core
            if core.level < 0:
                self.states[key] = START
            elif core.heard_ms <= before_ms + AHEAD_MS:
                self.states[key] = _standing(
                    core.heard_ms + shift_ms, value=core.value, level=core.level, opened_ms=core.opened_ms
                )

    def reopen(self, began: Mapping[Identity, int]) -> None:
        """Let open alarms have begun when `began` says."""
        for alarm in self.open_alarms():
            opened_ms = began.get(alarm.identity)
            if opened_ms is not None:
                key = alarm.bound.key
                self.states[key] = _opened_at(self.states[key], opened_ms)

    def recall(self, states: Mapping[Key, RuleState]) -> None:
        """Take over what an earlier start has left: an alarm that was open goes on, as the one it was."""
        for key, state in states.items():
            here = self.states.get(key, START)
            if key in self.rules.by_key and state.level >= 0:
                opened_ms = state.newest_core.opened_ms
                self.states[key] = state if here.level < 0 else _opened_at(here, opened_ms)


def _opened_at(state: RuleState, opened_ms: int) -> RuleState:
    """`state` with its open alarm opened then; readings so far, whose events name another opening, are forgotten."""
    core = state.newest_core
    return _standing(core.heard_ms, value=core.value, level=core.level, opened_ms=opened_ms)


def _standing(heard_ms: int, *, value: float, level: int, opened_ms: int) -> RuleState:
    core = Core(heard_ms, value=value, phase=Phase.ALARMING, level=level, opened_ms=opened_ms)
    return RuleState(core, core, Checkpoint(core, 0))
