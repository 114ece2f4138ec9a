"""Reads what is on a Modbus line: replies to our requests as their master, or to others' as a listener.

asking     our request ─► its echo (the adapter's) ─► the reply: samples
           a reply of another slave, or of the one that was late, another master's request: sentences
listening  a request, then its reply: the meaning          a reply alone: registers as a note,
                                                           and the meaning where the map leaves one only
"""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import msgspec

from firmware_bridge.family import Poll
from firmware_bridge.framing import Framer, Framing, Verdict
from firmware_bridge.modbus.bus import BusRequest, ModbusBus
from firmware_bridge.modbus.pdu import (
    OF_BITS,
    READS,
    REFUSED,
    WRITES_MANY,
    WRITES_ONE,
    Span,
    parse_reply,
    parse_request,
    refusal_in,
)
from firmware_bridge.modbus.slave import ModbusSlave
from firmware_bridge.sample import Frame, Noise

_MOST_SHOWN = 16
_MOST_OPEN = 64
_SILENT_S = 0.5
"""After so long a silence, what a listener holds gets no end any more."""
_A_REQUEST_MAY_BE_LOST = 4
"""Bytes of noise that may have been a request, so that the next reply answers another; an adapter makes fewer."""


class Adu(NamedTuple):
    """A frame taken apart; `number` is the transaction's of Modbus TCP, 0 over RTU, where there is none."""

    address: int
    pdu: bytes
    number: int = 0


class Carrier(msgspec.Struct, frozen=True):
    """What RTU and TCP do in their own ways: find frames, take them apart, and put them together."""

    framing: Framing
    split: Callable[[bytes], Adu]
    build: Callable[[Adu], bytes]
    is_numbered: bool


