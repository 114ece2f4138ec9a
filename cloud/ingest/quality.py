"""Quality marks on readings as they are stored: spike, stuck, twins that disagree.

blocks ─► Judge.look ─► Spots (none, nearly always) ─► split: a block whose readings differ in marks becomes several

Live and backfilled readings of a series are two lanes, each in the order of time. What comes again is marked as before.
"""

from collections.abc import Collection, Mapping, Sequence
from itertools import pairwise
from types import MappingProxyType

import msgspec

from cloud.blocks import Block
from cloud.newest import Newest
from cloud.registry.snapshot import Registry
from rules.marks import Mark
from rules.quality import NEVER_MS, POLICIES, UNJUDGED, Judged, Policy, judge, judge_column, twins_disagree

MARKED_KEPT = 20_000
"""Marked readings remembered, so that a batch that is sent again is marked the same."""
TWIN_WITHIN_MS = 120_000
"""How far apart in time twins may be compared."""
_BACKFILL = int(Mark.BACKFILL)

Spots = Mapping[int, Mapping[str, Sequence[int]]]
"""By the number of a block and the quantity: the quality marks of each of its readings."""
NO_SPOTS: Spots = MappingProxyType({})
Series = tuple[str, str]
"""(sensor, quantity)."""
Key = tuple[str, str, bool]
"""(sensor, quantity, backfill)."""


class Lane:
    """What is remembered of one lane: `judged` in full, and of a lane without doubts what the quick look needs.

    `policy.least_step` bounds how far from `trusted` a column may reach to be plain at a glance, `same_ms` since when
    (UTC) the value has been the same.
    """

    __slots__ = ("_judged", "_step", "_stuck_ms", "is_calm", "key", "last_ms", "policy", "same_ms", "trusted")

    def __init__(self, key: Key, policy: Policy, judged: Judged, last_ms: int) -> None:
        self.key = key
        self.policy = policy
        self.last_ms = last_ms
        self.judged = judged
        self._step, self._stuck_ms = policy.least_step, policy.stuck_s * 1_000

    @property
    def judged(self) -> Judged:
        """All that the judge remembers."""
        if not self.is_calm:
            return self._judged
        before = self._judged
        return Judged(
            self.last_ms, self.trusted, NEVER_MS, 0.0, before.former_ms, before.former, self.same_ms, self.trusted
        )

    @judged.setter
    def judged(self, judged: Judged) -> None:
        self._judged = judged
        self.trusted, self.same_ms = judged.trusted, judged.same_ms
        self.is_calm = judged.trusted_ms == self.last_ms and judged.doubt_ms == NEVER_MS

    def is_plain(self, times_ms: list[int], values: list[float], low: float, high: float) -> bool:
        """Whether a column between `low` and `high` is plain at a glance, and then takes it; False says nothing."""
        if not self.is_calm or times_ms[0] <= self.last_ms:
            return False
        trusted, step = self.trusted, self._step
        if high - low > step or high - trusted > step or trusted - low > step:
            return False
        if times_ms[-1] - self.same_ms > self._stuck_ms:
            return False
        if low != high or high != trusted:
            self.same_ms = _since_ms(times_ms, values)
        self.trusted, self.last_ms = values[-1], times_ms[-1]
        return True


class _NoLane:
    """Stands for series of which nothing is judged."""

    def is_plain(self, *_: object) -> bool:
        """Always."""
        return True


NO_LANE = _NoLane()


def _since_ms(times_ms: list[int], values: list[float]) -> int:
    """Since when the last value has been the same, of a column in which it has not been so all along."""
    last, run = values[-1], len(values) - 1
    while run > 0 and values[run - 1] == last:
        run -= 1
    return times_ms[run]


