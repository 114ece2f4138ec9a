"""A river with three levels, for the tests of local alarms."""

from typing import Any

from wire import Clock, Reading
from wire.local_alarms import LocalAlarms, LocalRule

START_MS = 1_767_232_800_000
RIVER = "river-1"
RULE: dict[str, Any] = {
    "quantity": "water_level",
    "kind": "above",
    "title": "River level",
    "title_id": "Tinggi muka air",
    "hysteresis": 10,
    "levels": [
        {"name": "Siaga 3", "severity": "moderate", "limit": 150},
        {"name": "Siaga 2", "severity": "severe", "limit": 250},
        {"name": "Siaga 1", "severity": "extreme", "limit": 320},
    ],
    "reject": [],
}


def alarms_of(**changes: Any) -> LocalAlarms:
    """The part with the rule, and what else a test wants of it."""
    rule = LocalRule("river-level", RIVER, {**RULE, **changes.pop("rule", {})}, site="daruba", interval_s=60)
    return LocalAlarms(rules=(rule,), **changes)


def level(value: float, minute: float, *, clock: Clock = Clock.SYNCED, quantity: str = "water_level") -> Reading:
    """A reading, so many minutes after the start."""
    return Reading(RIVER, quantity, START_MS + round(minute * 60_000), value, clock)