class ModbusDecoder:
    """Reads one line with `slaves` by address; one at the address None is whichever slave speaks first."""

    def __init__(self, carrier: Carrier, slaves: Mapping[int | None, ModbusSlave], bus: ModbusBus | None) -> None:
        self._carrier = carrier
        self._slaves = dict(slaves)
        self._bus = bus
        self._fed = self._fed_before = 0
        framing = carrier.framing
        self._framer = Framer(msgspec.structs.replace(framing, judge=self._judge), self._accept)
        self._judge_frame = framing.judge
        self._asked: dict[int, tuple[int, Span]] = {}
        self._is_asking = False
        self._number = 0x5300
        self._awaited = b""
        self._has_echo = False

    @property
    def held(self) -> int:
        """Bytes that may yet become part of a frame."""
        return self._framer.held

    def feed(self, data: bytes) -> list[Frame | Noise]:
        """Take the next bytes."""
        self._fed += len(data)
        return self._framer.feed(data)

    def memory(self) -> dict[str, int]:
        """The totals of counters."""
        return {key: total for slave in self._slaves.values() for key, total in slave.memory().items()}

    def poll(self, now_s: float) -> Poll:
        """Ask whom it is to be asked; see `family.Asking`."""
        if self._bus is None:
            if self._fed == self._fed_before:
                self._framer.settle()
            self._fed_before = self._fed
            return Poll(b"", _SILENT_S)
        self._is_asking = True
        missed = self._bus.missed
        request, again_s = self._bus.poll(now_s)
        if self._bus.missed != missed:
            self._framer.give_up()  # no reply begins before its request
        if request is None:
            return Poll(b"", again_s, self._bus.trouble(now_s))
        self._number = (self._number + 1) & 0xFFFF if self._carrier.is_numbered else 0
        sent = self._carrier.build(self._adu_of(request))
        return Poll(sent, again_s, self._bus.trouble(now_s))

    def _adu_of(self, request: BusRequest) -> Adu:
        return Adu(request.slave.address, request.pdu, self._number)

    def _judge(self, window: bytes) -> Verdict:
        """As the carrier does; but what only looks like a long frame must not hold up the reply that is waited for."""
        verdict = self._judge_frame(window)
        hand = self._bus.in_hand if self._bus is not None else None
        if verdict != 0 or hand is None or self._carrier.is_numbered:
            return verdict
        return "frame has no end" if self._has_reply_to(hand, window) else verdict

    def _has_reply_to(self, request: BusRequest, window: bytes) -> bool:
        """Whether the reply is in what follows the first byte."""
        address, function = request.slave.address, request.pdu[0]
        for start in (bytes((address, function)), bytes((address, function | REFUSED))):
            at = window.find(start, 1)
            while at > 0:
                size = self._judge_frame(window[at:])
                whole = window[at : at + size] if isinstance(size, int) else b""
                if whole and self._is_reply_to(request, self._carrier.split(whole)):
                    return True
                at = window.find(start, at + 1)
        return False

    def _accept(self, frame: bytes) -> Frame:
        adu = self._carrier.split(frame)
        if self._bus is not None and self._is_asking:
            return self._as_master(adu, self._bus)
        return self._overheard(adu)

    def _as_master(self, adu: Adu, bus: ModbusBus) -> Frame:
        hand = bus.in_hand
        if hand is not None and self._is_reply_to(hand, adu):
            return self._answered(hand, adu, bus)
        if hand is not None and adu == self._adu_of(hand):
            first, self._has_echo = not self._has_echo, True
            return Frame((), "the adapter gives back what it is given to send: that is passed over" if first else "")
        slave = self._slaves.get(adu.address)
        if (parse_request(adu.pdu) is not None and parse_reply(adu.pdu) is None) or _is_write(adu.pdu):
            sentence = f"slave {adu.address}, {parse_request(adu.pdu) or 'to write'}"
            bus.give_up(sentence)
            return Frame((), f"another master asks on this line: {sentence}")
        if slave is not None:
            return Frame(
                (), f"{slave.name} answers late, which is passed over; write a longer answer_s if that is often"
            )
        return Frame((), f"slave {adu.address} speaks on this line, and is not in devices")

    def _is_reply_to(self, request: BusRequest, adu: Adu) -> bool:
        if adu.address != request.slave.address or adu.number != self._number:
            return False
        if refusal_in(adu.pdu) is not None:
            return adu.pdu[0] & 0x7F == request.pdu[0]
        if request.values:
            return adu.pdu == request.pdu[:5]
        return len(adu.pdu) == 2 + request.span.reply_bytes and adu.pdu[:2] == bytes(
            (request.span.function, request.span.reply_bytes)
        )

    def _answered(self, request: BusRequest, adu: Adu, bus: ModbusBus) -> Frame:
        refusal = refusal_in(adu.pdu)
        if refusal is not None:
            bus.refused(refusal)
            return Frame((), f"{request.slave.name} refuses {request.span}: {refusal}")
        values = parse_reply(adu.pdu) or ()
        bus.answered(values)
        if request.values or request.wanted:
            return Frame(
                (), f"{request.slave.name}: {request.span} is {'written' if request.values else _shown(values)}"
            )
        return _frame_of(request.slave, request.span, values)

    def _overheard(self, adu: Adu) -> Frame:
        if self._framer.skipped >= _A_REQUEST_MAY_BE_LOST and not self._carrier.is_numbered:
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
        return Frame((), f"slave {address}: {kind}: {_shown(values)}; the request was not heard, so nobody knows which")

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
            return Frame(
                (), f"slave {address}: {span}: {_shown(values[: span.count])}; name its model, or give its map"
            )
        if None in self._slaves:
            slave.address = address
            self._slaves = {address: self._slaves[None]}
        found = _frame_of(slave, span, values)
        if found.samples or found.note:
            return found
        return Frame((), f"{slave.name}: {span}: {_shown(values[: span.count])}; no value of its map is whole there")


def _frame_of(slave: ModbusSlave, span: Span, values: Sequence[int]) -> Frame:
    samples, notes = slave.read(span, values)
    return Frame(tuple(samples), "; ".join(notes))


def _is_write(pdu: bytes) -> bool:
    return pdu[0] in WRITES_ONE | WRITES_MANY


def _shown(values: Sequence[int]) -> str:
    more = f" and {len(values) - _MOST_SHOWN} more" if len(values) > _MOST_SHOWN else ""
    return ", ".join(map(str, values[:_MOST_SHOWN])) + more
