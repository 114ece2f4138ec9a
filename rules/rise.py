"""The rise of a level over a window, from the lows that stand in it.

A low counts once two readings in a row show it, so the way back from a single wrong reading is no rise. When no reading
lies in the window, the average rate since the last one decides.
"""

Lows = tuple[tuple[int, float], ...]
"""(time, value) of the lows in the window, oldest first and lowest first."""
Point = tuple[int, float]


def rise_of(lows: Lows, previous: Point | None, time_ms: int, value: float, *, window_ms: int) -> float | None:
    """The rise over the window up to (time, value), in the unit of the value; None at the first reading."""
    if previous is None:
        return None
    for low_ms, low in lows:
        if low_ms >= time_ms - window_ms:
            return value - low
    return (value - previous[1]) * window_ms / (time_ms - previous[0])


def with_low(lows: Lows, previous: Point | None, time_ms: int, value: float, *, window_ms: int) -> Lows:
    """The lows once (time, value) stands among them; those that have left the window or lie above are gone."""
    low = value if previous is None else max(previous[1], value)
    kept = len(lows)
    while kept and lows[kept - 1][1] >= low:
        kept -= 1
    gone = 0
    while gone < kept and lows[gone][0] < time_ms - window_ms:
        gone += 1
    return (*lows[gone:kept], (time_ms, low))
