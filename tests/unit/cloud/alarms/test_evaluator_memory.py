"""What the evaluator looks at each second: whose silence is due, and of the open alarms so many in turn."""

from cloud.alarms.evaluation_plan import EvaluationPlan, Key
from cloud.alarms.evaluator_memory import EvaluatorMemory
from rules.core import Core
from rules.engine import START, Phase, RuleState

ALARMING = RuleState(head=Core(phase=Phase.ALARMING, level=0, opened_ms=1))


def accept(memory: EvaluatorMemory, states: dict[Key, RuleState], *, listened_ms: int = 0) -> None:
    memory.accept(EvaluationPlan(states, (), (), {}, {}, listened_ms))


def keys(count: int) -> list[Key]:
    return [(f"sensor-{number}", "silence") for number in range(count)]


def test_open_alarms_come_in_turn_and_each_as_often_as_the_others():
    memory = EvaluatorMemory()
    accept(memory, dict.fromkeys(keys(5), ALARMING))
    assert [list(memory.next_open(2)) for _ in range(3)] == [keys(5)[:2], keys(5)[2:4], [keys(5)[4], keys(5)[0]]]
    seen = [key for _ in range(50) for key in memory.next_open(3)]
    assert {seen.count(key) for key in keys(5)} == {30}


def test_what_is_closed_is_looked_at_no_more_among_the_open_and_its_silence_is():
    memory = EvaluatorMemory()
    accept(memory, dict.fromkeys(keys(2), ALARMING))
    closed, left = keys(2)
    accept(memory, {closed: START}, listened_ms=7_000)
    assert list(memory.next_open(9)) == [left]
    assert (memory.is_open(closed[0]), memory.is_open(left[0])) == (False, True)
    assert memory.overdue(6_999, most=9) == []
    assert memory.overdue(7_000, most=9) == [closed]


def test_a_sensor_with_two_open_alarms_is_open_until_both_are_over():
    memory = EvaluatorMemory()
    both = [("river", "silence"), ("river", "level")]
    accept(memory, dict.fromkeys(both, ALARMING))
    for key, is_open in zip(both, (True, False), strict=True):
        accept(memory, {key: START})
        assert memory.is_open("river") is is_open


def test_the_last_word_on_when_to_look_at_a_silence_holds_and_each_is_looked_at_once():
    memory = EvaluatorMemory()
    (key,) = keys(1)
    for due_ms in (5_000, 9_000, 3_000, 8_000):
        memory.wait_for(key, due_ms)
    assert memory.overdue(7_999, most=9) == []
    assert memory.overdue(8_000, most=9) == [key]
    assert memory.overdue(99_000, most=9) == []
