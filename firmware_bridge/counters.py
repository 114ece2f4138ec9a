"""What a cumulative counter adds: wraps, resets and first counts.

last  now    width            adds
 120  125    any              5
   -  125    any              unknown: nothing is known of the time before it
65530   4    16 bits          10       the counter wrapped
 120    3    16 bits          3        the counter started again at 0

The rule of Home Assistant's `total_increasing`, with the wrap of a known width added. Whether a frame is older than
the one before it, and so says nothing, is for the caller to know.
"""

from typing import NamedTuple


class Step(NamedTuple):
    """What came on top of the last total; `added` is None where that is unknown, and `note` says what happened."""

    added: int | None
    note: str = ""


def step(last: int | None, now: int, *, bits: int) -> Step:
    """The step from total `last` to `now` of a counter of `bits`; a `last` of 0 stands for one known to start there."""
    if last is None:
        return Step(None, "first count")
    if now >= last:
        return Step(now - last)
    wrapped = now - last + (1 << bits)
    if wrapped < 1 << (bits - 4):  # both ends within a sixteenth of the range around its end
        return Step(wrapped, "counter wrapped")
    return Step(now, "counter started again at 0")
