"""Simulated Modbus slaves on one line: they answer requests, by the register maps of the real ones.

01 03 00 00 00 01 84 0A ─► 01 03 02 00 56 38 7A        devices = { "1" = "pr-3000-fsjt" }, wind 8.6 m/s

On request a slave is silent, refuses what it is asked, does not let registers be read that no map has, or answers late
(when the next request comes); and the adapter gives back what it is given to send.
"""

from collections.abc import Collection, Mapping
from typing import Any

from firmware_bridge.families.modbus import RTU, TCP
from firmware_bridge.framing import Framer
from firmware_bridge.modbus.carrier import Adu
from firmware_bridge.modbus.options import slaves_of
from firmware_bridge.modbus.pdu import (
    OF_BITS,
    WRITE_REGISTER,
    WRITE_REGISTERS,
    build_refusal,
    build_reply,
    parse_request,
)
from firmware_bridge.modbus.register_map import RegisterField, RegisterMap
from firmware_bridge.modbus.values import words_of
from firmware_bridge.sample import Frame
from firmware_bridge.simulated.device import Values

_DECIMALS = 1
_SILENCE_S = 0.1
"""Many times the 3.5 characters after which a slave begins to read again: what carries the bytes may hesitate."""
_ILLEGAL_ADDRESS = 2


class SimulatedModbus:
    """The slaves of one line, by address, with the registers of their maps."""

    def __init__(
        self,
        maps: Mapping[int, RegisterMap],
        values: Values,
        *,
        over_tcp: bool = False,
        silent: Collection[int] = (),
        refusing: Collection[int] = (),
        strict: Collection[int] = (),
        late: Collection[int] = (),
        has_echo: bool = False,
    ) -> None:
        self.maps = maps
        self.silent, self.refusing, self.strict, self.late = set(silent), set(refusing), set(strict), set(late)
        self.has_echo = has_echo
        self.written: dict[tuple[int, int], int] = {}
        """Holding registers that were written, by slave and register."""
        self.asked: list[Adu] = []
        self._values = values
        self._carrier = TCP if over_tcp else RTU
        self._framer = Framer(self._carrier.framing, self._heard)
        self._answers: list[bytes] = []
        self._later: list[bytes] = []
        self._now_s = self._fed_s = 0.0
        self._since_s: float | None = None

    def feed(self, data: bytes, now_s: float) -> bytes:
        """Take bytes from the line; the answers."""
        if now_s - self._fed_s > _SILENCE_S and not self._carrier.is_numbered:
            self._framer.give_up()  # what was no request ends with the silence after it
        self._now_s = self._fed_s = now_s
        self._since_s = now_s if self._since_s is None else self._since_s
        self._answers = []
        self._framer.feed(data)
        return (data if self.has_echo else b"") + b"".join(self._answers)

    def due(self, now_s: float) -> bytes:
        """Nothing: slaves wait for requests."""
        self._now_s = now_s
        return b""

    def _heard(self, frame: bytes) -> Frame:
        request = self._carrier.split(frame)
        self._answers += self._later
        self._later = []
        self.asked = [*self.asked[-99:], request]
        if request.address in self.maps and request.address not in self.silent:
            answer = self._carrier.build(request._replace(pdu=self._answer(request)))
            (self._later if request.address in self.late else self._answers).append(answer)
        return Frame(())

    def _answer(self, request: Adu) -> bytes:
        function = request.pdu[0]
        if request.address in self.refusing:
            return build_refusal(function, _ILLEGAL_ADDRESS)
        if function in (WRITE_REGISTER, WRITE_REGISTERS):
            return self._write(request)
        span = parse_request(request.pdu)
        if span is None:
            return build_refusal(function, 1)
        words = self._registers(request.address, function)
        wanted = range(span.first, span.first + span.count)
        if request.address in self.strict and not words.keys() >= set(wanted):
            return build_refusal(function, _ILLEGAL_ADDRESS)
        return build_reply(function, [words.get(register, 0) for register in wanted])

    def _write(self, request: Adu) -> bytes:
        first = int.from_bytes(request.pdu[1:3], "big")
        content = request.pdu[3:] if request.pdu[0] == WRITE_REGISTER else request.pdu[6:]
        for at in range(0, len(content), 2):
            self.written[request.address, first + at // 2] = int.from_bytes(content[at : at + 2], "big")
        return request.pdu[:5]

    def _registers(self, address: int, function: int) -> dict[int, int]:
        words: dict[int, int] = {}
        fields = [field for field in self.maps[address].fields if field.function == function]
        for field in fields:
            words.update(self._of_field(field))
        for register in (register for field in fields for register in field.valid_if):
            words.setdefault(register, 1)
        words.update({register: value for (of, register), value in self.written.items() if of == address})
        return words

    def _of_field(self, field: RegisterField) -> dict[int, int]:
        words: dict[int, int] = {}
        conversion = field.conversion
        if field.unit_at is not None:
            words[field.unit_at], conversion = next(
                (code, made) for code, (_, made) in field.units.items() if made is not None
            )
        if field.decimals_at is not None:
            words[field.decimals_at] = _DECIMALS
        value = self._values(self._now_s).get(field.quantity, 0.0)
        raw = ((value - conversion.offset) / conversion.factor - field.offset) / field.scale
        raw *= 10**_DECIMALS if field.decimals_at is not None else 1
        if field.total:
            raw = (self._now_s - (self._since_s or 0.0)) // 10
        if field.function in OF_BITS:
            return words | {field.register: 1 if raw else 0}
        said = words_of(raw, field.type, word_order=field.word_order, byte_order=field.byte_order, bit=field.bit)
        return words | {field.register + at: word for at, word in enumerate(said)}


def make(options: Mapping[str, Any], values: Values) -> SimulatedModbus:
    """The slaves that the options describe."""
    slaves, _ = slaves_of(options, {})
    maps = {slave.address: slave.map for slave in slaves.values()}
    return SimulatedModbus(maps, values, over_tcp=options.get("transport") == "tcp")
