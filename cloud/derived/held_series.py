"""What is held in memory of one series: what its readings come to, from some moment on and up to the newest.

since_ms ──────────── readings, each later than the one before ──────────► add: it goes on
        late, twice, corrected, doubted ─► forget: since_ms lies behind it, and what lies before is to be read again
        read ─► begin_read … end_read: since_ms lies at its beginning; what came meanwhile is added after it

HeldHours     the hour under way and the one before it: air, rain, levels      held_hours.py
HeldLevels    and the levels of the last 40 minutes, for rates of rise         held_levels.py
HeldCounts    people by the minute, no hours                                   held_counts.py

Moments are those to which readings belong: their stamps and `shift_ms`. Each kind gives, to the last bit, what the same
readings give where they are read from the store: values are added in the order of time, as they are then.
"""

import operator
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from itertools import accumulate, islice, pairwise
from zoneinfo import ZoneInfo

from cloud.derived.spans import spans
from cloud.readings.contract import Point
from rules.timing import Timing
from wire.durations import HOUR_MS

NEVER_MS = 2**62
"""Later than any moment: of a series that was never read nothing is known."""
LONG_AGO_MS = -NEVER_MS

NEAR_MS = HOUR_MS
"""What is new so soon after other news is of one stretch with it; of what lies between two stretches nothing is new."""
MOST_STRETCHES = 32
"""Late ones that are kept apart until they are taken: each may come to hours that nothing else asks for."""

Key = tuple[str, str]
"""(sensor, quantity)."""


class HeldSeries(ABC):
    """The series `key` of a sensor of `timing` in `zone`; `on_news` is called at its first news since `take_news`.

    `news_ms` is the first moment at which anything is new, `last_ms` the newest stamp (UTC).
    """

    __slots__ = (
        "_is_founded", "_late_news", "_live_ms", "_on_news", "_told", "key", "last_ms", "news_ms", "shift_ms",
        "since_ms", "timing", "zone",
    )  # fmt: skip

    def __init__(self, key: Key, timing: Timing, zone: ZoneInfo, on_news: Callable[["HeldSeries"], None]) -> None:
        self.key, self.timing, self.zone = key, timing, zone
        self.shift_ms = timing.shift_ms
        self.since_ms, self.last_ms, self.news_ms = NEVER_MS, LONG_AGO_MS, NEVER_MS
        self._live_ms = NEVER_MS  # from here to the newest all may be new; what is new before it:
        self._late_news: list[tuple[int, int]] = []
        self._on_news = on_news
        self._told: list[Callable[[], None]] | None = None
        self._is_founded = False

    def add(self, times_ms: Sequence[int], values: Sequence[float]) -> None:
        """Readings were stored that can be believed, at stamps `times_ms` (UTC)."""
        first_ms = times_ms[0]
        if len(times_ms) > 1:
            if not _is_ascending(times_ms):
                for stretch in stretches_of(times_ms):
                    self.forget(*stretch)
                return
            if times_ms[-1] - first_ms > NEAR_MS and (gaps := _gaps(times_ms)):
                for begin, end in pairwise((0, *gaps, len(times_ms))):
                    self.add(times_ms[begin:end], values[begin:end])
                return
        if self._told is not None:
            self._told.append(partial(self.add, times_ms, values))
            self._note_late(first_ms, times_ms[-1])
        elif first_ms <= self.last_ms:
            self.forget(first_ms, times_ms[-1])
        else:
            if first_ms - self.last_ms > NEAR_MS:
                self._end_stretch()
            self.last_ms = times_ms[-1]
            shift_ms = self.shift_ms
            self._fold([each + shift_ms for each in times_ms] if shift_ms else times_ms, values)
            if self._live_ms == NEVER_MS:
                self._live_ms = first_ms + shift_ms
                self._note_news(self._live_ms)

    def forget(self, first_ms: int, last_ms: int) -> None:
        """What was stored with stamps from `first_ms` to `last_ms` (UTC, both included) is to be read again."""
        if self._told is not None:
            self._told.append(partial(self.forget, first_ms, last_ms))
        else:
            if last_ms > self.last_ms:
                self._end_stretch()
                self.last_ms = last_ms
            self.since_ms = max(self.since_ms, last_ms + self.shift_ms + 1)
        self._note_late(first_ms, last_ms)

    def _end_stretch(self) -> None:
        """What comes next is no more of one stretch with the newest: nothing between them is to be computed."""
        if self._live_ms != NEVER_MS:
            live_ms, self._live_ms = self._live_ms, NEVER_MS
            self._keep_apart(live_ms, self.last_ms + self.shift_ms)

    def _note_late(self, first_ms: int, last_ms: int) -> None:
        """What was stored with stamps from `first_ms` to `last_ms` is news."""
        first_ms, last_ms = first_ms + self.shift_ms, last_ms + self.shift_ms
        late = self._late_news
        if late and late[-1][0] <= first_ms <= late[-1][1] + NEAR_MS:  # a backlog comes in its order
            late[-1] = late[-1][0], max(late[-1][1], last_ms)
        else:
            self._keep_apart(first_ms, last_ms)
        self._note_news(first_ms)

    def _keep_apart(self, first_ms: int, last_ms: int) -> None:
        self._late_news.append((first_ms, last_ms))
        if len(self._late_news) > MOST_STRETCHES:
            self._late_news = _joined(self._late_news)

    def _note_news(self, first_ms: int) -> None:
        """There is news, at the moment `first_ms` and maybe later."""
        if self.news_ms == NEVER_MS:
            self._on_news(self)
        self.news_ms = min(self.news_ms, first_ms)

    def forget_all(self) -> None:
        """All of it is to be read again."""
        self.since_ms = NEVER_MS

    def take_news(self) -> list[tuple[int, int]]:
        """The first and the last moment of each stretch of what is new, which then is new no more."""
        self._end_stretch()
        found, self._late_news, self.news_ms = self._late_news, [], NEVER_MS
        return found

    def leave_news(self, first_ms: int, last_ms: int) -> None:
        """Of what was just taken all from the moment `first_ms` to `last_ms` is new still."""
        self._late_news = [(first_ms, last_ms)]
        self.news_ms = first_ms

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


