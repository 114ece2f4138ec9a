"""How often somebody may do something: so many times at once, and then one more each `every_s`.

allowance.wait_s("ani") -> 0, 0, … 0, 6        whole seconds to wait; nothing is counted where it is not 0
"""

import math
from collections import OrderedDict
from collections.abc import Callable

from runtime.clock import boot_s

MOST_KEPT = 10_000
"""Names: beyond that the one that was quiet longest is forgotten."""


class Allowance:
    """`most` times at once, by name; on a clock that no step of the wall clock moves."""

    def __init__(self, most: int, *, every_s: float, clock_s: Callable[[], float] = boot_s) -> None:
        self._most, self._every_s, self._clock_s = most, every_s, clock_s
        self._full_s: OrderedDict[str, float] = OrderedDict()
        """When all of it is there again, by name."""

    def wait_s(self, name: str) -> int:
        """Count one more and return 0; or how long to wait first."""
        now_s = self._clock_s()
        full_s = max(now_s, self._full_s.get(name, now_s)) + self._every_s
        wait_s = full_s - now_s - self._most * self._every_s
        if wait_s > 0:
            return math.ceil(wait_s)
        self._full_s[name] = full_s
        self._full_s.move_to_end(name)
        if len(self._full_s) > MOST_KEPT:
            self._full_s.popitem(last=False)
        return 0
