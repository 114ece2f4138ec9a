"""A clock that is set by hand: what runs on it lives in the time that it shows.

SetClock(at 2026-10-29 00:00) ─► `Clocks` for ingest, alarms and staff        time_ms = …: time has passed
"""

from runtime.clock import Clocks


class SetClock:
    """Stands still at `time_ms` (UTC) until somebody sets it; for those who run on it the machine never stopped."""

    def __init__(self, time_ms: int) -> None:
        self.time_ms = time_ms
        self._booted_ms = time_ms

    @property
    def clock(self) -> Clocks:
        """The clocks to hand in."""
        return Clocks(wall_ms=lambda: self.time_ms, boot_ms=lambda: self.time_ms - self._booted_ms)
