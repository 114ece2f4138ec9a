"""A total of tips that a line without a checksum says: what is added, and which totals are believed.

483 ─► 484 ─► 486         1, 2        growth
  -    483 ─► 484         unknown, 1  the first total counts when the next one is near it
483 ─► 12483 ─► 485       unknown, 2  a leap of more than `LEAP` counts when the next total confirms it
65535 ─► 2                3           a counter of 16 bits wrapped, as its bits say or both ends show
483 ─► 0, 1, 2, 3         unknown … 3 it began again, or fell to an older total: as counters.py has it
"""

from collections.abc import Mapping

from firmware_bridge.counters import Counted, CounterStep, step

LEAP = 10
"""Tips between two lines: of 0.2 mm within a second of the heaviest rain there is less than one."""
_NEAR_ITS_END = 100
_TOTAL, _AFTER_A_FALL = "tips", ("fell_to", "at", "rises")


class TipTotals:
    """One counter, each tip of which is `steps`; `bits` of 0: it has 16 or 32, and shows which.

    `memory` is that of the last start of the gateway.
    """

    def __init__(self, memory: Mapping[str, int], *, bits: int, steps: int = 1) -> None:
        fall = {name: memory[name] for name in _AFTER_A_FALL if name in memory}
        whole = fall if len(fall) == len(_AFTER_A_FALL) else {}
        self._known = Counted(memory[_TOTAL], **whole) if _TOTAL in memory else None
        self._doubtful: int | None = None
        self._bits = bits
        self._leap = LEAP * steps

    def memory(self) -> dict[str, int]:
        """The last total, and what followed where it fell."""
        if self._known is None:
            return {}
        fell = {} if self._known.fell_to is None else {name: getattr(self._known, name) for name in _AFTER_A_FALL}
        return {_TOTAL: self._known.total, **fell}

    def add(self, total: int) -> CounterStep:
        """What comes on top with this total, None where that is not known; and what happened."""
        doubtful, self._doubtful = self._doubtful, None
        is_confirmed = doubtful is not None and 0 <= total - doubtful <= self._leap
        if self._known is None and is_confirmed:
            self._known = Counted(doubtful or 0)
        if self._known is None:
            self._doubtful = total
            return CounterStep(None, f"first total: {total}; it counts when the next one is near it")
        if total - self._known.total > self._leap and not is_confirmed:
            self._doubtful = total
            was = self._known.total
            return CounterStep(None, f"total went from {was} to {total}: nothing added until the next confirms it")
        self._known, found = step(self._known, total, bits=self._bits or self._shown(self._known.total, total))
        return found

    def _shown(self, last: int, now: int) -> int:
        """The bits of a counter of which nothing is said: 16 where it stood at their end and is at their beginning."""
        return 16 if last < 1 << 16 and now + (1 << 16) - last <= _NEAR_ITS_END else 32
