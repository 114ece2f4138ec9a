"""Which silences the evaluator waits for: those that a rule asks about, of sensors whose interval is known.

last heard ├── limit × interval, of time listened ──► due ──► EvaluationPass.check_silence
"""

from collections.abc import Iterable, Iterator

from cloud.alarms.evaluator_memory import EvaluatorMemory
from cloud.rulebook.rule_bindings import HEARD, RuleBinding, RuleBindings
from rules.engine import Watched


def await_silences(
    memory: EvaluatorMemory, bindings: RuleBindings, sensors: Iterable[str], *, listened_ms: int
) -> None:
    """Wait again for the silence of each of `sensors` that a rule asks about."""
    memory.wait_for_nobody()
    await_silences_of(memory, bindings, sensors, listened_ms=listened_ms)


def await_silences_of(
    memory: EvaluatorMemory, bindings: RuleBindings, sensors: Iterable[str], *, listened_ms: int
) -> None:
    """Wait for the silence of these, and of the others as before; who no rule asks about any more is found to be so."""
    for sensor in sensors:
        for binding in _silence_rules(bindings, sensor):
            due_ms = silent_after_ms(binding.watched)
            if due_ms is not None:
                heard_ms = memory.heard_after_ms.get((sensor, heard_as(binding)), listened_ms)
                memory.wait_for((sensor, binding.family), heard_ms + due_ms)


def heard_as(binding: RuleBinding) -> str:
    """What of its sensor a silence waits for: one quantity, or anything."""
    return binding.watched.rule.quantity or HEARD


def silent_after_ms(watched: Watched) -> int | None:
    """After how long silence matters; None where nobody knows how often the sensor speaks."""
    if watched.interval_s is None:
        return None
    return int(min(level.limit for level in watched.rule.levels) * watched.interval_s * 1000)


def next_level_after_ms(watched: Watched, level: int) -> int | None:
    """After how long silence reaches a level above `level`; None where there is none, or nobody knows the interval."""
    worse = [each.limit for each in watched.rule.levels[level + 1 :]]
    return None if not worse or watched.interval_s is None else int(min(worse) * watched.interval_s * 1000)


def _silence_rules(bindings: RuleBindings, sensor: str) -> Iterator[RuleBinding]:
    spans = bindings.spans(sensor)[-1:]
    return (binding for span in spans for binding in span.bindings if binding.is_silence)
