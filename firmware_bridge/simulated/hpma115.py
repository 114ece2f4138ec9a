"""A simulated Honeywell HPMA115S0 or C0: a frame a second by itself, as it does after power-up, or one when asked.

68 01 20 77 ─► A5 A5        68 01 04 93 ─► 40 05 04 …        stopped it refuses to be read: 96 96
"""

from collections.abc import Mapping
from typing import Any

from firmware_bridge.families import hpma115
from firmware_bridge.simulated.device import CommandFinder, DuePace, Values


class SimulatedHpma115:
    """A sensor of `model` in the air of `values`: pm2_5 and pm10, of a C0 pm1 and pm4 too."""

    def __init__(self, values: Values, model: str) -> None:
        self._values = values
        self._model = model
        self._commands = CommandFinder(b"\x68\x01", 4)
        self._pace = DuePace(1.0)
        self.is_measuring = self.is_sending = True

    def feed(self, data: bytes, now_s: float) -> bytes:
        """Take commands; the answers."""
        return b"".join(self._answer(command, now_s) for command in self._commands.feed(data))

    def due(self, now_s: float) -> bytes:
        """A frame each second, while it measures and sends by itself."""
        is_speaking = self.is_measuring and self.is_sending
        return hpma115.build(self._now(now_s), model=self._model) if is_speaking and self._pace.is_due(now_s) else b""

    def _answer(self, command: bytes, now_s: float) -> bytes:
        if sum(command) & 0xFF:
            return hpma115.REFUSED
        what = command[2]
        if what == hpma115.READ:
            return hpma115.build_answer(self._now(now_s), model=self._model) if self.is_measuring else hpma115.REFUSED
        if what in (hpma115.START, hpma115.STOP):
            self.is_measuring = what == hpma115.START
        elif what in (hpma115.SEND, hpma115.STOP_SENDING):
            self.is_sending = what == hpma115.SEND
        else:
            return hpma115.REFUSED
        return hpma115.DONE

    def _now(self, now_s: float) -> dict[str, float]:
        now = self._values(now_s)
        return {name: now.get(name, 0.0) for name in ("pm1", "pm2_5", "pm4", "pm10")}


def make(options: Mapping[str, Any], values: Values) -> SimulatedHpma115:
    """The sensor that the options describe."""
    return SimulatedHpma115(values, options["model"] or "hpma115s0")
