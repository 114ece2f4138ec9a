"""What the hour under way of one series comes to, and the hour before it: air, rain, levels; some 1.2 KB a series.

14:59 ─► [13:00 …) [14:00 … 14:59]        15:00 ─► [14:00 …) [15:00]; what lies before 14:00 is to be read again
"""

from bisect import bisect_left
from collections.abc import Callable, Sequence
from zoneinfo import ZoneInfo

from cloud.derived.held_series import LONG_AGO_MS, HeldSeries, Key
from rules.derived import Hour
from rules.local_time import hour_end_ms, hour_start_ms
from rules.timing import Timing
from wire.durations import HOUR_MS


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


def _no_hour() -> Hour:
    return Hour(LONG_AGO_MS - HOUR_MS, LONG_AGO_MS)
