"""Readings that the rules leave out for their marks: a series of which most is left out is watched by nobody.

RuleInput: river water_level x 60, STUCK      a rule that leaves out what is stuck ─► {("river", "water_level"): 60}
"""

from collections import Counter

from cloud.alarms.rule_input import RuleInput, WatchedColumn
from cloud.rulebook.rule_bindings import RuleBindings
from rules.marks import Mark

_MARKS_THAT_BLIND = ~int(Mark.BACKFILL | Mark.SPIKE)
"""A backlog is judged, and a spike is left out as it should be: neither says that rules see nothing."""


def count_left_out(rule_input: RuleInput, bindings: RuleBindings, *, now_ms: int) -> dict[tuple[str, str], int]:
    """Count the readings of each series (sensor, quantity) that the rules in force at `now_ms` leave out."""
    found: Counter[tuple[str, str]] = Counter()
    for column in rule_input.columns:
        if column.marks & _MARKS_THAT_BLIND and _is_left_out(column, bindings, now_ms):
            found[column.sensor, column.quantity] += len(column.times_ms)
    return dict(found)


def _is_left_out(column: WatchedColumn, bindings: RuleBindings, now_ms: int) -> bool:
    span = bindings.span(column.sensor, now_ms)
    return span is not None and any(
        binding.watched.rule.quantity == column.quantity
        and binding.watched.leaves_out(column.marks & _MARKS_THAT_BLIND)
        for binding in span.bindings
    )
