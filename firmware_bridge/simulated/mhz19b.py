"""A simulated Winsen MH-Z19B: it answers when asked, and says nothing by itself.  FF 01 86 … ─► FF 86 …"""

from collections.abc import Mapping
from typing import Any

from firmware_bridge.families import mhz19b
from firmware_bridge.simulated.device import CommandFinder, Values


class SimulatedMhz19b:
    """A sensor in air with `values` of co2, switched on when it is first spoken to."""

    def __init__(self, values: Values, *, waking_s: float = 0.0) -> None:
        self._values = values
        self._waking_s = waking_s
        self._on_s: float | None = None
        self._commands = CommandFinder(b"\xff\x01", mhz19b.SIZE)
        self.self_calibration = True

    def feed(self, data: bytes, now_s: float) -> bytes:
        """Take commands; the answers."""
        return b"".join(self._answer(command, now_s) for command in self._commands.feed(data))

    def due(self, now_s: float) -> bytes:
        """Nothing: it waits for questions."""
        if self._on_s is None:
            self._on_s = now_s
        return b""

    def _answer(self, command: bytes, now_s: float) -> bytes:
        self.due(now_s)
        if sum(command[1:]) & 0xFF:
            return b""
        if command[2] == mhz19b.SELF_CALIBRATION:
            self.self_calibration = command[3] == mhz19b.ON
            return mhz19b.build_reply(command[2])
        if command[2] != mhz19b.READ:
            return b""
        is_waking = self._on_s is not None and now_s - self._on_s < self._waking_s
        return mhz19b.build(ppm=0 if is_waking else round(self._values(now_s).get("co2", 400.0)))


def make(_options: Mapping[str, Any], values: Values) -> SimulatedMhz19b:
    """The sensor that the options describe."""
    return SimulatedMhz19b(values)
