"""How a source is doing:  river: ok, 1,204 readings, 31 bytes of noise, last 03:10:07."""

import logging
from collections.abc import Callable

from wire import SourceState, SourceStatus

_log = logging.getLogger(__name__)

LONGEST_DETAIL = 300


class Tally:
    """Counts for one source since the agent started, and its state; times are monotonic where they end in `_s`."""

    def __init__(self, name: str, *, silent_s: float, now_s: float, on_change: Callable[[], None]) -> None:
        self.name = name
        self.status = SourceStatus.STARTING
        self.detail = "not open yet"
        self.readings = 0
        self.noise_bytes = 0
        self._silent_s = silent_s
        self._heard_s = now_s
        self._last_ms: int | None = None
        self._noise_reason = ""
        self._on_change = on_change

    def opened(self, *, now_s: float) -> None:
        """The port or the broker is there; nothing was heard yet."""
        self._heard_s = now_s
        self._turn(SourceStatus.STARTING, "open, nothing heard yet")

    def failed(self, sentence: str) -> None:
        """It is not there, and will be tried again."""
        self._turn(SourceStatus.FAILED, sentence[:LONGEST_DETAIL])

    def heard(self, count: int, *, time_ms: int, now_s: float, note: str = "") -> None:
        """A good frame or message came, with `count` readings."""
        self._heard_s = now_s
        if count:
            self.readings += count
            self._last_ms = time_ms
        if self.status is not SourceStatus.OK:
            self._turn(SourceStatus.OK, note)
        elif note != self.detail and (count or note):
            self.detail = note[:LONGEST_DETAIL]

    def noise(self, size: int, reason: str) -> None:
        """Bytes came that were nothing."""
        self.noise_bytes += size
        self._noise_reason = reason[:LONGEST_DETAIL]

    def look(self, *, now_s: float) -> None:
        """Notice silence."""
        open_now = self.status in (SourceStatus.STARTING, SourceStatus.OK)
        if open_now and now_s - self._heard_s > self._silent_s:
            noise = f"; only noise came: {self._noise_reason}" if self._noise_reason else ""
            self._turn(SourceStatus.SILENT, f"nothing heard for {self._silent_s:g} s{noise}")

    def state(self) -> SourceState:
        """For the gateway's status."""
        return SourceState(self.name, self.status, self.detail, self.readings, self.noise_bytes, self._last_ms)

    def _turn(self, status: SourceStatus, detail: str) -> None:
        if (status, detail) != (self.status, self.detail):
            level = logging.INFO if status in (SourceStatus.OK, SourceStatus.STARTING) else logging.WARNING
            _log.log(level, "source %s: %s%s", self.name, status, f": {detail}" if detail else "")
            self.status, self.detail = status, detail[:LONGEST_DETAIL]
            self._on_change()
