"""A line in memory with a simulated device on it, in made-up time: another rate than the device's gives garbage."""

from collections.abc import Callable
from random import Random

from firmware_bridge.simulated.device import SimulatedDevice

_STEP_S = 0.05


class DeviceLine:
    """`device` speaks at `baud`; `echo` gives back what is sent, `deaf` loses it; `write` is what comes besides."""

    def __init__(
        self, device: SimulatedDevice | None, baud: int, *, has_baud: bool = True, echo: bool = False,
        turn: Callable[[bytes], bytes] = bytes,
    ) -> None:  # fmt: skip
        self.has_baud = has_baud
        self.sent: list[tuple[int, bytes]] = []
        self._device = device
        self._baud = baud
        self._echo = echo
        self._turn = turn
        self._at = 0
        self._now_s = 1_000.0
        self._dice = Random(7)

    def set_baud(self, baud: int) -> None:
        self._at = baud

    def now_s(self) -> float:
        return self._now_s

    def framing_errors(self) -> int:
        return 0

    def exchange(self, send: bytes, wait_s: float, *, quiet_s: float) -> bytes:
        came = send if self._echo else b""
        if send:
            self.sent.append((self._at, send))
            came += self._heard(send)
        end_s, last_s = self._now_s + wait_s, self._now_s
        while self._now_s < end_s and not (came and self._now_s - last_s >= quiet_s):
            self._now_s += _STEP_S
            more = self._read(self._device.due(self._now_s)) if self._device is not None else b""
            came, last_s = came + more, self._now_s if more else last_s
        return came

    def _heard(self, send: bytes) -> bytes:
        """What the device answers, where it speaks the same rate; else it hears nothing that it knows."""
        if self._device is None or (self.has_baud and self._at != self._baud):
            return b""
        return self._read(self._device.feed(send, self._now_s))

    def _read(self, written: bytes) -> bytes:
        if self.has_baud and self._at != self._baud:
            return bytes(self._dice.choice(b"\x00\x80\xf8\xe0\xfe\xc0") for _ in written)
        return self._turn(written)
