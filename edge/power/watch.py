"""Does the power go?  power_failed 1 ─► on battery      battery_voltage twice at its end ─► going down

Pure: monotonic times are handed in. What was told too long ago counts no more: then nobody knows.
"""

from collections.abc import Callable, Sequence

from wire import LastWord, Leaving, Reading

FAILED, VOLTAGE = "power_failed", "battery_voltage"
STALE_S = 600.0
LOWS = 2
"""Readings in a row at the end of the battery: a modem that sends pulls it down for a moment."""
BACK_V = 0.3
"""So much more than its end, and a battery is not at its end any more."""


class PowerWatch:
    """What the sources of the power have told; `on_change` is called when that means something else."""

    def __init__(
        self, *, going_down_v: float | None, now_s: Callable[[], float], on_change: Callable[[], None]
    ) -> None:
        self.leaving: Leaving | None = None
        self._going_down_v = going_down_v
        self._now_s = now_s
        self._on_change = on_change
        self._failed, self._lows = False, 0
        self._failed_s = self._voltage_s = self._since_s = float("-inf")

    def on_bytes(self, data: bytes, topic: str = "") -> None:
        """Bytes say nothing of it."""

    def on_noise(self, size: int, reason: str) -> None:
        """Nor does noise."""

    def on_readings(self, readings: Sequence[Reading]) -> None:
        """These came of a source of the power."""
        now_s = self._now_s()
        for reading in readings:
            if reading.quantity == FAILED:
                self._failed, self._failed_s = reading.value >= 1.0, now_s
            elif reading.quantity == VOLTAGE and self._going_down_v is not None:
                end_v = self._going_down_v + (BACK_V if self._lows >= LOWS else 0.0)
                self._lows = self._lows + 1 if reading.value <= end_v else 0
                self._voltage_s = now_s
        self._settle(now_s)

    def poll(self) -> None:
        """Let go of what was told too long ago."""
        now_s = self._now_s()
        self._failed = self._failed and now_s - self._failed_s <= STALE_S
        self._lows = self._lows if now_s - self._voltage_s <= STALE_S else 0
        self._settle(now_s)

    def last_word(self, now_ms: int) -> LastWord | None:
        """What to say of it at `now_ms` (UTC)."""
        if self.leaving is None:
            return None
        return LastWord(self.leaving, now_ms - round((self._now_s() - self._since_s) * 1_000))

    @property
    def note(self) -> str:
        """A sentence on it; empty while there is power, and while nobody knows."""
        minutes = (self._now_s() - self._since_s) / 60
        if self.leaving is Leaving.ON_BATTERY:
            return f"the mains has failed {minutes:.0f} min ago: the gateway runs on its battery"
        if self.leaving is Leaving.GOING_DOWN:
            return f"the battery has been at its end for {minutes:.0f} min: the gateway will stop"
        return ""

    def _settle(self, now_s: float) -> None:
        before, self.leaving = self.leaving, self._means()
        if self.leaving is not before:
            self._since_s = now_s
            self._on_change()

    def _means(self) -> Leaving | None:
        if self._lows >= LOWS:
            return Leaving.GOING_DOWN
        return Leaving.ON_BATTERY if self._failed else None
