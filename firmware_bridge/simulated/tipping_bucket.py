"""A simulated tipping bucket behind a pulse counter: its total each two seconds, or TIP for each tip.

tips=12⏎      `values` have rain_rate in mm/h; the first tip comes at once, the total begins at 0
"""

from collections.abc import Mapping
from typing import Any

from firmware_bridge.families import tipping_bucket
from firmware_bridge.simulated.device import DuePace, Values
from wire.durations import HOUR_MS

EVERY_S = 2.0
_HOUR_S = HOUR_MS / 1_000


class SimulatedTippingBucket:
    """A gauge in the rain of `values`, switched on when it is first asked for a line."""

    def __init__(self, values: Values, options: Mapping[str, Any]) -> None:
        self._values = values
        self._options = options
        self._pace = DuePace(EVERY_S)
        self._tips = 0.999

    def feed(self, _data: bytes, _now_s: float) -> bytes:
        """It has no commands."""
        return b""

    def due(self, now_s: float) -> bytes:
        """A line, when it is time for one, or when the bucket has tipped."""
        if not self._pace.is_due(now_s):
            return b""
        before = int(self._tips)
        rain_mm = max(0.0, self._values(now_s).get("rain_rate", 0.0)) * EVERY_S / _HOUR_S
        self._tips += rain_mm / self._options["tip_mm"]
        sends, tip = self._options["sends"], self._options["tip"]
        if sends == "tips":
            return (tip + "\r\n").encode() if int(self._tips) > before else b""
        start = self._options["start"] or "tips="
        return tipping_bucket.build(int(self._tips), sends=sends, tip_mm=self._options["tip_mm"], start=start)


def make(options: Mapping[str, Any], values: Values) -> SimulatedTippingBucket:
    """The gauge that the options describe."""
    return SimulatedTippingBucket(values, options)