class Judge:
    """Remembers of each series what `rules.quality` needs to judge the next reading."""

    def __init__(self, registry: Registry, newest: Newest) -> None:
        self._twins = {sensor.id: sensor.twin for sensor in registry.sensors() if sensor.twin is not None}
        self._newest = newest
        self._lanes: tuple[dict[Series, Lane | _NoLane], ...] = ({}, {})
        self._marked: dict[tuple[Key, int], int] = {}

    def lanes(self, *, backfill: bool) -> Mapping[Series, Lane | _NoLane]:
        """What is remembered of the live or the backfilled readings of each series, for a glance at the next."""
        return self._lanes[backfill]

    def look(self, blocks: Sequence[Block], doubtful: Collection[Series]) -> Spots:
        """The marks of the `doubtful` series in `blocks`, the next that came."""
        if not doubtful:
            return NO_SPOTS
        spots: dict[int, dict[str, Sequence[int]]] = {}
        for number, block in enumerate(blocks):
            for quantity, values in block.fields:
                series = (block.sensor, quantity)
                if series not in doubtful:
                    continue
                marks = self._look_closely(block, series, values, blocks)
                if marks is not None:
                    spots.setdefault(number, {})[quantity] = marks
        return spots

    def _look_closely(
        self, block: Block, series: Series, values: list[float], blocks: Sequence[Block]
    ) -> list[int] | None:
        backfill = block.marks & _BACKFILL != 0
        lanes = self._lanes[backfill]
        lane = lanes.get(series)
        if lane is None:
            lane = lanes[series] = self._begin(series, backfill)
        if not isinstance(lane, Lane):
            return None
        marks = self._judge(lane, block.times_ms, values)
        twin = self._twins.get(block.sensor)
        if twin is not None:
            lane.is_calm = False  # a glance at one of two says nothing
            marks = self._compare(lane.policy, block, values, marks, self._twin(twin, series[1], blocks))
        return marks

    def _begin(self, series: Series, backfill: bool) -> Lane | _NoLane:
        """A new lane, unless nothing is to be judged of the quantity; the newest stored reading is what is trusted."""
        sensor, quantity = series
        policy = POLICIES.get(quantity)
        if policy is None:
            return NO_LANE
        stored = None if backfill else self._newest.series(sensor, quantity)
        judged, last_ms = UNJUDGED, -1
        if stored is not None and not stored.marks & (Mark.SPIKE | Mark.STUCK):
            judged, last_ms = judge(policy, UNJUDGED, stored.time_ms, stored.value)[0], stored.time_ms
        return Lane((sensor, quantity, backfill), policy, judged, last_ms)

    def _judge(self, lane: Lane, times_ms: list[int], values: list[float]) -> list[int] | None:
        if times_ms[0] <= lane.last_ms:
            return self._again(lane.key, times_ms)
        after, marks = judge_column(lane.policy, lane.judged, times_ms, values)
        if marks is not None and any(later < before for before, later in pairwise(times_ms)):
            return None  # a source out of order: nothing can be said of its steps
        lane.last_ms, lane.judged = times_ms[-1], after
        if marks is None:
            return None
        for time_ms, mark in zip(times_ms, marks, strict=True):
            if mark:
                self._remember(lane.key, time_ms, int(mark))
        return [int(mark) for mark in marks]

    def _again(self, key: Key, times_ms: list[int]) -> list[int] | None:
        if not self._marked:
            return None
        marks = [self._marked.get((key, time_ms), 0) for time_ms in times_ms]
        return marks if any(marks) else None

    def _remember(self, key: Key, time_ms: int, mark: int) -> None:
        self._marked[key, time_ms] = mark
        if len(self._marked) > MARKED_KEPT:
            del self._marked[next(iter(self._marked))]

    def _compare(
        self,
        policy: Policy,
        block: Block,
        values: list[float],
        marks: list[int] | None,
        twin: tuple[int, float] | None,
    ) -> list[int] | None:
        """`marks`, and those of readings that differ from what the twin beside the sensor says at that time."""
        if twin is None:
            return marks
        twin_ms, twin_value = twin
        found = list(marks or [0] * len(values))
        for number, (time_ms, value) in enumerate(zip(block.times_ms, values, strict=True)):
            if abs(time_ms - twin_ms) <= TWIN_WITHIN_MS and twins_disagree(policy, value, twin_value):
                found[number] |= int(Mark.TWINS_DISAGREE)
        return found if any(found) else None

    def _twin(self, twin: str, quantity: str, blocks: Sequence[Block]) -> tuple[int, float] | None:
        """The twin's newest reading, of those that came along or of those that are stored."""
        for block in blocks:
            if block.sensor == twin:
                for name, values in block.fields:
                    if name == quantity:
                        return block.times_ms[-1], values[-1]
        stored = self._newest.series(twin, quantity)
        return None if stored is None else (stored.time_ms, stored.value)


def split(blocks: Sequence[Block], spots: Spots) -> Sequence[Block]:
    """The blocks with their `spots`: what is plain stays together, what is marked stands in blocks of its own."""
    if not spots:
        return blocks
    return [part for number, block in enumerate(blocks) for part in _parts(block, spots.get(number, {}))]


def _parts(block: Block, marks_of: Mapping[str, Sequence[int]]) -> list[Block]:
    plain = tuple((quantity, values) for quantity, values in block.fields if quantity not in marks_of)
    parts = [msgspec.structs.replace(block, fields=plain)] if plain else []
    for quantity, values in block.fields:
        marks = marks_of.get(quantity, ())
        for mark in dict.fromkeys(marks):
            places = [number for number, each in enumerate(marks) if each == mark]
            times_ms, chosen = [block.times_ms[n] for n in places], [values[n] for n in places]
            parts.append(
                msgspec.structs.replace(
                    block, marks=block.marks | mark, times_ms=times_ms, span_ms=None, fields=((quantity, chosen),)
                )
            )
    return parts
