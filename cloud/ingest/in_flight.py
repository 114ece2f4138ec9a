"""The ranges in flight: each is being stored and committed by one task at a time.

gw-daruba 9f3c…   [1201 ─── 1260]   [1261 ─── 1320]        1201 to 1230 comes again: dropped, its ack is on its way

A gateway sends a range again when its ack is late. If the copy were written too, a range that takes long, or that the
store never takes, would soon hold every slot for writes.
"""

from collections import defaultdict

from cloud.gateways.accounting import Receipt


class InFlightRanges:
    """Ranges by gateway and stream."""

    def __init__(self) -> None:
        self._ranges: defaultdict[tuple[str, str], list[tuple[int, int]]] = defaultdict(list)

    def add(self, receipt: Receipt | None) -> bool:
        """Register a range as in flight; False where part of it is already.

        A message that declares losses is taken all the same: they may differ from those of the first copy.
        """
        if receipt is None:
            return True
        ranges = self._ranges[receipt.gateway, receipt.stream]
        first, last = receipt.first, receipt.last
        if not receipt.lost and any(first <= end and start <= last for start, end in ranges):
            return False
        ranges.append((first, last))
        return True

    def remove(self, receipt: Receipt | None) -> None:
        """Forget a range that was added."""
        if receipt is None:
            return
        key = (receipt.gateway, receipt.stream)
        self._ranges[key].remove((receipt.first, receipt.last))
        if not self._ranges[key]:
            del self._ranges[key]
