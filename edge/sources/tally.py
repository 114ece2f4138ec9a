"""How a source is doing:  river: ok, 1,204 readings of 1,210 frames, 31 bytes of noise, last 03:10:07.

bytes heard  ─►  frames found     ─►  readings made           ─►  readings refused by the cloud
none: silent     none: only noise     none: and why they are not      the reason, from its ack
"""

import logging
from collections.abc import Callable, Sequence
from typing import Protocol

from edge.rates import RateWindow
from edge.sources.flat_lines import FlatLines
from wire import Reading, SourceState, SourceStatus

_log = logging.getLogger(__name__)

LONGEST_DETAIL = 300
MOST_SENSORS = 1_000
"""Sensors remembered for one source, to tell whose readings the cloud refused."""
MOST_VALUES = 200
"""Pairs of sensor and quantity of one source whose last value is kept, to be shown on site."""
FRESH_S = 600.0
"""A source speaks of the cloud's last refusal for so long."""
_LOOK_EVERY_S = 60.0
"""How often is looked for values that stand still."""


class Onlooker(Protocol):
    """Whoever looks on at what passes through a source."""

    def on_bytes(self, data: bytes, topic: str = "") -> None:
        """These came, on `topic` where they are a message."""

    def on_noise(self, size: int, reason: str) -> None:
        """So many bytes were nothing."""

    def on_readings(self, readings: Sequence[Reading]) -> None:
        """These were made."""


