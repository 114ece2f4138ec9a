"""What is held in memory of one series: what its readings come to, from some moment on and up to the newest.

since_ms ──────────── readings, each later than the one before ──────────► add: it goes on
        late, twice, corrected, doubted ─► forget: since_ms lies behind it, and what lies before is to be read again
        read ─► begin_read … end_read: since_ms lies at its beginning; what came meanwhile is added after it

HeldHours     the hour under way and the one before it: air, rain, levels      some 1.2 KB a series
HeldLevels    and the levels of the last 40 minutes, for rates of rise         17 B a reading more
HeldCounts    people by the minute                                             17 B a minute, no hours

Moments are those to which readings belong: their stamps and `shift_ms`. Each kind gives, to the last bit, what the same
readings give where they are read from the store: values are added in the order of time, as they are then.
"""

import operator
from abc import ABC, abstractmethod
from array import array
from bisect import bisect_left
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from itertools import islice
from zoneinfo import ZoneInfo

from cloud.readings.contract import Point
from rules.derived import Hour
from rules.local_time import hour_end_ms, hour_start_ms
from rules.rise_rate import window_ms
from rules.timing import Timing
from wire.durations import HOUR_MS, MINUTE_MS

NEVER_MS = 2**62
"""Later than any moment: of a series that was never read nothing is known."""
LONG_AGO_MS = -NEVER_MS
RECENT_MS = 10 * MINUTE_MS
"""Levels are held for the window of their rates and so much more."""
MOST_MINUTES = 240
"""Minutes in which people were counted."""
_PLAIN = b"\0"

Key = tuple[str, str]
"""(sensor, quantity)."""


class HeldSeries(ABC):
    """The series `key` of a sensor of `timing` in `zone`; `on_news` is called at its first news since `take_news`.

    `news_ms` is the first moment at which anything is new, `last_ms` the newest stamp (UTC).
    """

    __slots__ = (
        "_is_founded", "_on_news", "_told", "key", "last_ms", "news_ms", "shift_ms", "since_ms", "timing", "zone",
    )  # fmt: skip

    def __init__(self, key: Key, timing: Timing, zone: ZoneInfo, on_news: Callable[["HeldSeries"], None]) -> None:
        self.key, self.timing, self.zone = key, timing, zone
        self.shift_ms = timing.shift_ms
        self.since_ms, self.last_ms, self.news_ms = NEVER_MS, LONG_AGO_MS, NEVER_MS
        self._on_news = on_news
        self._told: list[Callable[[], None]] | None = None
        self._is_founded = False

    def add(self, times_ms: Sequence[int], values: Sequence[float]) -> None:
        """Readings were stored that can be believed, at stamps `times_ms` (UTC)."""
        first_ms = times_ms[0]
        if len(times_ms) > 1 and not _is_ascending(times_ms):
            self.forget(min(times_ms), max(times_ms))
            return
        if self._told is not None:
            self._told.append(partial(self.add, times_ms, values))
        elif first_ms <= self.last_ms:
            self.forget(first_ms, times_ms[-1])
            return
        else:
            self.last_ms = times_ms[-1]
            shift_ms = self.shift_ms
            self._fold([each + shift_ms for each in times_ms] if shift_ms else times_ms, values)
        if first_ms + self.shift_ms < self.news_ms:
            self._note_news(first_ms + self.shift_ms)

    def forget(self, first_ms: int, last_ms: int) -> None:
        """What was stored with stamps from `first_ms` to `last_ms` (UTC, both included) is to be read again."""
        if self._told is not None:
            self._told.append(partial(self.forget, first_ms, last_ms))
        else:
            self.last_ms = max(self.last_ms, last_ms)
            self.since_ms = max(self.since_ms, last_ms + self.shift_ms + 1)
        self._note_news(first_ms + self.shift_ms)

    def _note_news(self, first_ms: int) -> None:
        """What follows from the moment `first_ms` on is to be computed again."""
        if self.news_ms == NEVER_MS:
            self._on_news(self)
        self.news_ms = min(self.news_ms, first_ms)

    def forget_all(self) -> None:
        """All of it is to be read again."""
        self.since_ms = NEVER_MS

    def take_news(self) -> tuple[int, int]:
        """The first and the newest moment of what is new, which then is new no more."""
        found = self.news_ms, max(self.news_ms, self.last_ms + self.shift_ms)
        self.news_ms = NEVER_MS
        return found

    def begin_read(self) -> bool:
        """The series will be read; False where somebody else is at it."""
        if self._told is not None:
            return False
        self._told = []
        return True

    def end_read(self, first_ms: int, points: Iterable[Point] | None) -> None:
        """All that was stored from the moment `first_ms` (UTC) on was read: `points`; None: it could not be read."""
        told, self._told = self._told or [], None
        if points is not None:
            # what is read before it is told comes once more
            most_ms = self.last_ms if self._is_founded else NEVER_MS
            self._found(first_ms, [point for point in points if point.time_ms <= most_ms])
        for tell in told:
            tell()

    def _found(self, first_ms: int, points: Sequence[Point]) -> None:
        self._is_founded = True
        if points:
            self.last_ms = max(self.last_ms, points[-1].time_ms)
        self.since_ms = first_ms
        self._start_again(first_ms)
        for point in points:
            self._fold_point(point.time_ms + self.shift_ms, point.value, point.marks)

    @property
    def looks_back_ms(self) -> int:
        """How much before an hour is to be read with it."""
        return 0

    @abstractmethod
    def _start_again(self, first_ms: int) -> None:
        """Hold nothing, of the time from the moment `first_ms` on."""

    @abstractmethod
    def _fold(self, moments_ms: Sequence[int], values: Sequence[float]) -> None:
        """Go on with readings in the order of time, each later than all before, that can be believed."""

    @abstractmethod
    def _fold_point(self, moment_ms: int, value: float, marks: int) -> None:
        """Go on with one that was read."""


