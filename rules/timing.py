"""What stretch of time a reading speaks for, and how much of a stretch is covered by readings.

stamped     at the start              at the end                neither said: at a moment
            t|-- interval --|         |-- interval --|t         t|
belongs     to where its middle lies: t + interval / 2, t - interval / 2, t

A rain gauge that reports each hour what fell in it, at 07:00, has measured from 06:00 to 07:00: the day of rain before.
Completeness is of what is covered, never of how many readings came: six in one minute are no hour.
"""

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from itertools import accumulate, pairwise

import msgspec

from wire import Stamped

SLOT_LEAST_MS = 300_000
"""No slot is shorter: one reading in five minutes covers them, however often its sensor says that it measures."""
SLOT_UNKNOWN_MS = 900_000
"""Of a sensor of which nobody has set how often it measures."""
HEARD_LEAST_MS = 60_000
SLACK = 1.1
"""A reading that comes by a tenth of its interval later than due leaves no hole."""


class Timing(msgspec.Struct, frozen=True):
    """How often a sensor measures, and which end of that interval its readings are stamped with; None: not known."""

    interval_s: float | None = None
    stamped: Stamped | None = None

    @property
    def interval_ms(self) -> int:
        """The interval; 0 where it is not known."""
        return round((self.interval_s or 0.0) * 1000)

    @property
    def shift_ms(self) -> int:
        """What lies between a reading's stamp and the moment to which it belongs."""
        halves = {Stamped.START: 1, Stamped.END: -1, None: 0}
        return halves[self.stamped] * self.interval_ms // 2

    @property
    def begins_ms(self) -> int:
        """What lies between a reading's stamp and the start of what it speaks for."""
        return -self.interval_ms if self.stamped is Stamped.END else 0

    @property
    def heard_ms(self) -> int:
        """For how long a reading speaks, from its start on; the next one may be a little late."""
        return max(HEARD_LEAST_MS, round(self.interval_ms * SLACK))


class Slots:
    """The slots of a stretch in which a reading lies, reading by reading and in any order: those in which one was due.

    The readings all lie in the stretch. Where hardly more came than were due, slots begin with it or half a slot
    earlier, whichever finds more: readings that come now just before an edge, now just after it, are not missing.
    """

    __slots__ = ("_due", "_first_ms", "_from_half", "_from_start", "_slot_ms", "_start_ms", "_until_ms")

    def __init__(self, start_ms: int, end_ms: int, timing: Timing) -> None:
        least_ms = max(SLOT_LEAST_MS, timing.interval_ms) if timing.interval_ms else SLOT_UNKNOWN_MS
        self._start_ms = start_ms
        self._due = max(1, (end_ms - start_ms) // least_ms)
        self._slot_ms = (end_ms - start_ms) / self._due
        self._from_start = self._from_half = 0  # a bit for each slot
        self._first_ms = self._until_ms = start_ms  # what lies between them changes nothing

    def add(self, time_ms: int) -> None:
        """Note a reading: nearly always it lies where the one before it did."""
        if self._first_ms <= time_ms < self._until_ms:
            return
        place = (time_ms - self._start_ms) / self._slot_ms
        self._from_start |= 1 << int(place)
        self._from_half |= 1 << int(place + 0.5)
        half_ms = (int(2 * place) + 1) * self._slot_ms / 2
        self._first_ms, self._until_ms = time_ms, self._start_ms + int(half_ms) - 1  # well before the next edge

    def add_in_order(self, times_ms: Sequence[int]) -> None:
        """Note readings in the order of time: the same as one by one."""
        self.add(times_ms[0])
        if times_ms[-1] >= self._until_ms:
            for time_ms in times_ms:
                self.add(time_ms)

    def share(self, readings: int) -> float:
        """The share of the slots, from 0 to 1, where so many readings were noted."""
        heard = self._from_start.bit_count()
        if readings <= self._due + 1:
            heard = max(heard, self._from_half.bit_count())
        return min(1.0, heard / self._due)


class Heard:
    """When a sensor was heard, by readings that each speak for `each_ms` from `begins_ms` (UTC) on.

    It adds up: what is heard until noon and what is heard from noon on, of the readings before noon too, is the day's.
    """

    def __init__(self, begins_ms: Iterable[int], *, each_ms: int) -> None:
        self._each_ms = each_ms
        self._begins_ms = sorted(begins_ms)
        whole_ms = (min(each_ms, later - earlier) for earlier, later in pairwise(self._begins_ms))
        self._before_ms = [0, *accumulate(whole_ms)]

    def between(self, start_ms: int, end_ms: int) -> int:
        """For how much of the time from `start_ms` to `end_ms` (UTC) it was heard, in ms."""
        return self._until(end_ms) - self._until(start_ms)

    def _until(self, time_ms: int) -> int:
        place = bisect_left(self._begins_ms, time_ms) - 1
        if place < 0:
            return 0
        return self._before_ms[place] + min(self._each_ms, time_ms - self._begins_ms[place])
