"""The rise of a level over a window, from the lows that stand in it.

A low counts once two readings in a row show it, so neither the way back from a single wrong reading nor the way up from
a wrong first one is a rise. When no reading lies in the window, the average rate since the last one decides, from the
low that it shows together with the one before it.
"""

Lows = tuple[tuple[int, float], ...]
"""(time, value) of the lows in the window, oldest first and lowest first; the last is that of the last two readings."""
Point = tuple[int, float]


def rise_of(lows: Lows, previous: Point | None, time_ms: int, value: float, *, window_ms: int) -> float | None:
    """The rise over the window up to (time, value), in the unit of the value; None while one reading alone is known."""
    for low_ms, low in lows:
        if low_ms >= time_ms - window_ms:
            return value - low
    if previous is None or not lows or previous[0] >= time_ms - window_ms:
        return None
    return (value - lows[-1][1]) * window_ms / (time_ms - previous[0])


def with_low(lows: Lows, previous: Point | None, time_ms: int, value: float, *, window_ms: int) -> Lows:
    """The lows once (time, value) stands beside the reading before it, without those that left the window or lie above.

    Of two readings that lie further apart than the window the low is that of the earlier one's time: what came after
    the gap is a first reading again.
    """
    if previous is None:
        return ()
    low = max(previous[1], value)
    low_ms = time_ms if previous[0] >= time_ms - window_ms else previous[0]
    kept = len(lows)
    while kept and lows[kept - 1][1] >= low:
        kept -= 1
    gone = 0
    while gone < kept and lows[gone][0] < time_ms - window_ms:
        gone += 1
    return (*lows[gone:kept], (low_ms, low))
