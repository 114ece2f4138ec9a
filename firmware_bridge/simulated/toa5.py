"""A simulated Campbell logger: the header of a table, then a record each two seconds.  "2026-11-29 10:05:00",17,…"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from firmware_bridge.families import toa5_lines
from firmware_bridge.simulated.device import DuePace, Values
from firmware_bridge.timestamps import zone_of
from wire import BUILT_IN
from wire.units import conversion

EVERY_S = 2.0
_USUAL = {"distance": "TCDT_Avg", "temperature": "AirTC_Avg", "humidity": "RH"}


class SimulatedToa5:
    """A logger whose `values` stand in the columns that the options name, in the units that they name or our own."""

    def __init__(self, options: Mapping[str, Any], values: Values) -> None:
        self._values = values
        self._zone = zone_of(options["zone"]) or UTC
        columns = options["columns"] or _USUAL
        last = max([2, *(column for column in columns.values() if isinstance(column, int))])
        self._quantities: list[str] = [""] * (last - 2)
        for quantity, column in columns.items():
            if isinstance(column, int) and column > 2:
                self._quantities[column - 3] = quantity
        self._names = [f"Col{at}" for at, _ in enumerate(self._quantities, start=3)]
        for quantity, column in columns.items():
            if isinstance(column, str):
                self._quantities.append(quantity)
                self._names.append(column)
        self._units = {quantity: options["units"].get(quantity, BUILT_IN[quantity].unit) for quantity in columns}
        self._pace = DuePace(EVERY_S)
        self._record = -1

    def feed(self, _data: bytes, _now_s: float) -> bytes:
        """It is not asked."""
        return b""

    def due(self, now_s: float) -> bytes:
        """The header first, and a record when it is time for one."""
        if not self._pace.is_due(now_s):
            return b""
        self._record += 1
        values = self._values(now_s)
        time = datetime.fromtimestamp(now_s, self._zone).strftime("%Y-%m-%d %H:%M:%S")
        record = toa5_lines.build_record(time, self._record, [self._written(name, values) for name in self._quantities])
        return record if self._record else self._header() + record

    def _written(self, quantity: str, values: Mapping[str, float]) -> float | None:
        value = values.get(quantity)
        convert = conversion(self._units[quantity], BUILT_IN[quantity]) if quantity else None
        return None if value is None or convert is None else (value - convert.offset) / convert.factor

    def _header(self) -> bytes:
        return toa5_lines.build(self._names, [self._units.get(quantity, "") for quantity in self._quantities])


def make(options: Mapping[str, Any], values: Values) -> SimulatedToa5:
    """The logger that the options describe."""
    return SimulatedToa5(options, values)
