"""Short words for the engine's tests: minutes since T0 in, sentences such as "raised Siaga 3 at 5" out."""

from collections.abc import Iterable
from typing import Any

import msgspec

from rules.engine import START, Event, EventKind, Observed, RuleState, Watched, step, tick
from rules.rule import Level, Rule, RuleKind, Severity

T0_MS = 1_760_000_000_000 // 86_400_000 * 86_400_000
"""Midnight UTC of Thursday 9 October 2025."""
SIAGA = (
    Level("Siaga 3", Severity.MODERATE, 150.0),
    Level("Siaga 2", Severity.SEVERE, 250.0),
    Level("Siaga 1", Severity.EXTREME, 320.0),
)
_RULE = Rule(family="river-level", quantity="noise", kind=RuleKind.ABOVE, levels=SIAGA, title="River")
"""Of noise, which has no policy: these tests are of the rule alone; those of quality say water_level."""


def rule(**changes: Any) -> Rule:
    return msgspec.structs.replace(_RULE, **changes)


def watch(*, interval_s: float | None = 60.0, zone: str = "Asia/Jayapura", **changes: Any) -> Watched:
    return Watched("river-1", rule(**changes), zone, interval_s)


def at(minute: float) -> int:
    return T0_MS + round(minute * 60_000)


def seen(minute: float, value: float, **more: Any) -> Observed:
    return Observed(at(minute), value, **more)


def each_minute(*values: float, start: int = 0) -> list[Observed]:
    return [seen(start + number, value) for number, value in enumerate(values)]


def run(watched: Watched, readings: Iterable[Observed], state: RuleState = START) -> tuple[RuleState, list[str]]:
    told: list[str] = []
    for observed in readings:
        state, events = step(watched, state, observed)
        told.extend(words(watched, events))
    return state, told


def told(watched: Watched, readings: Iterable[Observed], state: RuleState = START) -> list[str]:
    return run(watched, readings, state)[1]


def quiet(watched: Watched, state: RuleState, minute: float) -> tuple[RuleState, list[str]]:
    state, events = tick(watched, state, at(minute))
    return state, words(watched, events)


def words(watched: Watched, events: Iterable[Event]) -> list[str]:
    return [_words(watched, event) for event in events]


def _words(watched: Watched, event: Event) -> str:
    kind = f"withdrawn {event.undone}" if event.kind is EventKind.WITHDRAWN else str(event.kind)
    name = watched.rule.levels[event.level].name
    minute = (event.time_ms - T0_MS) / 60_000
    return f"{'late ' if event.late else ''}{kind} {name} at {minute:g}"
