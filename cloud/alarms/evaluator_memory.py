"""What the evaluator remembers: each rule's state on each sensor, who was heard when, the second sensors' readings.

What is in memory is what is committed: a plan comes in after its transaction, never before.
"""

import heapq
from collections import Counter
from collections.abc import Collection
from itertools import islice

from cloud.alarms.evaluation_plan import EvaluationPlan, Key, Series
from cloud.alarms.manual_values import ManualValues
from cloud.alarms.second_readings import SecondReadings
from rules.engine import Phase, RuleState

_NO_ALARM = (Phase.NORMAL, Phase.PENDING)


class EvaluatorMemory:
    """States by sensor and family, times by series; open are the keys whose state is not normal."""

    def __init__(self) -> None:
        self.states: dict[Key, RuleState] = {}
        self._open: dict[Key, None] = {}
        self._open_of: Counter[str] = Counter()
        self._alarms: set[Key] = set()
        self.heard_ms: dict[Series, int] = {}
        self.heard_after_ms: dict[Series, int] = {}
        """`ListeningTime` when a series' newest reading came; less than 0 where that was before the start."""
        self.second_readings: dict[Series, SecondReadings] = {}
        self.manual_values: ManualValues = {}
        """What people have read within the hour, as the database has it."""
        self._due: list[tuple[int, Key]] = []
        self._due_ms: dict[Key, int] = {}

    def accept(self, plan: EvaluationPlan) -> None:
        """Take in what is now in the database."""
        self.heard_ms.update(plan.heard_ms)
        self.heard_after_ms.update(dict.fromkeys(plan.heard_ms, plan.listened_ms))
        self.second_readings.update(plan.second_readings)
        for key, state in plan.states.items():
            self.states[key] = state
            (self._alarms.discard if state.phase in _NO_ALARM else self._alarms.add)(key)
            if state.phase is not Phase.NORMAL:
                self._begin(key)
            elif key in self._open:
                self._end(key)
                self.wait_for(key, plan.listened_ms)  # it is calm again, and may fall silent

    def is_open(self, sensor: str) -> bool:
        """Whether a rule's state on `sensor` is not normal."""
        return sensor in self._open_of

    def next_open(self, most: int) -> Collection[Key]:
        """The keys whose turn it is of those that are open, at most so many: all come in turn."""
        keys = list(islice(self._open, most))
        if len(keys) < len(self._open):
            for key in keys:
                self._open[key] = self._open.pop(key)  # to the end
        return keys

    def count_alarms(self) -> int:
        """How many alarms are open; what is only pending is none yet."""
        return len(self._alarms)

    def wait_for(self, key: Key, due_ms: int) -> None:
        """Look at the silence of `key` again when we have listened for `due_ms`, and not before."""
        self._due_ms[key] = due_ms
        heapq.heappush(self._due, (due_ms, key))

    def wait_for_nobody(self) -> None:
        """Forget whose silence is waited for."""
        self._due.clear()
        self._due_ms.clear()

    def overdue(self, listened_ms: int, *, most: int) -> list[Key]:
        """Whose silence must be looked at by now, at most so many."""
        found: list[Key] = []
        while self._due and self._due[0][0] <= listened_ms and len(found) < most:
            due_ms, key = heapq.heappop(self._due)
            if self._due_ms.get(key) == due_ms:
                del self._due_ms[key]
                found.append(key)
        return found

    def _begin(self, key: Key) -> None:
        if key not in self._open:
            self._open[key] = None
            self._open_of[key[0]] += 1

    def _end(self, key: Key) -> None:
        del self._open[key]
        self._open_of[key[0]] -= 1
        if not self._open_of[key[0]]:
            del self._open_of[key[0]]
