"""A simulated Plantower sensor of any model: a frame a second or when asked; its mode and sleep are set by commands.

42 4D E1 00 00 …  ─►  42 4D 00 04 E1 00 …        42 4D E2 …  ─►  42 4D 00 1C …        asleep it only wakes

A model that counts particles speaks of zeros for `WAKING_S` after it woke; a real one needs up to 30 s.
"""

from collections.abc import Mapping
from typing import Any

from firmware_bridge.families import plantower
from firmware_bridge.simulated.device import CommandFinder, DuePace, Values

WAKING_S = 3.0
_COMMAND_SIZE = 7
_VERSION = 0x9700
_COUNTS_OF_PM2_5 = (60.0, 18.0, 3.0, 0.4, 0.1, 0.04)
"""Particles beyond each size in 0.1 litre, for each ug/m3 of PM2.5."""


class SimulatedPlantower:
    """A sensor of `model` in the air of `values`: pm1, pm2_5, pm10, and what else the model measures."""

    def __init__(self, values: Values, model: plantower.Layout) -> None:
        self._values = values
        self._model = model
        self._commands = CommandFinder(b"BM", _COMMAND_SIZE)
        self._pace = DuePace(1.0)
        self._is_active = self._is_awake = True
        self._woke_s: float | None = None

    def feed(self, data: bytes, now_s: float) -> bytes:
        """Take commands; the answers."""
        return b"".join(self._answer(command, now_s) for command in self._commands.feed(data))

    def due(self, now_s: float) -> bytes:
        """A frame each second, while it is awake and reports by itself."""
        if self._woke_s is None:
            self._woke_s = now_s
        is_speaking = self._is_awake and self._is_active
        return self._measured(now_s) if is_speaking and self._pace.is_due(now_s) else b""

    def _answer(self, command: bytes, now_s: float) -> bytes:
        if sum(command[:5]) != int.from_bytes(command[5:], "big"):
            return b""
        what, value = command[2], command[4]
        if what == plantower.SLEEP:
            if value and not self._is_awake:
                self._woke_s = now_s
            self._is_awake = bool(value)
            return b"" if value else plantower.build_reply(what, value)
        if not self._is_awake:
            return b""
        if what == plantower.READ:
            return self._measured(now_s)
        if what != plantower.MODE:
            return b""
        self._is_active = bool(value)
        return plantower.build_reply(what, value)

    def _measured(self, now_s: float) -> bytes:
        words = [0] * self._model.words
        is_waking = self._woke_s is None or now_s - self._woke_s < WAKING_S
        if not is_waking or not self._model.counts:
            now = self._values(now_s)
            pm = [round(now.get(quantity, 0.0)) for quantity in ("pm1", "pm2_5", "pm10")]
            words[:6] = [*pm, *pm]
            for at, each in enumerate(_COUNTS_OF_PM2_5[: self._model.counts]):
                words[6 + at] = round(each * now.get("pm2_5", 0.0)) + 1
            for at, quantity, step in self._model.others:
                words[at] = round(now.get(quantity, 0.0) / step)
        if self._model.status is not None:
            words[self._model.status] = _VERSION
        return plantower.build(words)


def make(options: Mapping[str, Any], values: Values) -> SimulatedPlantower:
    """The sensor that the options describe."""
    return SimulatedPlantower(values, plantower.MODELS[options["model"]])
