"""Reads what is on a Modbus line: replies to our requests as their master, or to others' as a listener.

asking     our request ─► its echo (the adapter's) ─► the reply: samples
           a reply of another slave, or of the one that was late, another master's request: sentences
listening  listener.py
"""

from collections.abc import Mapping

import msgspec

from firmware_bridge.family import Poll
from firmware_bridge.framing import Framer, Verdict
from firmware_bridge.modbus.bus import BusRequest, ModbusBus
from firmware_bridge.modbus.carrier import Adu, Carrier
from firmware_bridge.modbus.listener import ModbusListener, frame_of, shown
from firmware_bridge.modbus.pdu import REFUSED, WRITES_MANY, WRITES_ONE, parse_reply, parse_request, refusal_in
from firmware_bridge.modbus.slave import ModbusSlave
from firmware_bridge.sample import Frame, Noise

_SILENT_S = 0.5
"""After so long a silence, what a listener holds gets no end any more."""


class ModbusDecoder:
    """Reads one line with `slaves` by address; one at the address None is whichever slave speaks first."""

    def __init__(self, carrier: Carrier, slaves: Mapping[int | None, ModbusSlave], bus: ModbusBus | None) -> None:
        self._carrier = carrier
        self._slaves = {slave.address: slave for slave in slaves.values()}
        self._listener = ModbusListener(slaves, is_numbered=carrier.is_numbered)
        self._bus = bus
        self._fed = self._fed_before = 0
        framing = carrier.framing
        self._framer = Framer(msgspec.structs.replace(framing, judge=self._judge), self._accept)
        self._judge_frame = framing.judge
        self._is_asking = False
        self._number = 0x5300
        self._has_echo = self._was_echoed = False

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
        self._was_echoed = False
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
        if self._bus is None or not self._is_asking:
            return self._listener.frame(adu, skipped=self._framer.skipped)
        hand = self._bus.in_hand
        if hand is not None and self._is_echo_of(hand, adu):
            first, self._has_echo, self._was_echoed = not self._has_echo, True, True
            return Frame((), "the adapter gives back what it is given to send: that is passed over" if first else "")
        if hand is not None and self._is_reply_to(hand, adu):
            return self._answered(hand, adu, self._bus)
        return Frame((), self._passed_over(hand, adu, self._bus))

    def _is_echo_of(self, request: BusRequest, adu: Adu) -> bool:
        if adu != self._adu_of(request):
            return False
        looks_like_the_reply = self._is_reply_to(request, adu)  # as that to a write of one register does
        return not looks_like_the_reply or (self._has_echo and not self._was_echoed)

    def _passed_over(self, hand: BusRequest | None, adu: Adu, bus: ModbusBus) -> str:
        """Why a good frame says nothing to us."""
        values, request = parse_reply(adu.pdu), parse_request(adu.pdu)
        if (request is not None and values is None) or adu.pdu[0] in WRITES_ONE | WRITES_MANY:
            sentence = f"slave {adu.address}, {request or 'to write'}"
            bus.give_up(sentence)
            return f"another master asks on this line: {sentence}"
        slave = self._slaves.get(adu.address)
        if slave is None:
            return f"slave {adu.address} speaks on this line, and is not in devices"
        if hand is not None and hand.slave is slave and values is not None and adu.pdu[1] != hand.span.reply_bytes:
            sizes = f"{adu.pdu[1]} bytes where {hand.span.reply_bytes} were asked for"
            return f"{slave.name} answers with {sizes}, which is passed over: late, or of another model"
        return f"{slave.name} answers late, which is passed over; write a longer answer_s if that is often"

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
            bus.refused(adu.pdu[1], refusal)
            return Frame((), f"{request.slave.name} refuses {request.span}: {refusal}")
        values = parse_reply(adu.pdu) or ()
        bus.answered(values)
        if request.values or request.wanted:
            return Frame(
                (), f"{request.slave.name}: {request.span} is {'written' if request.values else shown(values)}"
            )
        return frame_of(request.slave, request.span, values)
