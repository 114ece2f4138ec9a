"""A simulated Campbell SR50A: a packet each second, or one for each question.  p33 CR ─► STX 33;1.838;… ETX"""

from collections.abc import Mapping
from typing import Any

from firmware_bridge.families import sr50a
from firmware_bridge.simulated.device import DuePace, Values

EVERY_S = 1.0


class SimulatedSr50a:
    """A sensor over water: `values` have distance in cm, and temperature; without a distance there is no reading."""

    def __init__(self, values: Values, *, unit: str, address: str, waits: bool) -> None:
        self._values = values
        self._unit = unit
        self._address = address
        self._waits = waits
        self._pace = DuePace(EVERY_S)
        self._heard = b""

    def feed(self, data: bytes, now_s: float) -> bytes:
        """A packet for each question to it."""
        *commands, self._heard = (self._heard + data).split(b"\r")
        question = sr50a.encode(self._address).rstrip()
        return b"".join(self._measured(now_s) for command in commands if command.strip().lower() == question.lower())

    def due(self, now_s: float) -> bytes:
        """A packet, when it is time for one and it does not wait to be asked."""
        return self._measured(now_s) if not self._waits and self._pace.is_due(now_s) else b""

    def _measured(self, now_s: float) -> bytes:
        values = self._values(now_s)
        distance_cm = values.get("distance")
        return sr50a.build(
            distance_mm=None if distance_cm is None else 10 * distance_cm,
            unit=self._unit, temperature=values.get("temperature"), address=self._address,
        )  # fmt: skip


def make(options: Mapping[str, Any], values: Values) -> SimulatedSr50a:
    """The sensor that the options describe."""
    return SimulatedSr50a(
        values, unit=options["unit"] or "m", address=options["address"] or "33", waits=options["mode"] == "query"
    )
