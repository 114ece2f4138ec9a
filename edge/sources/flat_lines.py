"""Sensors that say the same again and again:  air-1 pm2_5: 12.3 since yesterday 09:00 ─► longer than it ever stands

How long a quantity may stand still is what the cloud marks by (`stuck_s` of `rules/quality_policies.py`); of what that
table does not name nothing is said: a count of visitors may be 0 for a week.
"""

from collections.abc import Iterable

from rules.quality_policies import POLICIES
from wire import QUANTITIES, Reading
from wire.durations import HOUR_MS

MOST_SERIES = 200
"""Pairs of sensor and quantity of one source that are watched."""
_HOUR_S = HOUR_MS / 1_000


class FlatLines:
    """Since when (monotonic) each series of a source has had its value; counted from the agent's start."""

    def __init__(self) -> None:
        self._since: dict[tuple[str, str], tuple[float, float]] = {}

    def record(self, readings: Iterable[Reading], *, now_s: float) -> None:
        """These came."""
        for reading in readings:
            if reading.quantity not in POLICIES:
                continue
            key = reading.sensor, reading.quantity
            before = self._since.get(key)
            if (before is None and len(self._since) < MOST_SERIES) or (before and before[0] != reading.value):
                self._since[key] = reading.value, now_s

    def sentence(self, *, now_s: float) -> str:
        """On the one that has stood still for longest, if any has for too long; else empty."""
        too_long = [
            (now_s - since_s - POLICIES[quantity].stuck_s, sensor, quantity, value, now_s - since_s)
            for (sensor, quantity), (value, since_s) in self._since.items()
            if now_s - since_s > POLICIES[quantity].stuck_s
        ]
        if not too_long:
            return ""
        _, sensor, quantity, value, stood_s = max(too_long)
        others = f" (so have {len(too_long) - 1} others)" if len(too_long) > 1 else ""
        return (
            f"{sensor} has said the same for long: {quantity} {value:g} {QUANTITIES[quantity].unit} for "
            f"{stood_s / _HOUR_S:.0f} h{others}, which no working sensor does; look whether it is stuck, blocked or dry"
        )
