"""What the evaluator remembers: each rule's state on each sensor, who was heard when, the second sensors' readings.

What is in memory is what is committed: a plan comes in after its transaction, never before.
"""

import heapq

from cloud.alarms.evaluation_plan import EvaluationPlan, Key, Series
from cloud.alarms.second_readings import SecondReadings
from rules.engine import Phase, RuleState


class EvaluatorMemory:
    """States by sensor and family, times by series; `open` are the keys whose state is not normal."""

    def __init__(self) -> None:
        self.states: dict[Key, RuleState] = {}
        self.open: set[Key] = set()
        self.heard_ms: dict[Series, int] = {}
        self.heard_after_ms: dict[Series, int] = {}
        """`ListeningTime` when a series' newest reading came; less than 0 where that was before the start."""
        self.second_readings: dict[Series, SecondReadings] = {}
        self._due: list[tuple[int, Key]] = []

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

    def count_alarms(self) -> int:
        """How many alarms are open; what is only pending is none yet."""
        return sum(self.states[key].phase is not Phase.PENDING for key in self.open if key in self.states)

    def wait_for(self, key: Key, due_ms: int) -> None:
        """Look at the silence of `key` again when we have listened for `due_ms`."""
        heapq.heappush(self._due, (due_ms, key))

    def wait_for_nobody(self) -> None:
        """Forget whose silence is waited for."""
        self._due.clear()

    def overdue(self, listened_ms: int, *, most: int) -> list[Key]:
        """Whose silence must be looked at by now, at most so many."""
        found: list[Key] = []
        while self._due and self._due[0][0] <= listened_ms and len(found) < most:
            found.append(heapq.heappop(self._due)[1])
        return found
