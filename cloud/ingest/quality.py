"""Quality marks on readings as they are stored: spike, stuck, twins that disagree.

blocks ─► flags ─► QualityFlags (none, nearly always) ─► split_by_flags: a block whose marks differ becomes several
             └─► pop_review_hours ─► review, once it is stored: what is doubted, late, or shown in another light

Live and backfilled readings of a series are two lanes, each in the order of time. What comes again is marked as before.
A reading that is late, at or before the newest of its lane, is let through as it is and chosen at in its place in time
by the review, which reads what is stored around it: so order and cut of batches decide nothing in the end.
Of another device at the sensor the judge knows nothing yet: what it learned ends where the one before was replaced.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterator, Mapping, Sequence
from types import MappingProxyType

import msgspec

from cloud.derived.recompute_queue import Hours, RecomputeQueue
from cloud.ingest.twins import Twins
from cloud.readings.blocks import Block
from cloud.readings.newest import Newest
from cloud.registry.snapshot import Registry
from rules.marks import DOUBTED, Mark
from rules.quality import NEVER_MS, RESTART_AFTER_MS, UNJUDGED, Judged, calm_after, verdicts
from rules.quality_policies import Policy, policy_of

MARKED_KEPT = 20_000
"""Marked readings remembered, so that a batch that is sent again is marked the same."""
_BACKFILL = int(Mark.BACKFILL)

QualityFlags = Mapping[int, Mapping[str, Sequence[int]]]
"""By the number of a block and the quantity: the quality marks of each of its readings."""
NO_FLAGS: QualityFlags = MappingProxyType({})
Series = tuple[str, str]
"""(sensor, quantity)."""
Key = tuple[str, str, bool]
"""(sensor, quantity, backfill)."""
NO_HOURS: Hours = MappingProxyType({})
_NEVER_REPLACED = 1 << 62


class Lane:
    """What is remembered of one lane: `judged` in full, and of a lane without doubts what the glance needs.

    `policy.least_step` bounds how far from `trusted` a column may reach to be plain at a glance, `same_ms` since when
    (UTC) the value has been the same. From `replaced_ms` on the readings are of another device.
    """

    __slots__ = (
        "_judged", "_step", "_stuck_ms", "is_calm", "key", "last_ms", "policy", "replaced_ms", "same_ms", "trusted"
    )  # fmt: skip

    def __init__(self, key: Key, policy: Policy, judged: Judged, last_ms: int) -> None:
        self.key = key
        self.policy = policy
        self.last_ms = last_ms
        self.replaced_ms = _NEVER_REPLACED
        self.judged = judged
        self._step, self._stuck_ms = policy.least_step, policy.stuck_s * 1_000

    @property
    def judged(self) -> Judged:
        """All that the judge remembers."""
        return calm_after(self._judged, self.last_ms, self.trusted, self.same_ms) if self.is_calm else self._judged

    @judged.setter
    def judged(self, judged: Judged) -> None:
        self._judged = judged
        self.trusted, self.same_ms = judged.trusted, judged.same_ms
        # after a large step the next one is judged by how fast that was
        self.is_calm = judged.is_calm and judged.trusted_ms == self.last_ms and not judged.slope

    def is_plain(self, times_ms: list[int], values: list[float], low: float, high: float) -> bool:
        """Whether a column between `low` and `high` is plain at a glance, and then takes it; False says nothing."""
        if not self.is_calm or times_ms[0] <= self.last_ms:
            return False
        trusted, step, last_ms = self.trusted, self._step, times_ms[-1]
        if high - low > step or high - trusted > step or trusted - low > step:
            return False
        if last_ms - self.same_ms > self._stuck_ms or last_ms - self.last_ms > RESTART_AFTER_MS:
            return False
        if last_ms >= self.replaced_ms:
            return False
        newest = values[-1]
        if low != high or high != trusted:
            # nearly always the value before is another, which is seen without a call
            is_new = len(values) == 1 or values[-2] != newest
            self.same_ms = last_ms if is_new else _since_ms(times_ms, values)
        self.trusted, self.last_ms = newest, last_ms
        return True


class _NoLane:
    """Stands for series of which nothing is judged."""

    def is_plain(self, *_: object) -> bool:
        """Always."""
        return True


NO_LANE = _NoLane()
NO_LANES: Mapping[Series, Lane | _NoLane] = MappingProxyType({})


def _since_ms(times_ms: list[int], values: list[float]) -> int:
    """Since when the last value has been the same, of a column in which it has not been so all along."""
    last, run = values[-1], len(values) - 1
    while run > 0 and values[run - 1] == last:
        run -= 1
    return times_ms[run]


class QualityJudge:
    """Remembers of each series what `rules.quality` needs to judge the next reading."""

    def __init__(self, registry: Registry, newest: Newest) -> None:
        self._registry = registry
        registry.on_change(self._renew)
        self._review_hours = RecomputeQueue()
        self._review = self._review_hours.add
        self._twins = Twins(registry, newest, on_doubt=self._review)
        self._newest = newest
        self._lanes: tuple[dict[Series, Lane | _NoLane], ...] = ({}, {})
        self._marked: dict[tuple[Key, int], int] = {}

    def lanes(self, *, backfill: bool) -> Mapping[Series, Lane | _NoLane]:
        """What is remembered of the live or the backfilled readings of each series, for a glance at the next."""
        return self._lanes[backfill]

    def flags(self, blocks: Sequence[Block], doubtful: Collection[Series]) -> QualityFlags:
        """The marks of the `doubtful` series in `blocks`, the next that came.

        What is remembered of a series of a time that has not come yet gives way to them.
        """
        if not doubtful:
            return NO_FLAGS
        flags: dict[int, dict[str, Sequence[int]]] = {}
        chosen, latest_ms = list(_chosen(blocks, doubtful)), self._newest.latest_ms()
        for number, block, quantity, values in chosen:
            marks = self._judge_closely(block, (block.sensor, quantity), values, latest_ms)
            if marks is not None:
                flags.setdefault(number, {})[quantity] = marks
        for number, block, quantity, _ in chosen:
            if (marks := self._twins.marks(block.sensor, quantity, block.times_ms)) is not None:
                own = flags.setdefault(number, {})
                before = own.get(quantity) or [0] * len(marks)
                own[quantity] = [mark | twin for mark, twin in zip(before, marks, strict=True)]
        for number in flags:
            self._review_siblings(blocks[number])
        return flags

    def _review_siblings(self, block: Block) -> None:
        """Have all quantities of a line reviewed: InfluxDB keeps one field of marks for all of them."""
        for quantity, _ in block.fields if len(block.fields) > 1 else ():
            if self._policy(quantity) is not None:
                self._review(block.sensor, quantity, *block.span)

    def _policy(self, quantity: str) -> Policy | None:
        return policy_of(self._registry.quantities.get(quantity))

    def _renew(self) -> None:
        """Begin again with the series of quantities that the city lets behave otherwise now; see what is replaced."""
        for lanes in self._lanes:
            for series, lane in list(lanes.items()):
                policy = lane.policy if isinstance(lane, Lane) else None
                if self._policy(series[1]) != policy:
                    del lanes[series]
                elif isinstance(lane, Lane):
                    lane.replaced_ms = self._replaced_after_ms(series[0], lane.last_ms)

    def _replaced_after_ms(self, sensor: str, time_ms: int) -> int:
        """When (UTC) the device that a sensor has at `time_ms` is replaced by another."""
        replaced_ms = self._registry.replacements.get(sensor, ())
        place = bisect_right(replaced_ms, time_ms)
        return replaced_ms[place] if place < len(replaced_ms) else _NEVER_REPLACED

    def pop_review_hours(self) -> Hours:
        """Give the hours of series that must be judged again once all is stored, and forget them."""
        return self._review_hours.pop(self._review_hours.keys()) if self._review_hours else NO_HOURS

    def _judge_closely(self, block: Block, series: Series, values: list[float], latest_ms: int) -> list[int] | None:
        backfill = block.marks & _BACKFILL != 0
        lane = self._lanes[backfill].get(series)
        if lane is None or (isinstance(lane, Lane) and lane.last_ms > latest_ms):
            lane = self._lanes[backfill][series] = self._begin(series, backfill, latest_ms)
        if not isinstance(lane, Lane):
            return None
        marks = self._judge(lane, block.times_ms, values)
        if self._twins.record(*series, block.times_ms, values, latest_ms=latest_ms):
            lane.is_calm = False  # a glance at one of two says nothing
        return marks

    def _begin(self, series: Series, backfill: bool, latest_ms: int) -> Lane | _NoLane:
        """A new lane, unless nothing is to be judged of the quantity; the newest stored reading is what is trusted."""
        sensor, quantity = series
        policy = self._policy(quantity)
        if policy is None:
            return NO_LANE
        stored = None if backfill else self._newest.series(sensor, quantity)
        judged, last_ms = UNJUDGED, NEVER_MS
        if stored is not None and stored.time_ms <= latest_ms:
            last_ms = stored.time_ms
            if stored.marks & DOUBTED:
                self._review(sensor, quantity, last_ms, last_ms)  # what comes next may show it in another light
            else:
                judged = calm_after(UNJUDGED, stored.time_ms, stored.value, stored.time_ms)
        lane = Lane((sensor, quantity, backfill), policy, judged, last_ms)
        lane.replaced_ms = self._replaced_after_ms(sensor, last_ms)
        return lane

    def _judge(self, lane: Lane, times_ms: list[int], values: list[float]) -> list[int] | None:
        fresh = _fresh(times_ms, lane.last_ms)
        if len(fresh) == len(times_ms):
            return self._judge_fresh(lane, times_ms, values)
        for place in set(range(len(times_ms))).difference(fresh):
            self._review(*lane.key[:2], times_ms[place], times_ms[place])
        found = [self._marked.get((lane.key, time_ms), 0) for time_ms in times_ms]
        marks = self._judge_fresh(lane, [times_ms[n] for n in fresh], [values[n] for n in fresh])
        for place, mark in zip(fresh, marks or (), strict=False):
            found[place] = mark
        return found if any(found) else None

    def _judge_fresh(self, lane: Lane, times_ms: list[int], values: list[float]) -> list[int] | None:
        if not times_ms:
            return None
        if times_ms[-1] >= lane.replaced_ms:
            return self._judge_each_device(lane, times_ms, values)
        after, marks, earlier = verdicts(lane.policy, lane.judged, times_ms, values)
        lane.last_ms, lane.judged = times_ms[-1], after
        if any(marks) or earlier:
            self._review(*lane.key[:2], min([times_ms[0], *(shown.first_ms for shown in earlier)]), times_ms[-1])
        if not any(marks):
            return None
        for time_ms, mark in zip(times_ms, marks, strict=True):
            if mark:
                self._remember(lane.key, time_ms, int(mark))
        return [int(mark) for mark in marks]

    def _judge_each_device(self, lane: Lane, times_ms: list[int], values: list[float]) -> list[int] | None:
        """Judge readings of two devices or more: of each that comes anew nothing is known yet."""
        place = bisect_left(times_ms, lane.replaced_ms)
        before = self._judge_fresh(lane, times_ms[:place], values[:place])
        lane.judged, lane.replaced_ms = UNJUDGED, self._replaced_after_ms(lane.key[0], lane.replaced_ms)
        after = self._judge_fresh(lane, times_ms[place:], values[place:])
        if before is None and after is None:
            return None
        return [*(before or [0] * place), *(after or [0] * (len(times_ms) - place))]

    def _remember(self, key: Key, time_ms: int, mark: int) -> None:
        self._marked[key, time_ms] = mark
        if len(self._marked) > MARKED_KEPT:
            del self._marked[next(iter(self._marked))]


def _chosen(blocks: Sequence[Block], doubtful: Collection[Series]) -> Iterator[tuple[int, Block, str, list[float]]]:
    for number, block in enumerate(blocks):
        for quantity, values in block.fields:
            if (block.sensor, quantity) in doubtful:
                yield number, block, quantity, values


def _fresh(times_ms: Sequence[int], last_ms: int) -> list[int]:
    """The places of the times that go on from `last_ms` in order."""
    found: list[int] = []
    for place, time_ms in enumerate(times_ms):
        if time_ms > last_ms:
            found.append(place)
            last_ms = time_ms
    return found


def split_by_flags(blocks: Sequence[Block], flags: QualityFlags) -> Sequence[Block]:
    """The blocks with their `flags`: what is plain stays together, what is marked stands in blocks of its own."""
    if not flags:
        return blocks
    return [part for number, block in enumerate(blocks) for part in _parts(block, flags.get(number, {}))]


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
