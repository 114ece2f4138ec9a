"""What a pass over readings or silences changes: a plan, written in one transaction and accepted after its commit.

PassFindings(states, events, …) ─► plan_of ─► EvaluationPlan(states, kept, records, …)
 ─► rows in the transaction of the receipts ─► EvaluatorMemory.accept
"""

from collections.abc import Iterator, Mapping

import msgspec

from cloud.alarms.event_rows import AlarmEventRecord
from cloud.alarms.onset_correction import OnsetCorrection, onset_correction
from cloud.alarms.overrulings import Overrulings, overrulings_of
from cloud.alarms.second_readings import SECOND_READINGS_KEPT, SecondReadings
from cloud.rulebook.rule_bindings import RuleBinding
from cloud.rulebook.rule_targets import RuleTargets
from rules.engine import START, Event, EventKind, RuleState

STALE_MS = 300_000
"""An alarm that was raised and over before anybody could be notified, longer ago than this, is late."""

Key = tuple[str, str]
"""(sensor, family)."""
Series = tuple[str, str]
"""(sensor, quantity)."""


class SeriesFault(msgspec.Struct, frozen=True):
    """A series that the rules could not be run on, because of a mistake of ours."""

    sensor: str
    quantity: str
    error: Exception


class FoundEvent(msgspec.Struct, frozen=True):
    """An event of the engine, and which rule on which sensor it is of."""

    key: Key
    binding: RuleBinding
    event: Event


class PassFindings:
    """What a pass has found so far: all of it is new, and nothing of it is in the memory yet.

    `restarted` are open alarms that begin again at another time, since their clock was wrong.
    """

    def __init__(self) -> None:
        self.states: dict[Key, RuleState] = {}
        self.events: list[FoundEvent] = []
        self.heard_ms: dict[Series, int] = {}
        self.second_readings: dict[Series, SecondReadings] = {}
        self.restarted: dict[Key, OnsetCorrection] = {}
        self.faults: list[SeriesFault] = []


class EvaluationPlan(msgspec.Struct, frozen=True):
    """What a pass changes: all `states`, those of them that are `kept` in the database, and the events' `records`.

    `heard_ms` (UTC) are the newest readings of series, heard when we had listened for `listened_ms`.
    `onset_corrections` are open alarms that began at another time than was reported; `faults` what our code failed on.
    """

    states: dict[Key, RuleState]
    kept: tuple[Key, ...]
    records: tuple[AlarmEventRecord, ...]
    heard_ms: dict[Series, int]
    second_readings: dict[Series, SecondReadings]
    listened_ms: int = 0
    onset_corrections: dict[Key, OnsetCorrection] = {}
    faults: tuple[SeriesFault, ...] = ()
    overrulings: Overrulings = Overrulings({}, {})

    @property
    def is_empty(self) -> bool:
        """Whether nothing has to be written."""
        return not self.kept and not self.records


def plan_of(
    findings: PassFindings, before: Mapping[Key, RuleState], targets: RuleTargets, *, now_ms: int, listened_ms: int
) -> EvaluationPlan:
    """Make the plan of what a pass has found; `before` are the states that it began with."""
    changed = {key: state for key, state in findings.states.items() if state is not before.get(key)}
    corrections, events = _with_onsets_corrected(findings.events, before)
    corrections |= findings.restarted
    reported = {found.key for found in events} | corrections.keys()
    return EvaluationPlan(
        changed,
        tuple(key for key, state in changed.items() if key in reported or _must_outlive(before.get(key, START), state)),
        tuple(_records(events, findings.states, targets, now_ms)),
        findings.heard_ms,
        {name: readings[-SECOND_READINGS_KEPT:] for name, readings in findings.second_readings.items()},
        listened_ms,
        corrections,
        tuple(findings.faults),
        overrulings_of(before, changed),
    )


def _with_onsets_corrected(
    events: list[FoundEvent], before: Mapping[Key, RuleState]
) -> tuple[dict[Key, OnsetCorrection], list[FoundEvent]]:
    """Report no alarm again that has only begun at another time: its correction, and the events that are left."""
    corrections: dict[Key, OnsetCorrection] = {}
    for key in {found.key for found in events if found.event.undone is EventKind.RAISED}:
        own = [found for found in events if found.key == key]
        correction, left = onset_correction([found.event for found in own], before.get(key, START).opened_ms)
        if correction is not None:
            corrections[key] = correction
            events = [found for found in events if found.key != key]
            events += [FoundEvent(key, own[-1].binding, event) for event in left]
    return corrections, events


def _records(
    events: list[FoundEvent], states: Mapping[Key, RuleState], targets: RuleTargets, now_ms: int
) -> Iterator[AlarmEventRecord]:
    """The events with their sensors, late ones marked so: they are recorded and page nobody."""
    raised = {(found.key, found.event.opened_ms) for found in events if found.event.kind is EventKind.RAISED}
    brief = _silences_over(events)
    for number, found in enumerate(events):
        key, event, sensor = found.key, found.event, targets.get(found.key[0])
        if sensor is None:
            continue
        is_over = (key, event.opened_ms) in raised and states[key].opened_ms != event.opened_ms
        is_stale = is_over and now_ms - event.time_ms > STALE_MS
        yield AlarmEventRecord(event, found.binding, sensor, event.late or is_stale or number in brief)


def _silences_over(events: list[FoundEvent]) -> set[int]:
    """The numbers of events that begin and end a silence within one pass: it was the cloud that did not listen."""
    over: set[int] = set()
    begun: dict[Key, int] = {}
    for number, found in enumerate(events):
        if found.event.kind is EventKind.SILENT:
            begun[found.key] = number
        elif found.event.kind is EventKind.HEARD and found.key in begun:
            over |= {begun.pop(found.key), number}
    return over


def _must_outlive(before: RuleState, state: RuleState) -> bool:
    """Whether a state differs in what a restart must not lose: its alarm, readings that wait or are by people, days."""
    return _kept_part(before) != _kept_part(state)


def _kept_part(state: RuleState) -> tuple[object, ...]:
    head = state.head
    read_by = None if head.unsure is None else head.unsure.read_by
    return state.phase, state.opened_ms, state.level, head.held, head.doubted, head.points, read_by
