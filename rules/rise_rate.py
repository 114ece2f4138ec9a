"""How fast a level changes now: from the median of the first third of the last half hour to that of its last third.

cm   120 121 | 123 600 124 | 127 128       two medians: one wrong reading, and the swell of a wave, move them by little
      120.5  ─────20 min────► 127.5        (127.5 - 120.5) / 20 min = 21 cm/h

A gauge that measures seldom is looked at over four of its intervals. The rate is what the water did, and no forecast.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from statistics import median

from wire.durations import HOUR_MS, MINUTE_MS

WINDOW_MS = 30 * MINUTE_MS
INTERVALS = 4
"""The window holds so many intervals of the sensor at the least."""
STEADY_CM_H = 1.0
"""What changes by less stands still: the noise of a gauge that reads to a centimetre makes as much of nothing."""


def window_ms(interval_ms: int) -> int:
    """Over how long the rate of a gauge is that measures every `interval_ms` (0: not known)."""
    return max(WINDOW_MS, INTERVALS * interval_ms)


def rate_per_hour(times_ms: Sequence[int], values: Sequence[float], *, end_ms: int, over_ms: int) -> float | None:
    """The change per hour in the `over_ms` up to `end_ms` (included) of values at `times_ms`, oldest first.

    None where either end of the window has no reading: what is not known for long enough has no rate.
    """
    start_ms = end_ms - over_ms
    first, until = bisect_left(times_ms, start_ms), bisect_right(times_ms, end_ms)
    early = bisect_right(times_ms, start_ms + over_ms // 3, first, until)
    late = bisect_left(times_ms, end_ms - over_ms // 3, early, until)
    if early == first or late == until:
        return None
    elapsed_ms = median(times_ms[late:until]) - median(times_ms[first:early])
    return (median(values[late:until]) - median(values[first:early])) * HOUR_MS / elapsed_ms
