"""The newest of what is computed, as it is stored: held, so that nobody asks for what this process wrote itself.

history(pm2_5_hour, since yesterday) ─► read once, up to the newest ─► held ◄── blocks and verdicts as they are written

Of the series of this process's own sensors and sites alone: of the others another process writes the newest too.
"""

from array import array
from bisect import bisect_left
from collections.abc import Callable, Iterable

from cloud.derived.grouped_reads import SeriesReader
from cloud.readings.blocks import Block
from cloud.readings.contract import LATEST_MS, Aggregate, Point, Verdict
from rules.derived import SERIES_BY_MINUTE
from rules.marks import QUALITY, with_verdict
from wire.durations import DAY_MS, HOUR_MS

HOURLY_MS, MINUTELY_MS = DAY_MS + 3 * HOUR_MS, 3 * HOUR_MS
"""How far back series are held of which a point stands at each hour, or at each minute: as far as indices look back."""
MOST_POINTS = 4_000_000
"""Of all series, 68 MB; over that those that were read first are dropped, and read when needed."""


class Tail:
    """The points of a series since `since_ms` (UTC), 17 bytes each."""

    __slots__ = ("_marks", "_times_ms", "_values", "since_ms")

    def __init__(self, since_ms: int, points: Iterable[Point]) -> None:
        self.since_ms = since_ms
        self._times_ms, self._values, self._marks = array("q"), array("d"), array("B")
        for point in points:
            self._times_ms.append(point.time_ms)
            self._values.append(point.value)
            self._marks.append(point.marks)

    def __len__(self) -> int:
        return len(self._times_ms)

    def points(self, start_ms: int, end_ms: int) -> list[Point]:
        """Those with start <= time < end."""
        times_ms = self._times_ms
        if not times_ms or times_ms[-1] < start_ms:
            return []
        first, until = bisect_left(times_ms, start_ms), bisect_left(times_ms, end_ms)
        return [Point(times_ms[n], self._values[n], self._marks[n]) for n in range(first, until)]

    def put(self, time_ms: int, value: float, marks: int) -> None:
        """A value was written: a verdict on the one before it holds of it too."""
        place = bisect_left(self._times_ms, time_ms)
        if place < len(self._times_ms) and self._times_ms[place] == time_ms:
            self._values[place], self._marks[place] = value, marks | self._marks[place] & QUALITY
        elif time_ms >= self.since_ms:
            self._times_ms.insert(place, time_ms)
            self._values.insert(place, value)
            self._marks.insert(place, marks)

    def apply(self, time_ms: int, marks: int) -> None:
        """A verdict was written."""
        place = bisect_left(self._times_ms, time_ms)
        if place < len(self._times_ms) and self._times_ms[place] == time_ms:
            self._marks[place] = with_verdict(self._marks[place], marks)

    def forget_before(self, since_ms: int, *, at_least: int) -> None:
        """Let go of what is older, if that is `at_least` so many points."""
        gone = bisect_left(self._times_ms, since_ms)
        if gone >= at_least:
            del self._times_ms[:gone], self._values[:gone], self._marks[:gone]
            self.since_ms = since_ms


class StoredTails:
    """A `SeriesReader` of `reads` that holds the newest of the series of which it `is_own`; `now_ms` is the present."""

    def __init__(self, reads: SeriesReader, *, is_own: Callable[[str], bool]) -> None:
        self._reads, self._is_own = reads, is_own
        self.now_ms = 0
        self._tails: dict[str, dict[str, Tail]] = {}
        self._under_way: dict[tuple[str, str], object] = {}

    async def history(
        self,
        sensor: str,
        quantity: str,
        *,
        start_ms: int,
        end_ms: int,
        every_ms: int | None = None,
        agg: Aggregate = Aggregate.MEAN,
    ) -> list[Point]:
        """As the store's `history`."""
        found = self.held(sensor, quantity, start_ms, end_ms) if every_ms is None else None
        if found is not None:
            return found
        since_ms = (self.now_ms - _kept_ms(quantity)) // HOUR_MS * HOUR_MS
        if every_ms is None and start_ms >= since_ms and self._is_own(sensor):
            return (await self._read(sensor, quantity, since_ms)).points(start_ms, end_ms)
        return await self._reads.history(sensor, quantity, start_ms=start_ms, end_ms=end_ms, every_ms=every_ms, agg=agg)

    def held(self, sensor: str, quantity: str, start_ms: int, end_ms: int) -> list[Point] | None:
        """The points with start <= time < end, if they are held."""
        of_sensor = self._tails.get(sensor)
        tail = None if of_sensor is None else of_sensor.get(quantity)
        if tail is None or start_ms < tail.since_ms or not self._is_own(sensor):
            return None
        return tail.points(start_ms, end_ms)

    async def _read(self, sensor: str, quantity: str, since_ms: int) -> Tail:
        self._under_way[sensor, quantity] = mine = object()
        tail = Tail(since_ms, await self._reads.history(sensor, quantity, start_ms=since_ms, end_ms=LATEST_MS))
        if self._under_way.get((sensor, quantity)) is mine:  # nothing of it was written meanwhile
            del self._under_way[sensor, quantity]
            self._tails.setdefault(sensor, {})[quantity] = tail
        return tail

    def record(self, blocks: Iterable[Block]) -> None:
        """Blocks were written."""
        for block in blocks:
            of_sensor = self._tails.get(block.sensor, {})
            for quantity, values in block.fields:
                self._under_way.pop((block.sensor, quantity), None)
                tail = of_sensor.get(quantity)
                if tail is not None:
                    for time_ms, value in zip(block.times_ms, values, strict=True):
                        tail.put(time_ms, value, block.marks)
                    kept_ms = _kept_ms(quantity)
                    tail.forget_before(self.now_ms - kept_ms, at_least=kept_ms // HOUR_MS + 5)

    def record_verdicts(self, verdicts: Iterable[Verdict]) -> None:
        """Verdicts were written."""
        for verdict in verdicts:
            self._under_way.pop((verdict.sensor, verdict.quantity), None)
            tail = self._tails.get(verdict.sensor, {}).get(verdict.quantity)
            if tail is not None:
                tail.apply(verdict.time_ms, verdict.marks)

    def forget(self, sensors: Iterable[str]) -> None:
        """Nobody knows what is stored of some sensors: it is read again."""
        for sensor in sensors:
            self._tails.pop(sensor, None)
        for key in [key for key in self._under_way if key[0] in set(sensors)]:
            del self._under_way[key]

    def forget_all(self) -> None:
        """Have everything read again."""
        self._tails.clear()
        self._under_way.clear()

    def bound(self) -> None:
        """Drop those that were read first while all of them are too many."""
        held = sum(len(tail) for of_sensor in self._tails.values() for tail in of_sensor.values())
        for sensor in list(self._tails) if held > MOST_POINTS else ():
            held -= sum(map(len, self._tails.pop(sensor).values()))
            if held <= MOST_POINTS:
                return


def _kept_ms(quantity: str) -> int:
    return MINUTELY_MS if quantity in SERIES_BY_MINUTE else HOURLY_MS
