"""The hours of a gauge, and its levels of the last 40 minutes, for the rates of rise that look back on them.

levels ··········· window of a rate ········ 10 minutes ─► newest        17 B a reading; older ones are let go, seldom
minutes  rated_from ━━━ rates are stored ━━━ rated ─► to be computed
"""

from array import array
from bisect import bisect_left
from collections.abc import Callable, Sequence
from zoneinfo import ZoneInfo

from cloud.derived.held_hours import HeldHours
from cloud.derived.held_series import LONG_AGO_MS, NEVER_MS, HeldSeries, Key
from cloud.readings.contract import Point
from rules.rise_rate import window_ms
from rules.timing import Timing
from wire.durations import HOUR_MS, MINUTE_MS

RECENT_MS = 10 * MINUTE_MS
"""Levels are held for the window of their rates and so much more."""
_PLAIN = b"\0"


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
