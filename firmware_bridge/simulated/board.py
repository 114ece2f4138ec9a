"""A simulated board of Siaga: a frame of version 1 each two seconds; channel 0 is a bucket, channel 1 a gate.

Its totals grow as `values` say: rain_rate in mm/h, people_in and people_out in people a minute; it keeps them in RAM.
"""

from collections.abc import Mapping
from typing import Any

from firmware_bridge.families import board
from firmware_bridge.simulated.device import DuePace, Values
from wire.durations import HOUR_MS

EVERY_S = 2.0
_HOUR_S = HOUR_MS / 1_000
_A_SECOND = {"people_in": 1 / 60, "people_out": 1 / 60}


class SimulatedBoard:
    """A board that was switched on when it was first asked for a frame."""

    def __init__(self, values: Values, *, tip_mm: float = 0.2) -> None:
        self._values = values
        self._totals = {"rainfall": 0.0, "people_in": 0.0, "people_out": 0.0}
        self._tip_mm = tip_mm
        self._pace = DuePace(EVERY_S)
        self._seq = -1

    def feed(self, _data: bytes, _now_s: float) -> bytes:
        """Of version 1 it only speaks."""
        return b""

    def due(self, now_s: float) -> bytes:
        """A frame, when it is time for one."""
        if not self._pace.is_due(now_s):
            return b""
        self._seq += 1
        now = self._values(now_s)
        self._totals["rainfall"] += now.get("rain_rate", 0.0) * EVERY_S / _HOUR_S / self._tip_mm
        for quantity, share in _A_SECOND.items():
            self._totals[quantity] += max(0.0, now.get(quantity, 0.0)) * EVERY_S * share
        items = [
            board.Item(int(quantity != "rainfall"), quantity, int(all_)) for quantity, all_ in self._totals.items()
        ]
        if (occupancy := now.get("occupancy")) is not None:
            items.append(board.Item(1, "occupancy", round(occupancy)))
        return board.build(items, seq=self._seq, uptime_ms=round(self._seq * EVERY_S * 1_000))


def make(options: Mapping[str, Any], values: Values) -> SimulatedBoard:
    """The board that the options describe."""
    return SimulatedBoard(values, tip_mm=options["tip_mm"])
