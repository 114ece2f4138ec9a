"""What a cumulative counter adds: growth, wraps, restarts at 0, and totals that fall although nothing was taken off.

last  now           width     adds
 120  125           any       5
   -  125           any       unknown: nothing is known of the time before it
65530   4           16 bits   10       the counter wrapped: both ends within a sixteenth of the range around its end
 483  482, 484      any       unknown, 1     a dip: the total is back on its line
 470    0, 471      any       unknown, 1     a garbled total: likewise
 483  310, 311 … 313  any     unknown … 3    an older total, kept over a power cut: it goes on from there

A total that fell tells nothing by itself: a garbled read, an old copy of a kept total and a counter that really began
again look alike, and taking "it began again at 0" for granted makes 62 mm of rain out of a power cut. So a fall adds
nothing, and the totals after it decide. Back at the old total or above: the fall was none, and what is above is added.
Grown `RISES` times from where it fell to, as only a live counter does: that is the counter now, and its growth since
the fall is added at once. So the most that a fall can cost is what was counted before it was first seen; it never adds
what was not counted. (Three zeros in a row are no growth.)

A counter that begins at 0 with each start of its device is another matter: there the device says so. `begins_at_zero`
holds its total against the time since that start: a total that could not have been counted in it was not begun at 0.
Whether a frame is older than the one before it, and so says nothing, is for the caller to know.
"""

from collections.abc import Mapping
from typing import NamedTuple

RISES = 3
_AFTER_A_FALL = ("fell_to", "at", "rises")


class Counted(NamedTuple):
    """What is known of a counter: its total; and since that fell, where to, where it is now, how often it rose."""

    total: int
    fell_to: int | None = None
    at: int = 0
    rises: int = 0


class CounterStep(NamedTuple):
    """What came on top of the last total; `added` is None where that is unknown, and `note` says what happened."""

    added: int | None
    note: str = ""


def remembered(name: str, known: Counted) -> dict[str, int]:
    """What must survive a restart of the gateway of the counter `name`: {"rain": 483}, and what followed on a fall."""
    fell = {} if known.fell_to is None else {f"{name}/{part}": getattr(known, part) for part in _AFTER_A_FALL}
    return {name: known.total, **fell}


def recalled(name: str, memory: Mapping[str, int]) -> Counted | None:
    """What was `remembered` of the counter `name`; None where that is nothing."""
    if name not in memory:
        return None
    fell = {part: memory[f"{name}/{part}"] for part in _AFTER_A_FALL if f"{name}/{part}" in memory}
    return Counted(memory[name], **(fell if len(fell) == len(_AFTER_A_FALL) else {}))


def step(known: Counted | None, now: int, *, bits: int) -> tuple[Counted, CounterStep]:
    """What is known after the total `now` of a counter of `bits`, and what it adds to what was `known`."""
    if known is None:
        return Counted(now), CounterStep(None, "first count")
    if now >= known.total:
        back = "" if known.fell_to is None else f"counter is back at {now} after {known.at}"
        return Counted(now), CounterStep(now - known.total, back)
    wrapped = now - known.total + (1 << bits)
    if wrapped < 1 << (bits - 4):
        return Counted(now), CounterStep(wrapped, "counter wrapped")
    if known.fell_to is None or now < known.at:
        return Counted(known.total, now, now), CounterStep(
            None, f"counter fell from {known.total} to {now}: nothing added"
        )
    return _after_a_fall(known, known.fell_to, now)


def _after_a_fall(known: Counted, fell_to: int, now: int) -> tuple[Counted, CounterStep]:
    rises = known.rises + (now > known.at)
    if rises >= RISES:
        return Counted(now), CounterStep(now - fell_to, f"counter goes on from {fell_to}, where it fell to")
    waits = f"counter is at {now} after it fell from {known.total} to {fell_to}: nothing added yet"
    return Counted(known.total, fell_to, now, rises), CounterStep(None, waits)


def begins_at_zero(total: int, *, uptime_ms: int, frames: int, most_a_second: float) -> bool:
    """Whether a device that started `uptime_ms` ago can have counted `total` since; 0: it does not say how long ago.

    Then the `frames` since its start speak: a device sends one a minute at least, and counts one a second at most.
    """
    most = most_a_second * uptime_ms / 1_000 if uptime_ms else 60 * frames
    return total <= most
