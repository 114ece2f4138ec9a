"""What totals add that a device keeps in its RAM alone: with each of its starts all of them are at 0 again.

people_in  people_out      adds
   120        80           unknown: what was counted before is not this source's
   125        80           5, 0
     1         2           1, 2        both began again, though the second did not fall far enough to show it
 65530 ─► 4 of 16 bits     10          the counter wrapped: both ends within a sixteenth of the range around its end

A checksum of 8 bits, or none, lets a garbled total through now and then. There (`sure` is False) a fall,
or a leap of more than `LEAP`, is believed when the next totals confirm it; until then nothing is added, nor lost.
"""

from collections.abc import Mapping

LEAP = 1_000


class TotalsInRam:
    """The totals of one device, each of `bits`; `memory` are those of the last start of the gateway, by name."""

    def __init__(self, names: tuple[str, ...], memory: Mapping[str, int], *, bits: int, sure: bool) -> None:
        self._names = names
        self._range = 1 << bits
        self._sure = sure
        self._last = {name: memory[name] for name in names} if all(name in memory for name in names) else None
        self._doubtful: Mapping[str, int] | None = None

    def memory(self) -> dict[str, int]:
        """The last totals, by name."""
        return dict(self._last or {})

    def add(self, totals: Mapping[str, int]) -> tuple[dict[str, int], str]:
        """What comes on top with these totals, by name, nothing where that is not known; and what happened."""
        last, doubtful, self._doubtful = self._last, self._doubtful, None
        if last is None:
            self._last = dict(totals)
            return {}, f"first totals: {_listed(totals)}; what comes on top of them is counted"
        added = {name: self._grown(last[name], totals[name]) for name in self._names}
        fell = any(grown is None for grown in added.values())
        leapt = fell or any((grown or 0) > LEAP for grown in added.values())
        if leapt and not self._sure and not self._confirmed(doubtful, totals):
            self._doubtful = dict(totals)
            return {}, f"totals went from {_listed(last)} to {_listed(totals)}: nothing added until the next confirm it"
        self._last = dict(totals)
        if fell:
            return dict(totals), f"the device began again at 0, after {_listed(last)}"
        return {name: grown or 0 for name, grown in added.items()}, ""

    def _confirmed(self, doubtful: Mapping[str, int] | None, totals: Mapping[str, int]) -> bool:
        return doubtful is not None and all(0 <= totals[name] - doubtful[name] <= LEAP for name in self._names)

    def _grown(self, last: int, now: int) -> int | None:
        """How far a total has grown, over the end of its range too; None where it fell."""
        if now >= last:
            return now - last
        wrapped = now - last + self._range
        return wrapped if wrapped < self._range // 16 else None


def _listed(totals: Mapping[str, int]) -> str:
    return ", ".join(map(str, totals.values()))