class HeldHours(HeldSeries):
    """What the newest hour of a series with readings comes to, and the one before it."""

    __slots__ = ("_before", "_hour", "_on_hour")

    def __init__(
        self,
        key: Key,
        timing: Timing,
        zone: ZoneInfo,
        on_news: Callable[[HeldSeries], None],
        on_hour: Callable[["HeldHours", int], None],
    ) -> None:
        super().__init__(key, timing, zone, on_news)
        self._on_hour = on_hour
        self._hour = self._before = _no_hour()

    def hour(self, start_ms: int, end_ms: int) -> Hour | None:
        """What the readings of an hour (UTC) come to; None where that is to be read."""
        if start_ms < self.since_ms:
            return None
        for held in (self._hour, self._before):
            if held.start_ms == start_ms:
                return held
        return Hour(start_ms, end_ms, self.timing.interval_s)

    @property
    def is_under_way(self) -> bool:
        """Whether all that is new belongs to the newest hour."""
        return self.news_ms >= self._hour.start_ms and self.news_ms >= self.since_ms

    @property
    def end_ms(self) -> int:
        """When (UTC) the newest hour ends."""
        return self._hour.end_ms

    def _fold(self, moments_ms: Sequence[int], values: Sequence[float]) -> None:
        hour = self._hour
        if hour.start_ms <= moments_ms[0] and moments_ms[-1] < hour.end_ms:
            if len(values) == 1:
                hour.add(moments_ms[0], values[0])
            else:
                hour.add_in_order(moments_ms, values)
            return
        place = 0
        while place < len(moments_ms):
            hour = self._hour_at(moments_ms[place])
            until = bisect_left(moments_ms, hour.end_ms, place)
            hour.add_in_order(moments_ms[place:until], values[place:until])
            place = until

    def _fold_point(self, moment_ms: int, value: float, marks: int) -> None:
        self._hour_at(moment_ms).add(moment_ms, value, marks)

    def _hour_at(self, moment_ms: int) -> Hour:
        if not self._hour.start_ms <= moment_ms < self._hour.end_ms:
            self.since_ms = max(self.since_ms, self._before.end_ms)  # it makes room
            self._before = self._hour
            start_ms, end_ms = hour_start_ms(moment_ms, self.zone), hour_end_ms(moment_ms, self.zone)
            self._hour = Hour(start_ms, end_ms, self.timing.interval_s)
            self._on_hour(self, end_ms)
        return self._hour

    def _start_again(self, first_ms: int) -> None:
        self._hour = self._before = _no_hour()


