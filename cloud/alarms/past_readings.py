"""Readings of long ago that came outside of ingest, such as imported ones: which of them a rule may see, as late ones.

rule went on ●──●──●        ●──●      imported ○ ○ ○ in the hole: detected late, pages nobody
rule saw nothing yet                  imported ○ ○ ○: it does not see them, since the newest would be news
"""

from collections.abc import Iterable, Iterator, Mapping

import msgspec

from cloud.alarms.evaluation_plan import Key
from cloud.alarms.rule_input import WatchedColumn
from cloud.rulebook.rule_bindings import RuleBindings
from rules.engine import START, RuleState

_BEFORE_ALL_MS = -(1 << 62)


def past_of(
    columns: Iterable[WatchedColumn], states: Mapping[Key, RuleState], bindings: RuleBindings
) -> Iterator[WatchedColumn]:
    """Yield what lies behind the newest reading of every rule on its series by more than that waits for late ones."""
    for column in columns:
        until_ms = _seen_until_ms(column, states, bindings)
        places = [place for place, time_ms in enumerate(column.times_ms) if time_ms < until_ms]
        if places:
            times_ms, values = [column.times_ms[n] for n in places], [column.values[n] for n in places]
            yield msgspec.structs.replace(column, times_ms=times_ms, values=values)


def _seen_until_ms(column: WatchedColumn, states: Mapping[Key, RuleState], bindings: RuleBindings) -> int:
    seen = [
        (states.get((column.sensor, binding.family), START).newest_ms or _BEFORE_ALL_MS)
        - binding.watched.numbers.lateness_ms
        for span in bindings.spans(column.sensor)
        for binding in span.bindings
        if binding.watched.rule.quantity == column.quantity and not binding.is_silence
    ]
    return min(seen, default=_BEFORE_ALL_MS)