def stretches_of(times_ms: Sequence[int]) -> list[tuple[int, int]]:
    """The first and the last of some times (ms), in any order, and of each stretch of them between gaps."""
    first_ms, last_ms = min(times_ms), max(times_ms)
    if last_ms - first_ms <= NEAR_MS:
        return [(first_ms, last_ms)]
    return [(stretch[0], stretch[-1]) for stretch in spans(times_ms, gap_ms=NEAR_MS)]


def _gaps(times_ms: Sequence[int]) -> list[int]:
    """The places behind the gaps between ascending times."""
    return [place for place, (before, then) in enumerate(pairwise(times_ms), 1) if then - before > NEAR_MS]


def _joined(late: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Half of `MOST_STRETCHES` at most: over the narrowest gaps between them."""
    stretches = sorted(late)
    ends_ms = accumulate((last_ms for _, last_ms in stretches), max)
    gaps_ms = [first_ms - end_ms for (first_ms, _), end_ms in zip(stretches[1:], ends_ms, strict=False)]
    narrow_ms = max(NEAR_MS, sorted(gaps_ms)[-(MOST_STRETCHES // 2)])
    found = stretches[:1]
    for (first_ms, last_ms), gap_ms in zip(stretches[1:], gaps_ms, strict=True):
        if gap_ms <= narrow_ms:
            found[-1] = found[-1][0], max(found[-1][1], last_ms)
        else:
            found.append((first_ms, last_ms))
    return found


def _is_ascending(times_ms: Sequence[int]) -> bool:
    return all(map(operator.lt, times_ms, islice(times_ms, 1, None)))
