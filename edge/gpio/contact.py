"""What edges of a line mean: how a contact stands, or how many pulses came. Pure: times are handed in.

door    ──┐___┌──     active: 1, and 0     said at each change, and again and again
rain    _│_│__│__     three tips of 0.2    0.6 mm since the reading before

Pulses are counted by the kernel's numbers, so those that its buffer had no room for count too. Of what comes within
`apart_s` of a pulse nothing is counted: a contact bounces, and a bucket takes half a second to tip. What goes on
without any such pause is no gauge but hum on an open wire: after `MOST_BOUNCES` nothing counts until there is a pause.
"""

from collections.abc import Sequence

from edge.gpio.abi import Edge
from firmware_bridge.sample import Sample

MOST_BOUNCES = 20
_NUMBERS = 1 << 32
_NS_A_S, _NS_A_MS = 1_000_000_000, 1_000_000


class StateContact:
    """A contact that stands one way or the other: `quantity` is 1 while the line is active, else 0."""

    trouble = ""

    def __init__(self, quantity: str) -> None:
        self._quantity = quantity
        self._edges: dict[bool, int] = {}

    @property
    def waits(self) -> bool:
        """Whether there is something to be said."""
        return bool(self._edges)

    def feed(self, edges: Sequence[Edge]) -> None:
        """Take the next edges: of each way the last, so that the shortest opening is told."""
        for edge in edges:
            self._edges.pop(edge.is_rising, None)
            self._edges[edge.is_rising] = edge.time_ns

    def samples(self, *, on: bool, now_ns: int) -> tuple[Sample, ...]:
        """How it stood at its last edges, and how it stands now where they do not say that."""
        told = [_sample(self._quantity, float(way), at, now_ns) for way, at in self._edges.items()]
        if not told or told[-1].value != float(on):
            told.append(Sample(self._quantity, float(on)))
        return tuple(told)

    def said(self) -> None:
        """What `samples` gave is safe with the stamper."""
        self._edges.clear()


class PulseContact:
    """A contact whose pulses are counted, each of which is `per_pulse` of `quantity`."""

    def __init__(self, quantity: str, per_pulse: float, *, apart_s: float) -> None:
        self.trouble = ""
        self._quantity = quantity
        self._per_pulse = per_pulse
        self._apart_ns = round(apart_s * _NS_A_S)
        self._count = self._number = self._bounces = 0
        self._counted_ns: int | None = None
        self._edge_ns: int | None = None

    @property
    def waits(self) -> bool:
        """Whether pulses are to be said."""
        return self._count > 0

    def opened(self) -> None:
        """The line is open, and the kernel counts from 1."""
        self._number = 0

    def feed(self, edges: Sequence[Edge]) -> None:
        """Take the next edges."""
        for edge in edges:
            if edge.is_rising:
                self._count_pulse(edge)

    def _count_pulse(self, edge: Edge) -> None:
        came = (edge.number - self._number) % _NUMBERS or 1
        if self._edge_ns is None or edge.time_ns - self._edge_ns >= self._apart_ns:
            self._bounces, self.trouble = 0, ""
        counts = min(came, self._possible(edge.time_ns))
        self._bounces += came - counts
        if self._apart_ns and self._bounces > MOST_BOUNCES:
            counts = 0
            self.trouble = (
                "pulses come without a pause: a contact that bounces, or hum on the wire; they are not counted. Look "
                "at the wire, at bias, and at debounce_ms"
            )
        if counts:
            self._count += counts
            self._counted_ns = edge.time_ns
        self._number, self._edge_ns = edge.number, edge.time_ns

    def _possible(self, time_ns: int) -> int:
        """How many pulses there can have been since the last that counted."""
        if self._counted_ns is None or not self._apart_ns:
            return _NUMBERS
        return max(0, time_ns - self._counted_ns) // self._apart_ns

    def samples(self, *, on: bool, now_ns: int) -> tuple[Sample, ...]:
        """What came since the last that was said; 0 says that the line is read. `on` says nothing of it."""
        if not self._count or self._counted_ns is None:
            return (Sample(self._quantity, 0.0),)
        return (_sample(self._quantity, round(self._count * self._per_pulse, 6), self._counted_ns, now_ns),)

    def said(self) -> None:
        """What `samples` gave is safe with the stamper."""
        self._count = 0


Contact = StateContact | PulseContact


def _sample(quantity: str, value: float, at_ns: int, now_ns: int) -> Sample:
    return Sample(quantity, value, age_ms=max(0, now_ns - at_ns) // _NS_A_MS)
