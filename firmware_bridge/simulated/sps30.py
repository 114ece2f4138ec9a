"""A simulated Sensirion SPS30: idle when it is switched on, it measures once it was started, and answers when asked.

7E 00 00 02 01 03 F9 7E  ─►  7E 00 00 00 00 FF 7E        7E 00 03 00 FC 7E  ─►  7E 00 03 00 28 …        asleep it wakes
"""

from collections.abc import Mapping
from typing import Any

from firmware_bridge.families import sps30
from firmware_bridge.simulated.device import Values

_MOST = 64
_DAY_S = 86_400


class SimulatedSps30:
    """A sensor in the air of `values`: pm1, pm2_5, pm4 and pm10, a new measurement each second."""

    def __init__(self, values: Values) -> None:
        self._values = values
        self._held = b""
        self._state = "idle"
        self._output = "float"
        self._read_s = 0.0
        self.interval = (7 * _DAY_S).to_bytes(4, "big")
        self.status = 0
        self.cleanings = 0

    def feed(self, data: bytes, now_s: float) -> bytes:
        """Take questions; the answers."""
        *texts, rest = (self._held + data).split(b"\x7e")
        self._held = rest[-_MOST:]
        return b"".join(self._answer(text, now_s) for text in texts if text)

    def due(self, _now_s: float) -> bytes:
        """Nothing: it waits for questions."""
        return b""

    def _answer(self, text: bytes, now_s: float) -> bytes:
        body = sps30.unstuff(text)
        if body is None or len(body) < 4 or sum(body) & 0xFF != 0xFF or len(body) != 4 + body[2]:
            return b""
        command, data = body[1], body[3:-1]
        if self._state == "asleep" and command != sps30.WAKE:
            return b""
        if not self._may(command):
            return sps30.build(command, state=sps30.NOT_NOW)
        return sps30.build(command, self._done(command, data, now_s), state=0x80 if self.status else 0)

    def _may(self, command: int) -> bool:
        needs = {
            sps30.START: "idle", sps30.STOP: "measuring", sps30.READ: "measuring", sps30.CLEAN: "measuring",
            sps30.SLEEP: "idle", sps30.WAKE: "asleep",
        }  # fmt: skip
        return needs.get(command, self._state) == self._state

    def _done(self, command: int, data: bytes, now_s: float) -> bytes:
        if command == sps30.READ:
            return self._measured(now_s)
        if command == sps30.START:
            self._output = next(name for name, code in sps30.FORMATS.items() if code == data)
        if command == sps30.INTERVAL:
            self.interval = data[1:] or self.interval
            return b"" if data[1:] else self.interval
        if command == sps30.STATUS:
            return self.status.to_bytes(4, "big") + b"\0"
        self.cleanings += command == sps30.CLEAN
        after = {sps30.START: "measuring", sps30.STOP: "idle", sps30.SLEEP: "asleep", sps30.WAKE: "idle"}
        self._state = after.get(command, self._state)
        return b""

    def _measured(self, now_s: float) -> bytes:
        if 0 <= now_s - self._read_s < 1.0:
            return b""
        self._read_s = now_s
        now = self._values(now_s)
        masses = [now.get(name, 0.0) for name in ("pm1", "pm2_5", "pm4", "pm10")]
        counts = [masses[1] * share for share in (6.0, 7.0, 7.2, 7.25, 7.3)]
        frame = sps30.build_measured([*masses, *counts, 0.6], output=self._output)
        return sps30.answer_in(frame).data


def make(_options: Mapping[str, Any], values: Values) -> SimulatedSps30:
    """The sensor that the options describe."""
    return SimulatedSps30(values)
