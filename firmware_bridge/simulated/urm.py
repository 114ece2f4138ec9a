"""Simulated DFRobot URM sensors on one line: each answers questions to its address.  55 AA 11 00 02 12 ─► … 00 CA DE"""

from collections.abc import Mapping, Sequence
from typing import Any

from firmware_bridge.families import urm
from firmware_bridge.simulated.device import CommandFinder, Values

_QUESTION_SIZE = 6


class SimulatedUrm:
    """Sensors over water: `values` have distance in cm, and temperature; without a distance there is no target."""

    def __init__(self, values: Values, *, unit: str, addresses: Sequence[int]) -> None:
        self._values = values
        self._step_mm = urm.STEPS_MM[unit]
        self._addresses = addresses
        self._questions = CommandFinder(b"\x55\xaa", _QUESTION_SIZE)

    def feed(self, data: bytes, now_s: float) -> bytes:
        """Take questions; the answers of those who are asked."""
        return b"".join(self._answer(question, now_s) for question in self._questions.feed(data))

    def due(self, _now_s: float) -> bytes:
        """Nothing: they wait for questions."""
        return b""

    def _answer(self, question: bytes, now_s: float) -> bytes:
        address, command, values = question[2], question[4], self._values(now_s)
        if question != urm.encode(command, address) or address not in self._addresses:
            return b""
        if command == urm.TEMPERATURE:
            return urm.build(round(values.get("temperature", 25.0) * 10), command=command, address=address)
        if command != urm.DISTANCE:
            return b""
        distance_cm = values.get("distance")
        value = 0xFFFF if distance_cm is None else round(distance_cm * 10 / self._step_mm)
        return urm.build(value, address=address)


def make(options: Mapping[str, Any], values: Values) -> SimulatedUrm:
    """The sensors that the options describe."""
    model = urm.MODELS.get(options["model"] or "")
    unit = options["unit"] or (model and model.unit) or "cm"
    addresses = [int(address) for address in options["channels"]] or [options["address"] or 0x11]
    return SimulatedUrm(values, unit=unit, addresses=addresses)
