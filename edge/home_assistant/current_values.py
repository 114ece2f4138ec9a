"""The newest value of each series, and when it is due:  at most one each `every_s`, the newest wins.

readings ─apply─► {("river-1", "water_level"): 132.4} ─due─► [(("river-1", "water_level"), '{"value":132.4, …}')]

    an older one than is here, backlog, a device's old time    no value of the present: left out
    an amount since the reading before (rain, people)          added to the total of this run, whatever its age
    no new one for `stale_s`, or its source has failed         null: unknown, until the next one comes
"""

from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import UTC, datetime

import msgspec

from edge.home_assistant.discovery import Series, is_total, state
from wire import Clock, Quantity, Reading

MOST_SERIES = 2_000
"""Of one gateway; what comes beyond is not given to Home Assistant."""


class _Current(msgspec.Struct):
    """The value of a series; times in `_s` are monotonic."""

    value: float | None
    time_ms: int | None
    """None: of a clock that did not know the time."""
    came_s: float
    total: float = 0.0
    sent_s: float = float("-inf")
    is_due: bool = True


class CurrentValues:
    """What Home Assistant is to know now; `row` gives the row of a quantity."""

    def __init__(self, row: Callable[[str], Quantity], *, every_s: float, stale_s: float) -> None:
        self.left_out = False
        """Whether there were too many series."""
        self._row = row
        self._every_s = every_s
        self._stale_s = stale_s
        self._series: dict[Series, _Current] = {}
        self._totals: dict[str, bool] = {}

    def __contains__(self, series: Series) -> bool:
        return series in self._series

    @property
    def series(self) -> Collection[Series]:
        """All that are here, in the order in which they came."""
        return self._series.keys()

    def apply(self, readings: Sequence[Reading], *, now_s: float, now_ms: int, backlog: bool) -> None:
        """Readings on their way to the spool."""
        for reading in readings:
            if self._is_total(reading.quantity):
                self._add(reading, now_s)
            elif not backlog and self._is_of_now(reading, now_ms):
                self._replace(reading, now_s)

    def expect(self, series: Series, *, now_s: float) -> None:
        """A series that was announced before, and of which nothing has come yet."""
        self._at(series, now_s)

    def forget(self, series: Series) -> None:
        """A series is there no more."""
        self._series.pop(series, None)

    def silence(self, sensors: Collection[str]) -> None:
        """Nothing can come of these sensors now."""
        for series, current in self._series.items():
            if series[0] in sensors:
                _make_unknown(current)

    def say_all_again(self) -> None:
        """Nobody may have any of it: a broker that has come back."""
        for current in self._series.values():
            current.is_due, current.sent_s = True, float("-inf")

    def due(self, series: Iterable[Series], *, now_s: float, most: int) -> list[tuple[Series, bytes]]:
        """Which of `series` to say now, those first that wait longest."""
        waiting = []
        for each in series:
            current = self._series[each]
            if now_s - current.came_s > self._stale_s:
                _make_unknown(current)
            if current.is_due and now_s - current.sent_s >= self._every_s:
                waiting.append((current.sent_s, each))
        waiting.sort()
        return [(each, self._state(each)) for _, each in waiting[:most]]

    def was_sent(self, series: Series, *, now_s: float) -> None:
        """What was due is with the broker."""
        current = self._series[series]
        current.is_due, current.sent_s = False, now_s

    def _state(self, series: Series) -> bytes:
        current = self._series[series]
        known = current.value is not None and current.time_ms is not None
        return state(current.value, _utc(current.time_ms or 0) if known else None)

    def _is_total(self, quantity: str) -> bool:
        found = self._totals.get(quantity)
        if found is None:
            if len(self._totals) >= MOST_SERIES:
                self._totals.clear()
            found = self._totals[quantity] = is_total(self._row(quantity))
        return found

    def _is_of_now(self, reading: Reading, now_ms: int) -> bool:
        return reading.clock is Clock.UNKNOWN or now_ms - reading.time_ms <= self._stale_s * 1_000

    def _add(self, reading: Reading, now_s: float) -> None:
        current = self._at((reading.sensor, reading.quantity), now_s)
        if current is not None:
            current.total = round(current.total + reading.value, 6)
            _put(current, reading, current.total, now_s)

    def _replace(self, reading: Reading, now_s: float) -> None:
        current = self._at((reading.sensor, reading.quantity), now_s)
        if current is not None and not _is_older(reading, current):
            _put(current, reading, reading.value, now_s)

    def _at(self, series: Series, now_s: float) -> _Current | None:
        """Where the value of a series stands; None where there are too many."""
        current = self._series.get(series)
        if current is None:
            if len(self._series) >= MOST_SERIES:
                self.left_out = True
                return None
            current = self._series[series] = _Current(None, None, now_s)
        return current


def _is_older(reading: Reading, than: _Current) -> bool:
    return reading.clock is not Clock.UNKNOWN and than.time_ms is not None and reading.time_ms < than.time_ms


def _put(current: _Current, reading: Reading, value: float, now_s: float) -> None:
    current.value, current.came_s, current.is_due = value, now_s, True
    current.time_ms = None if reading.clock is Clock.UNKNOWN else reading.time_ms


def _make_unknown(current: _Current) -> None:
    if current.value is not None:
        current.value, current.time_ms, current.is_due = None, None, True


def _utc(time_ms: int) -> str:
    return datetime.fromtimestamp(time_ms / 1_000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
