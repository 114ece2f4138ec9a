"""People who were counted, by the minute, of the last MOST_MINUTES minutes in which anybody was: 17 B a minute.

14:59:02 2 people, 14:59:40 1 ─► {14:59: 3}        the oldest quarter goes when there are too many, and is read again
"""

from array import array
from bisect import bisect_left
from collections.abc import Callable, Sequence
from zoneinfo import ZoneInfo

from cloud.derived.held_series import LONG_AGO_MS, HeldSeries, Key
from rules.timing import Timing
from wire.durations import MINUTE_MS

MOST_MINUTES = 240
"""Minutes in which people were counted."""


class HeldCounts(HeldSeries):
    """People counted, by the minute: whatever marks they have. `done_ms` is up to when what follows is stored."""

    __slots__ = ("_doing_ms", "_minutes_ms", "_people", "done_ms")

    def __init__(self, key: Key, timing: Timing, zone: ZoneInfo, on_news: Callable[[HeldSeries], None]) -> None:
        super().__init__(key, timing, zone, on_news)
        self.done_ms = self._doing_ms = LONG_AGO_MS
        self._start_again(LONG_AGO_MS)

    def begin(self, last_ms: int) -> None:
        """What follows will be computed, up to the end of a minute (UTC), of what is new as far as that was taken."""
        self._doing_ms = min(last_ms, self.news_ms // MINUTE_MS * MINUTE_MS)

    def end(self) -> None:
        """It is stored; what came meanwhile is left to compute."""
        self.done_ms = self._doing_ms

    def _note_news(self, first_ms: int) -> None:
        super()._note_news(first_ms)
        before_ms = first_ms // MINUTE_MS * MINUTE_MS
        self.done_ms, self._doing_ms = min(self.done_ms, before_ms), min(self._doing_ms, before_ms)

    def minutes(self, first_ms: int, until_ms: int) -> dict[int, float] | None:
        """People by the end (UTC) of each minute between two of their edges; None where that is to be read."""
        if first_ms < self.since_ms:
            return None
        first, until = bisect_left(self._minutes_ms, first_ms), bisect_left(self._minutes_ms, until_ms)
        starts_ms = (each + MINUTE_MS for each in self._minutes_ms[first:until])
        return dict(zip(starts_ms, self._people[first:until], strict=True))

    def _fold(self, moments_ms: Sequence[int], values: Sequence[float]) -> None:
        minutes_ms, people = self._minutes_ms, self._people
        for moment_ms, value in zip(moments_ms, values, strict=False):
            minute_ms = moment_ms - moment_ms % MINUTE_MS
            if minutes_ms and minutes_ms[-1] == minute_ms:
                people[-1] += value
            else:
                self._begin_minute(minute_ms, value)

    def _fold_point(self, moment_ms: int, value: float, _marks: int) -> None:
        self._fold((moment_ms,), (value,))

    def _begin_minute(self, minute_ms: int, value: float) -> None:
        self._minutes_ms.append(minute_ms)
        self._people.append(value)
        if len(self._minutes_ms) > MOST_MINUTES:
            gone = MOST_MINUTES // 4
            self.since_ms = max(self.since_ms, self._minutes_ms[gone])
            del self._minutes_ms[:gone], self._people[:gone]

    def _start_again(self, _first_ms: int) -> None:
        self._minutes_ms, self._people = array("q"), array("d")
