"""A simulated Nova SDS011 or SDS198: a frame a second, or when asked; its mode, sleep and period are set by commands.

AA B4 02 01 01 …  ─►  AA C5 02 01 01 …        AA B4 04 …  ─►  AA C0 …        asleep it answers to waking alone

It speaks of zeros for `waking_s` after it woke, as the real one does. With a working period of n minutes it reports at
the end of the 30 s that it works in each.
"""

from collections.abc import Mapping
from typing import Any

from firmware_bridge.families import sds011
from firmware_bridge.simulated.device import CommandFinder, DuePace, Values

WAKING_S = 3.0
WORKS_S = 30.0
_SIZE = 19


class SimulatedSds011:
    """A sensor in the air of `values`: pm2_5 and pm10, or pm100 of an SDS198."""

    def __init__(self, values: Values, *, is_sds198: bool = False, waking_s: float = WAKING_S) -> None:
        self._values = values
        self._is_sds198 = is_sds198
        self._waking_s = waking_s
        self._set = {sds011.MODE: 0, sds011.SLEEP: 1, sds011.PERIOD: 0}
        self._commands = CommandFinder(b"\xaa\xb4", _SIZE)
        self._pace = DuePace(1.0)
        self._woke_s: float | None = None

    def feed(self, data: bytes, now_s: float) -> bytes:
        """Take commands; the replies."""
        return b"".join(self._answer(command, now_s) for command in self._commands.feed(data))

    def due(self, now_s: float) -> bytes:
        """A frame each second, or at the end of each work, while it is awake and reports by itself."""
        if self._woke_s is None:
            self._woke_s = now_s
        if not self._set[sds011.SLEEP] or self._set[sds011.MODE] or not self._pace.is_due(now_s):
            return b""
        period_s = 60.0 * self._set[sds011.PERIOD]
        if period_s and not WORKS_S - 1 <= (now_s - self._woke_s) % period_s < WORKS_S:
            return b""
        return self._measured(now_s)

    def _answer(self, command: bytes, now_s: float) -> bytes:
        if sum(command[2:17]) & 0xFF != command[17]:
            return b""
        what, is_set, value = command[2], bool(command[3]), command[4]
        is_waking = (what, is_set, value) == (sds011.SLEEP, True, 1)
        if not self._set[sds011.SLEEP] and not is_waking:
            return b""
        if what == sds011.QUERY:
            return self._measured(now_s)
        if what not in self._set:
            return b""
        if is_set:
            if is_waking and not self._set[sds011.SLEEP]:
                self._woke_s = now_s
            self._set[what] = value
        return sds011.build_reply(what, is_set=is_set, value=self._set[what])

    def _measured(self, now_s: float) -> bytes:
        is_waking = self._woke_s is None or now_s - self._woke_s < self._waking_s
        values = {} if is_waking else self._values(now_s)
        if self._is_sds198:
            return sds011.build_sds198(pm100=values.get("pm100", 0.0))
        return sds011.build(pm2_5=values.get("pm2_5", 0.0), pm10=values.get("pm10", 0.0))


def make(options: Mapping[str, Any], values: Values) -> SimulatedSds011:
    """The sensor that the options describe."""
    return SimulatedSds011(values, is_sds198=options["model"] == "sds198")
