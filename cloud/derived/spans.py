"""Times, cut where there is a gap between them."""

from collections.abc import Iterable


def spans(times_ms: Iterable[int], *, gap_ms: int) -> list[list[int]]:
    """Times in order, cut where nothing is for longer than `gap_ms`: so that nobody reads the year between two days."""
    found: list[list[int]] = []
    last_ms = None
    for time_ms in sorted(times_ms):
        if last_ms is None or time_ms - last_ms > gap_ms:
            found.append([])
        found[-1].append(time_ms)
        last_ms = time_ms
    return found
