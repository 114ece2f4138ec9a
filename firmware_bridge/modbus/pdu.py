"""What a Modbus frame says, whatever carries it.  MODBUS Application Protocol Specification V1.1b3

03 | first u16 | count u16                       request: 03 holding, 04 input registers; 01 coils, 02 discrete inputs
03 | bytes u8  | u16 …                           reply; of 01 and 02 a bit each, the first one lowest
06 | register u16 | value u16                    request and reply alike; 05 a coil
10 | first u16 | count u16 | bytes u8 | u16 …    request; 10 | first u16 | count u16  reply; 0F the same of coils
83 | code u8                                     refusal of a request 03

Addresses are those of the wire, from 0: a document's "40005" is 4 of the holding registers.
"""

import struct
from collections.abc import Sequence

import msgspec

COILS, INPUTS, HOLDING, INPUT = 1, 2, 3, 4
READS = {
    COILS: "coil",
    INPUTS: "discrete input",
    HOLDING: "holding register",
    INPUT: "input register",
}
OF_BITS = frozenset({COILS, INPUTS})
WRITE_COIL, WRITE_REGISTER, WRITE_COILS, WRITE_REGISTERS = 5, 6, 15, 16
WRITES_ONE = frozenset({WRITE_COIL, WRITE_REGISTER})
WRITES_MANY = frozenset({WRITE_COILS, WRITE_REGISTERS})
FUNCTIONS = (*READS, *sorted(WRITES_ONE | WRITES_MANY))
REFUSED = 0x80
MOST_REGISTERS, MOST_BITS = 125, 2_000
"""That one request may ask for."""
_REQUEST = struct.Struct(">BHH")

OF_THE_ADDRESS = frozenset({2, 3})
"""Exceptions that may be of one register among those that were asked for."""
OF_THE_MODEL = frozenset({1, 2, 3})
EXCEPTIONS = {
    1: "illegal function",
    2: "illegal data address",
    3: "illegal data value",
    4: "slave device failure",
    5: "acknowledged, not done yet",
    6: "slave device busy",
    7: "negative acknowledgement",
    8: "memory parity error",
    10: "gateway path unavailable",
    11: "gateway target device failed to respond",
}


class Span(msgspec.Struct, frozen=True, order=True):
    """What a request asks for: `count` registers or bits from `first` on."""

    function: int
    first: int
    count: int

    @property
    def reply_bytes(self) -> int:
        """How many bytes of values the reply has."""
        return (self.count + 7) // 8 if self.function in OF_BITS else 2 * self.count

    def holds(self, function: int, register: int) -> bool:
        """Whether a register or bit is in it."""
        return function == self.function and self.first <= register < self.first + self.count

    def __str__(self) -> str:
        kind = READS.get(self.function, f"function {self.function}")
        if self.count == 1:
            return f"{kind} 0x{self.first:04X}"
        return f"{kind}s 0x{self.first:04X} to 0x{self.first + self.count - 1:04X}"


def build_request(span: Span) -> bytes:
    """The request to read a span."""
    return bytes((span.function, *span.first.to_bytes(2, "big"), *span.count.to_bytes(2, "big")))


def parse_request(pdu: bytes) -> Span | None:
    """The span that a request to read asks for; None for all else."""
    if len(pdu) != 5 or pdu[0] not in READS:
        return None
    function, first, count = _REQUEST.unpack(pdu)
    most = MOST_BITS if function in OF_BITS else MOST_REGISTERS
    return Span(function, first, count) if 1 <= count <= most and first + count <= 0x10000 else None


def build_reply(function: int, values: Sequence[int]) -> bytes:
    """The reply with these registers or bits."""
    if function in OF_BITS:
        packed = sum(1 << at for at, value in enumerate(values) if value)
        content = packed.to_bytes((len(values) + 7) // 8, "little")
    else:
        content = b"".join(value.to_bytes(2, "big") for value in values)
    return bytes((function, len(content))) + content


def parse_reply(pdu: bytes) -> tuple[int, ...] | None:
    """The registers or bits (as many as the bytes have) of a reply to a request to read; None for all else."""
    size = len(pdu) - 2
    if size < 1 or pdu[1] != size or pdu[0] not in READS:
        return None
    if pdu[0] in OF_BITS:
        return tuple(byte >> bit & 1 for byte in pdu[2:] for bit in range(8))
    return None if size % 2 else struct.unpack_from(f">{size // 2}H", pdu, 2)


def build_write(register: int, values: Sequence[int]) -> bytes:
    """The request to write a holding register (06), or several (10)."""
    if len(values) == 1:
        return bytes((WRITE_REGISTER,)) + register.to_bytes(2, "big") + values[0].to_bytes(2, "big")
    head = bytes((WRITE_REGISTERS,)) + register.to_bytes(2, "big") + len(values).to_bytes(2, "big")
    return head + bytes((2 * len(values),)) + b"".join(value.to_bytes(2, "big") for value in values)


def build_refusal(function: int, code: int) -> bytes:
    """The reply that refuses a request."""
    return bytes((function | REFUSED, code))


def refusal_in(pdu: bytes) -> str | None:
    """Why a request was refused, in words; None for what is no refusal."""
    if len(pdu) != 2 or not pdu[0] & REFUSED:
        return None
    return f"{EXCEPTIONS.get(pdu[1], 'of its own kind, see its document')} (exception {pdu[1]})"


def sizes(pdu: bytes) -> tuple[int, ...] | None:
    """How long what begins so may be, the shortest first; none: nothing begins so; None: too early to say."""
    function = pdu[0]
    if function & REFUSED:
        return (2,) if function & ~REFUSED in FUNCTIONS else ()
    if function in WRITES_ONE:
        return (5,)
    if function in WRITES_MANY:
        return _sizes_of_a_write(pdu)
    if function not in READS:
        return ()
    if len(pdu) < 2:
        return None
    content = pdu[1]
    is_reply = 1 <= content <= 250 and not (function not in OF_BITS and content % 2)
    return tuple(sorted({5, 2 + content})) if is_reply else (5,)


def _sizes_of_a_write(pdu: bytes) -> tuple[int, ...] | None:
    if len(pdu) < 6:
        return None
    count, content = int.from_bytes(pdu[3:5], "big"), pdu[5]
    wanted = 2 * count if pdu[0] == WRITE_REGISTERS else (count + 7) // 8
    return (5, 6 + content) if content == wanted and content else (5,)


def is_possible(pdu: bytes) -> bool:
    """Whether what is as long as it says can be a request, a reply or a refusal."""
    if pdu[0] in READS:
        return len(pdu) == 2 + pdu[1] or parse_request(pdu) is not None
    return bool(pdu[1]) if pdu[0] & REFUSED else True
