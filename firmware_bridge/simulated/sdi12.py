"""A simulated SDI-12 bus behind an adapter: a sensor for each address in values, with the quantities that stand there.

0M! ─► 00013⏎ … 0⏎      0D0! ─► 0+3.14+2.718⏎      0I! ─► 014SIAGA   SIMULA1.0⏎      others' addresses answer nothing
"""

from collections.abc import Mapping
from typing import Any

from firmware_bridge.families import sdi12
from firmware_bridge.simulated.device import Values
from firmware_bridge.unit_option import check_unit
from wire import BUILT_IN

MEASURES_S = 1
_A_PAGE = 2
"""So many values in one answer, so that there are further ones."""
_MOST = 32


class SimulatedBus:
    """Sensors that measure `rows` of quantities by address; `units` are as those of the family."""

    def __init__(self, values: Values, rows: Mapping[str, list[str]], units: Mapping[str, str]) -> None:
        self._values = values
        self._rows = rows
        self._units = units
        self._held = b""
        self._measured: dict[str, tuple[list[float], bool]] = {}
        self._requests: list[tuple[float, str]] = []

    def feed(self, data: bytes, now_s: float) -> bytes:
        """Take commands; the answers."""
        *texts, rest = (self._held + data).decode("ascii", "replace").split("!")
        self._held = rest[-_MOST:].encode("ascii", "replace")
        return b"".join(self._answer(text, now_s) for text in texts if text[:1] in self._rows)

    def due(self, now_s: float) -> bytes:
        """Service requests, when the values of a measurement are there."""
        ready = [address for due_s, address in self._requests if due_s <= now_s]
        self._requests = [request for request in self._requests if request[0] > now_s]
        return "".join(f"{address}\r\n" for address in ready).encode()

    def _answer(self, text: str, now_s: float) -> bytes:
        address, command = text[0], text[1:]
        if command[:1] in ("M", "C"):
            return self._start(address, command, now_s)
        if command[:1] == "R":
            return self._page(address, self._now(address, now_s), with_crc="C" in command, page=0)
        if command[:1] == "D" and command[1:].isdecimal():
            values, with_crc = self._measured.get(address, ([], False))
            return self._page(address, values, with_crc=with_crc, page=int(command[1:]))
        return f"{address}14SIAGA   SIMULA1.0\r\n".encode() if command == "I" else f"{address}\r\n".encode()

    def _start(self, address: str, command: str, now_s: float) -> bytes:
        self._measured[address] = self._now(address, now_s), "C" in command[1:]
        count = len(self._rows[address])
        if command[0] == "C":
            return f"{address}{MEASURES_S:03}{count:02}\r\n".encode()
        self._requests.append((now_s + MEASURES_S, address))
        return f"{address}{MEASURES_S:03}{count}\r\n".encode()

    def _page(self, address: str, values: list[float], *, with_crc: bool, page: int) -> bytes:
        return sdi12.build(address, values[_A_PAGE * page :][:_A_PAGE], with_crc=with_crc)

    def _now(self, address: str, now_s: float) -> list[float]:
        now = self._values(now_s)
        return [self._in_its_unit(name.strip(), now.get(name.strip(), 0.0)) for name in self._rows[address]]

    def _in_its_unit(self, name: str, value: float) -> float:
        if name not in self._units:
            return round(value, 2)
        convert = check_unit(f"units.{name}", self._units[name], BUILT_IN[name])
        return (value - convert.offset) / convert.factor


def make(options: Mapping[str, Any], values: Values) -> SimulatedBus:
    """The bus that the options describe; one sensor of a level where they name none."""
    rows = {
        str(place)[0]: row.split(",") if isinstance(row, str) else list(row) for place, row in options["values"].items()
    }
    return SimulatedBus(values, rows or {"0": ["water_level"]}, options["units"])
