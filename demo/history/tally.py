"""How many readings were stored, by a quarter of an hour: what the past's samples say that ingest had done.

count(block) … ─► Tally ─► since the sample before: {flood: 1200, air: 400}      and in all: {"gw-daruba": 91000}
"""

from collections import Counter, defaultdict

import msgspec

from cloud.readings.blocks import Block
from wire.durations import MINUTE_MS
from wire.measurements import COMPUTED

SLOT_MS = 15 * MINUTE_MS


class Stored(msgspec.Struct, frozen=True):
    """Readings by domain since the last time that somebody asked, and by gateway in all."""

    of_domain: dict[str, int]
    of_gateway: dict[str, int]


class Tally:
    """Counts what came from sensors; asked once for each time, the earliest first."""

    def __init__(self) -> None:
        self._waiting = defaultdict[int, Counter[tuple[str, str]]](Counter)  # by slot
        self._asked = 0
        self._of_gateway: Counter[str] = Counter()

    def count(self, block: Block) -> None:
        """Count the readings of a block; what is computed is none."""
        if block.gateway != COMPUTED:
            for time_ms in block.times_ms:
                self._waiting[time_ms // SLOT_MS][block.gateway, block.domain] += len(block.fields)

    def until(self, time_ms: int) -> Stored:
        """What was stored by then (UTC)."""
        of_domain: Counter[str] = Counter()
        until = -(-time_ms // SLOT_MS)
        for slot in range(self._asked or min(self._waiting, default=until), until):
            for (gateway, domain), stored in self._waiting.pop(slot, Counter()).items():
                of_domain[domain] += stored
                self._of_gateway[gateway] += stored
        self._asked = until
        return Stored(dict(of_domain), dict(self._of_gateway))
