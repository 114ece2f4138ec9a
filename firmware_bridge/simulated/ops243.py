"""A simulated OPS243 radar: it answers N? with its count, and says nothing by itself.

`values` have people_in in people a minute; N! sets the count to 0.
"""

from collections.abc import Mapping
from typing import Any

from firmware_bridge.families import ops243
from firmware_bridge.simulated.device import CommandFinder, Values


class SimulatedOps243:
    """A radar that was switched on when it was first spoken to; its reports of speed are off (OS)."""

    def __init__(self, values: Values, *, counts: str) -> None:
        self._values = values
        self._counts = counts
        self._begun_s: float | None = None
        self._commands = CommandFinder(b"N", len(ops243.READ))

    def feed(self, data: bytes, now_s: float) -> bytes:
        """Take commands; the answers."""
        return b"".join(self._answer(command, now_s) for command in self._commands.feed(data))

    def due(self, _now_s: float) -> bytes:
        """Nothing: it waits for questions."""
        return b""

    def _answer(self, command: bytes, now_s: float) -> bytes:
        if command == ops243.RESET or self._begun_s is None:
            self._begun_s = now_s
        if command not in (ops243.READ, ops243.RESET):
            return b""
        minutes = max(0.0, now_s - self._begun_s) / 60
        return ops243.build(int(max(0.0, self._values(now_s).get(self._counts, 0.0)) * minutes))


def make(options: Mapping[str, Any], values: Values) -> SimulatedOps243:
    """The radar that the options describe."""
    return SimulatedOps243(values, counts=options["counts"])
