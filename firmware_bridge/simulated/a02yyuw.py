"""A simulated A02YYUW, or another of its kin: a frame each 100 ms, or one for each question.  55 ─► FF 07 A1 A7"""

from collections.abc import Mapping
from typing import Any

from firmware_bridge.families import a02yyuw
from firmware_bridge.simulated.device import DuePace, Values

EVERY_S = 0.1


class SimulatedA02yyuw:
    """A sensor over water: `values` have distance in cm; without one there is no target."""

    def __init__(self, values: Values, *, unit: str, question: bytes, waits: bool) -> None:
        self._values = values
        self._step_mm = a02yyuw.STEPS_MM[unit]
        self._question = question
        self._waits = waits
        self._pace = DuePace(EVERY_S)

    def feed(self, data: bytes, now_s: float) -> bytes:
        """A frame for each question, where it waits for them."""
        return self._measured(now_s) * data.count(self._question) if self._waits else b""

    def due(self, now_s: float) -> bytes:
        """A frame, when it is time for one and it does not wait to be asked."""
        return self._measured(now_s) if not self._waits and self._pace.is_due(now_s) else b""

    def _measured(self, now_s: float) -> bytes:
        return a02yyuw.build(round(self._values(now_s).get("distance", 0.0) * 10 / self._step_mm))


def make(options: Mapping[str, Any], values: Values) -> SimulatedA02yyuw:
    """The sensor that the options describe."""
    model = a02yyuw.MODELS[options["model"]]
    return SimulatedA02yyuw(
        values, unit=options["unit"] or model.unit, question=model.question, waits=options["mode"] == "query"
    )
