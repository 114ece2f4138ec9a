"""What is overheard on a line that another master asks: a request gives its reply a meaning.

01 03 00 01 00 01 …      request to slave 1: register 0x0001
01 03 02 05 46 …         its reply: 1350, by the map of slave 1 a distance

A reply whose request was not heard means something only where the map asks for nothing else of that size.
"""

from collections.abc import Mapping, Sequence

from firmware_bridge.modbus.carrier import Adu
from firmware_bridge.modbus.pdu import OF_BITS, READS, Span, parse_reply, parse_request, refusal_in
from firmware_bridge.modbus.slave import ModbusSlave
from firmware_bridge.sample import Frame

_MOST_SHOWN = 16
_MOST_OPEN = 64
_A_REQUEST_MAY_BE_LOST = 4
"""Bytes of noise that may have been a request, so that the next reply answers another; an adapter makes fewer."""


class ModbusListener:
    """Pairs requests and replies; a slave at the address None is whichever speaks first."""

    def __init__(self, slaves: Mapping[int | None, ModbusSlave], *, is_numbered: bool) -> None:
        self._slaves = dict(slaves)
        self._is_numbered = is_numbered
        self._asked: dict[int, tuple[int, Span]] = {}

    def frame(self, adu: Adu, *, skipped: int) -> Frame:
        """What a frame says, before which so many bytes were none."""
        if skipped >= _A_REQUEST_MAY_BE_LOST and not self._is_numbered:
            self._asked.clear()
        address, span = self._asked.get(adu.number, (0, None))
        if span is not None and address == adu.address and len(adu.pdu) == 2 + span.reply_bytes:
            values = parse_reply(adu.pdu)
            if values is not None and adu.pdu[0] == span.function:
                del self._asked[adu.number]
                return self._reply_heard(address, span, values)
        request = parse_request(adu.pdu)
        if request is not None:
            self._remember(adu, request)
            return Frame((), f"request to slave {adu.address}: {request}")
        refusal = refusal_in(adu.pdu)
        if refusal is not None:
            self._asked.pop(adu.number, None)
            return Frame(
                (), f"slave {adu.address} refuses{f' {span}' if span and address == adu.address else ''}: {refusal}"
            )
        if adu.pdu[0] not in READS:
            return Frame((), f"slave {adu.address} is written to, or says that it was: function {adu.pdu[0]}")
        return self._reply_alone(adu.address, adu.pdu[0], parse_reply(adu.pdu) or ())

    def _reply_alone(self, address: int, function: int, values: Sequence[int]) -> Frame:
        """A reply whose request was not heard: it means something where the map asks for nothing else of that size."""
        slave = self._slave_at(address)
        size = len(values) // 8 if function in OF_BITS else 2 * len(values)
        if slave is not None and slave.is_certain(function, size):
            return self._reply_heard(address, slave.span_of(function, size), values)
        kind = f"{len(values)} {READS[function]}{'' if len(values) == 1 else 's'}"
        return Frame((), f"slave {address}: {kind}: {shown(values)}; the request was not heard, so nobody knows which")

    def _remember(self, adu: Adu, request: Span) -> None:
        self._asked.pop(adu.number, None)
        if len(self._asked) >= _MOST_OPEN:
            del self._asked[next(iter(self._asked))]
        self._asked[adu.number] = (adu.address, request)

    def _slave_at(self, address: int) -> ModbusSlave | None:
        return self._slaves.get(address) or self._slaves.get(None)

    def _reply_heard(self, address: int, span: Span, values: Sequence[int]) -> Frame:
        slave = self._slave_at(address)
        if slave is None:
            return Frame((), f"slave {address}: {span}: {shown(values[: span.count])}; name its model, or give its map")
        if None in self._slaves:
            slave.address = address
            self._slaves = {address: self._slaves[None]}
        found = frame_of(slave, span, values)
        if found.samples or found.note:
            return found
        return Frame((), f"{slave.name}: {span}: {shown(values[: span.count])}; no value of its map is whole there")


def frame_of(slave: ModbusSlave, span: Span, values: Sequence[int]) -> Frame:
    """What a reply says, by the map of its slave."""
    samples, notes = slave.read(span, values)
    return Frame(tuple(samples), "; ".join(notes))


def shown(values: Sequence[int]) -> str:
    """Registers as a sentence has them: not too many."""
    more = f" and {len(values) - _MOST_SHOWN} more" if len(values) > _MOST_SHOWN else ""
    return ", ".join(map(str, values[:_MOST_SHOWN])) + more