class SourceTally:
    """Counts for one source since the agent started, and its state; times are monotonic where they end in `_s`."""

    def __init__(self, name: str, *, silent_s: float, now_s: float, on_change: Callable[[], None]) -> None:
        self.name = name
        self.status = SourceStatus.STARTING
        self.detail = "not open yet"
        self.heard_bytes = self.frames = self.readings = self.refused = self.noise_bytes = 0
        self.sensors: set[str] = set()
        self.values: dict[tuple[str, str], tuple[float, float]] = {}
        """The last value of each sensor's quantity, and when (monotonic) it came."""
        self.rate = RateWindow(now_s=now_s)
        self.taps: tuple[Onlooker, ...] = ()
        """Who looks on at what passes through."""
        self.silent_s = silent_s
        self.is_asked = False
        """Whether its device was asked anything."""
        self._frame_s = self._reading_s = now_s
        self._last_ms: int | None = None
        self._noisy, self._noise_s, self._noise_reason = False, float("-inf"), ""
        self._left_out = self._remark = self._note = self._refusal = self._trouble = ""
        self._refused_s = float("-inf")
        self._flat_lines, self._flat, self._looked_s = FlatLines(), "", now_s
        self._on_change = on_change

    def opened(self, *, now_s: float) -> None:
        """The port or the broker is there; nothing was heard yet."""
        self._frame_s = self._reading_s = now_s
        self._noise_s = float("-inf")
        self.rate.restart(self.readings, now_s=now_s)
        self._turn(SourceStatus.STARTING, "open, nothing heard yet")

    def failed(self, sentence: str) -> None:
        """It is not there, and will be tried again."""
        self._turn(SourceStatus.FAILED, sentence[:LONGEST_DETAIL])

    def came(self, size: int) -> None:
        """So many bytes came, whatever they are."""
        self.heard_bytes += size

    def show(self, data: bytes, topic: str = "") -> None:
        """These came, on `topic` where they are a message: for whoever looks on."""
        for tap in self.taps:
            tap.on_bytes(data, topic)

    def noise(self, size: int, reason: str) -> None:
        """Bytes came that were nothing."""
        for tap in self.taps:
            tap.on_noise(size, reason)
        self.noise_bytes += size
        self._noisy, self._noise_reason = True, reason[:LONGEST_DETAIL]

    def trouble(self, sentence: str) -> None:
        """Who does not answer when asked, though others on the line may; "" where all do."""
        before, self._trouble = self._trouble, sentence[:LONGEST_DETAIL]
        if _kind(before) == _kind(self._trouble):
            return  # how often it was asked in vain is no news
        if sentence:
            _log.warning("source %s: %s", self.name, self._trouble)
        if self.status is SourceStatus.OK:
            self.detail = self._trouble
        self._on_change()

    def left_out(self, sentence: str) -> None:
        """A reading could not be made of a good frame, or not as the device says it, and why."""
        self._left_out = sentence[:LONGEST_DETAIL]

    def received(
        self, count: int, *, time_ms: int, now_s: float, sensor: str = "", note: str = "", has_fix: bool = False
    ) -> None:
        """A good frame or message came, with `count` readings, of `sensor`, or with a receiver's fix."""
        self.frames += 1
        self._frame_s, self._note = now_s, note
        if count:
            self.readings += count
            self._last_ms, self._reading_s = time_ms, now_s
            self._remark, self._left_out = self._left_out, ""
            if sensor not in self.sensors and len(self.sensors) < MOST_SENSORS:
                self.sensors.add(sensor)
        elif has_fix:
            self._reading_s = now_s  # which is all that a receiver alone has to say
        elif self.status is SourceStatus.SILENT:
            return  # `poll` says why, when that changes
        elif self._left_out and not self.readings:
            self._turn(SourceStatus.SILENT, self._why_silent(now_s))
            return
        if self.status is not SourceStatus.OK:
            self._turn(SourceStatus.OK, self._words(now_s))
        elif count or note:
            self.detail = self._words(now_s)

    def keep_values(self, readings: Sequence[Reading], *, now_s: float) -> None:
        """These readings came of it: whose they are, and their values, to be shown on site."""
        readings = tuple(readings)
        self._flat_lines.record(readings, now_s=now_s)
        values = self.values
        for reading in readings:
            key = reading.sensor, reading.quantity
            if key not in values:
                if len(self.sensors) < MOST_SENSORS:
                    self.sensors.add(reading.sensor)
                if len(values) >= MOST_VALUES:
                    del values[next(iter(values))]
            values[key] = reading.value, now_s
        if readings:
            for tap in self.taps:
                tap.on_readings(readings)

    def reading_age_s(self, *, now_s: float) -> float | None:
        """How long ago its last reading came; None where none came since the agent started."""
        return now_s - self._reading_s if self.readings else None

    def refused_by_the_cloud(self, count: int, sentence: str, *, now_s: float) -> None:
        """The cloud has acknowledged `count` readings of this source without storing them as readings, and why."""
        self.refused += count
        self._refused_s = now_s
        if sentence != self._refusal:
            _log.warning("source %s: %s", self.name, sentence)
            self._refusal = sentence[:LONGEST_DETAIL]
            self._on_change()
        if self.status is SourceStatus.OK:
            self.detail = self._words(now_s)

    def poll(self, *, now_s: float) -> None:
        """Notice silence, and why it is."""
        self.rate.record(self.readings, now_s=now_s)
        if self._noisy:
            self._noisy, self._noise_s = False, now_s
        if now_s - self._looked_s >= _LOOK_EVERY_S:
            self._looked_s = now_s
            self._look_for_flat_lines(now_s)
        if self.status is SourceStatus.FAILED or now_s - self._reading_s <= self.silent_s:
            return
        why = self._why_silent(now_s)
        if self.status is not SourceStatus.SILENT or _kind(why) != _kind(self.detail):
            self._turn(SourceStatus.SILENT, why)

    def _look_for_flat_lines(self, now_s: float) -> None:
        before, self._flat = self._flat, self._flat_lines.sentence(now_s=now_s)
        if _kind(before) == _kind(self._flat):
            return
        _log.warning("source %s: %s", self.name, self._flat or "what stood still moves again")
        if self.status is SourceStatus.OK:
            self.detail = self._words(now_s)
        self._on_change()

    def state(self) -> SourceState:
        """For the gateway's status."""
        return SourceState(
            self.name, self.status, self.detail, self.readings, self.noise_bytes, self._last_ms,
            heard_bytes=self.heard_bytes, frames=self.frames, refused=self.refused,
        )  # fmt: skip

    def _why_silent(self, now_s: float) -> str:
        if self._left_out or now_s - self._frame_s <= self.silent_s:
            return f"frames come, and no reading is made of them: {self._left_out or self._note or 'they are empty'}"
        if now_s - self._noise_s <= self.silent_s:
            return f"nothing heard for {self.silent_s:g} s; only noise came: {self._noise_reason}"
        return f"nothing heard for {self.silent_s:g} s{': ' if self._trouble else ''}{self._trouble}"

    def _words(self, now_s: float) -> str:
        """What an open source has to say though all is well."""
        if self._refusal and now_s - self._refused_s <= FRESH_S:
            return self._refusal
        self._refusal = ""
        return self._trouble or self._flat[:LONGEST_DETAIL] or self._remark or self._note[:LONGEST_DETAIL]

    def _turn(self, status: SourceStatus, detail: str) -> None:
        detail = detail[:LONGEST_DETAIL]
        if (status, detail) != (self.status, self.detail):
            level = logging.INFO if status in (SourceStatus.OK, SourceStatus.STARTING) else logging.WARNING
            _log.log(level, "source %s: %s%s", self.name, status, f": {detail}" if detail else "")
            self.status, self.detail = status, detail
            self._on_change()


def _kind(sentence: str) -> str:
    """What it says before its particulars, which may change with each frame."""
    return sentence.partition(": ")[0]
