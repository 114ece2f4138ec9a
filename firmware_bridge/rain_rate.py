"""How hard it rains, of tips that are too coarse for the time between two lines: over windows of a minute.

0.4 mm in 60 s ─► 24 mm/h        a minute is the output time of rainfall intensity in WMO-No. 8
"""

from firmware_bridge.family import Option
from i18n.message import LocalizedMessage
from wire.durations import HOUR_MS

TIP_MM = Option(
    "tip_mm",
    float,
    LocalizedMessage("rain of one tip of the bucket, in mm (its data sheet)"),
    default=0.2,
    low=0.01,
    high=10,
)

_BITS = 32


class RainRate:
    """Rain rate over windows of a clock in ms that may wrap at 32 bits: a board's own, or the gateway's.

    A window made longer than `LONGEST_MS` by missing frames would give a mean that nobody should take for the present
    rate.
    """

    WINDOW_MS = 60_000
    LONGEST_MS = 900_000

    def __init__(self) -> None:
        self._start_ms: int | None = None
        self._rain_mm = 0.0

    def add(self, rain_mm: float, uptime_ms: int) -> float | None:
        """Take what fell until `uptime_ms`; gives mm/h when a window is full."""
        if self._start_ms is None:
            self._start_ms = uptime_ms
            return None
        self._rain_mm += rain_mm
        elapsed_ms = (uptime_ms - self._start_ms) % 2**_BITS
        if elapsed_ms < self.WINDOW_MS:
            return None
        rain_mm, self._rain_mm, self._start_ms = self._rain_mm, 0.0, uptime_ms
        return round(rain_mm * HOUR_MS / elapsed_ms, 2) if elapsed_ms <= self.LONGEST_MS else None