class HeldLevels(HeldHours):
    """The hours of a gauge, its levels of the last while, and of which minutes its rates of rise are stored."""

    __slots__ = (
        "_checked_at", "_marks", "_moments_ms", "_points_since_ms", "_rated_from_ms", "_rated_ms", "_rating_ms",
        "_values",
    )  # fmt: skip

    def __init__(
        self,
        key: Key,
        timing: Timing,
        zone: ZoneInfo,
        on_news: Callable[[HeldSeries], None],
        on_hour: Callable[[HeldHours, int], None],
    ) -> None:
        super().__init__(key, timing, zone, on_news, on_hour)
        self._rated_from_ms = self._rated_ms = self._rating_ms = LONG_AGO_MS
        self._points_since_ms, self._checked_at = LONG_AGO_MS, 16
        self._moments_ms, self._values, self._marks = array("q"), array("d"), array("B")

    @property
    def looks_back_ms(self) -> int:
        """The window of the rate of its first minute."""
        return window_ms(self.timing.interval_ms) + MINUTE_MS

    @property
    def size(self) -> int:
        """How many readings are held."""
        return len(self._moments_ms)

    def points(self, first_ms: int, until_ms: int) -> list[Point] | None:
        """The levels with first <= moment < until, each at its moment; None where they are to be read."""
        if first_ms < max(self.since_ms, self._points_since_ms):
            return None
        first, until = bisect_left(self._moments_ms, first_ms), bisect_left(self._moments_ms, until_ms)
        columns = (each[first:until] for each in (self._moments_ms, self._values, self._marks))
        return [Point(*row) for row in zip(*columns, strict=True)]

    def is_rated(self, minute_ms: int) -> bool:
        """Whether the rate at the end of a minute (UTC) is stored, and none of its readings is new."""
        return self._rated_from_ms < minute_ms <= self._rated_ms

    def begin_rating(self, last_ms: int) -> None:
        """Rates will be computed up to the end of a minute (UTC), of what is new as far as that was taken."""
        self._rating_ms = min(last_ms, self.news_ms // MINUTE_MS * MINUTE_MS)

    def end_rating(self, first_ms: int) -> None:
        """They are stored, from the end of the minute `first_ms` on; what came meanwhile is left to compute."""
        before_ms = first_ms - MINUTE_MS
        if not self._rated_from_ms <= before_ms <= self._rated_ms:
            self._rated_from_ms = before_ms
        self._rated_ms = max(before_ms, self._rating_ms)

    def drop_points(self) -> None:
        """Hold no levels: their rates are computed of what is read."""
        self._drop_points(NEVER_MS)

    def _note_news(self, first_ms: int) -> None:
        super()._note_news(first_ms)
        before_ms = first_ms // MINUTE_MS * MINUTE_MS
        self._rated_ms, self._rating_ms = min(self._rated_ms, before_ms), min(self._rating_ms, before_ms)

    def _fold(self, moments_ms: Sequence[int], values: Sequence[float]) -> None:
        super()._fold(moments_ms, values)
        if self._points_since_ms != NEVER_MS:
            self._moments_ms.extend(moments_ms)
            self._values.extend(values)
            self._marks.extend(_PLAIN if len(values) == 1 else bytes(len(values)))
            if len(self._marks) >= self._checked_at:
                self._forget_old()

    def _fold_point(self, moment_ms: int, value: float, marks: int) -> None:
        super()._fold_point(moment_ms, value, marks)
        if self._points_since_ms != NEVER_MS:
            self._moments_ms.append(moment_ms)
            self._values.append(value)
            self._marks.append(marks)

    def _forget_old(self) -> None:
        """Let go of levels that no rate to come looks back on; seldom, since the others are moved."""
        kept_ms = window_ms(self.timing.interval_ms) + RECENT_MS
        newest_ms = min(self._moments_ms[-1], max(self._rated_ms, self._moments_ms[-1] - HOUR_MS))
        gone = bisect_left(self._moments_ms, newest_ms - kept_ms)
        del self._moments_ms[:gone], self._values[:gone], self._marks[:gone]
        self._points_since_ms = max(self._points_since_ms, newest_ms - kept_ms)
        self._checked_at = len(self._marks) * 3 // 2 + 16

    def _drop_points(self, since_ms: int) -> None:
        self._points_since_ms = since_ms
        self._moments_ms, self._values, self._marks = array("q"), array("d"), array("B")

    def _start_again(self, first_ms: int) -> None:
        super()._start_again(first_ms)
        self._drop_points(first_ms)


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


def _is_ascending(times_ms: Sequence[int]) -> bool:
    return all(map(operator.lt, times_ms, islice(times_ms, 1, None)))


def _no_hour() -> Hour:
    return Hour(LONG_AGO_MS - HOUR_MS, LONG_AGO_MS)
