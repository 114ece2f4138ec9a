"""Twins: two sensors that measure the same are compared reading by reading, each with the nearest of the other in time.

air-a  20  21  2960  2958          what differs is marked on both, whichever came first; where the nearest comes later,
air-b  20  20  21    20            the review judges again

Only the last readings of sensors that have a twin are kept; what is older is the review's alone.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from itertools import chain

from cloud.readings.newest import Newest
from cloud.registry.snapshot import Registry
from rules.marks import Mark
from rules.quality_policies import policy_of
from rules.twins import TWIN_WITHIN_MS, nearest, twins_disagree

KEPT = 1_024
"""Readings kept of each series that has a twin."""
_DISAGREE = int(Mark.TWINS_DISAGREE)


class _Recent:
    """The newest readings of a series in order of time, and whether each was found to disagree."""

    def __init__(self) -> None:
        self.times_ms: list[int] = []
        self.values: list[float] = []
        self.marks: list[int] = []

    def add(self, time_ms: int, value: float) -> bool:
        """Add a reading; False where it is older than all that is kept."""
        place = bisect_left(self.times_ms, time_ms)
        if place == 0 and len(self.times_ms) >= KEPT:
            return False
        if place < len(self.times_ms) and self.times_ms[place] == time_ms:
            self.values[place] = value
            return True
        self.times_ms.insert(place, time_ms)
        self.values.insert(place, value)
        self.marks.insert(place, 0)
        return True

    def forget_after(self, latest_ms: int) -> None:
        """Let go of what is later than can be: it is of a wrong clock."""
        if self.times_ms and self.times_ms[-1] > latest_ms:
            place = bisect_right(self.times_ms, latest_ms)
            for column in (self.times_ms, self.values, self.marks):
                del column[place:]

    def trim(self) -> None:
        """Drop the oldest."""
        for column in (self.times_ms, self.values, self.marks):
            del column[:-KEPT]


class Twins:
    """The twins of `registry`; `newest` is of what is stored, and `on_doubt` learns what must be judged again."""

    def __init__(
        self, registry: Registry, newest: Newest, *, on_doubt: Callable[[str, str, int, int], None]
    ) -> None:  # fmt: skip
        self._on_doubt = on_doubt
        self._registry = registry
        self._newest = newest
        self._twin_of = twins_of(registry)
        self._recent: dict[tuple[str, str], _Recent] = {}

    def record(
        self, sensor: str, quantity: str, times_ms: Sequence[int], values: Sequence[float], *, latest_ms: int
    ) -> bool:
        """Record readings of a sensor that may have a twin; whether it has one.

        What is kept of later than `latest_ms` (UTC) gives way.
        """
        twin = self._twin_of.get(sensor)
        if twin is None:
            return False
        series, first_ms, last_ms = (sensor, quantity), min(times_ms), max(times_ms)
        recent = self._recent.get(series)
        is_new = recent is None
        if recent is None:
            recent = self._recent[series] = _Recent()
        recent.forget_after(latest_ms)
        added = [recent.add(time_ms, value) for time_ms, value in zip(times_ms, values, strict=True)]
        recent.trim()
        is_kept = all(added) and first_ms >= recent.times_ms[0] and not is_new
        if not is_kept or not self._knows(twin, quantity, since_ms=first_ms - TWIN_WITHIN_MS):
            self._on_doubt(sensor, quantity, first_ms, last_ms)
            self._on_doubt(twin, quantity, first_ms, last_ms)
        return True

    def _knows(self, sensor: str, quantity: str, *, since_ms: int) -> bool:
        """Whether all that is stored since then is kept here: what came before a restart is not."""
        kept = self._recent.get((sensor, quantity))
        if kept is not None and kept.times_ms and kept.times_ms[0] <= since_ms:
            return True
        stored = self._newest.series(sensor, quantity)
        return stored is None or stored.time_ms < since_ms

    def marks(self, sensor: str, quantity: str, times_ms: Sequence[int]) -> list[int] | None:
        """The marks of readings that were recorded, once all that came with them were; None where none is marked.

        What that shows of earlier ones, of the twin's above all, is to be judged again.
        """
        own = self._recent.get((sensor, quantity))
        twin = self._twin_of.get(sensor)
        if own is None or twin is None:
            return None
        other = self._recent.get((twin, quantity))
        if other is None:
            return None
        coming = set(times_ms)
        first_ms, last_ms = min(coming) - TWIN_WITHIN_MS, max(coming) + TWIN_WITHIN_MS
        self._compare(sensor, quantity, own, other, first_ms, last_ms, coming)
        self._compare(twin, quantity, other, own, first_ms, last_ms, set())
        found = [_mark_at(own, time_ms) for time_ms in times_ms]
        return found if any(found) else None

    def _compare(
        self, sensor: str, quantity: str, own: _Recent, other: _Recent, first_ms: int, last_ms: int, coming: set[int]
    ) -> None:
        policy = policy_of(self._registry.quantities.get(quantity))
        if policy is None:
            return
        for place in range(bisect_left(own.times_ms, first_ms), bisect_left(own.times_ms, last_ms + 1)):
            time_ms = own.times_ms[place]
            beside = nearest(other.times_ms, other.values, time_ms)
            disagrees = beside is not None and twins_disagree(policy, own.values[place], beside)
            mark = _DISAGREE if disagrees else 0
            if mark != own.marks[place] or (mark and time_ms in coming):
                self._on_doubt(sensor, quantity, time_ms, time_ms)
            own.marks[place] = mark


def twins_of(registry: Registry) -> dict[str, str]:
    """By sensor the one that measures the same: each is the other's, whichever of them names it."""
    named = [(sensor.id, sensor.twin) for sensor in registry.sensors() if sensor.twin is not None]
    return dict(chain(((twin, sensor) for sensor, twin in reversed(named)), named))


def _mark_at(recent: _Recent, time_ms: int) -> int:
    place = bisect_left(recent.times_ms, time_ms)
    found = place < len(recent.times_ms) and recent.times_ms[place] == time_ms
    return recent.marks[place] if found else 0
