"""The kernel's character device of GPIO, version 2 of its ABI, as bytes.

/dev/gpiochip0 ─GET_LINE─► fd of the line ─SET_VALUES─► the pin ─GET_VALUES─► how it stands
                                   └── read ─► 48 bytes for each edge, stamped by the kernel, numbered from 1

linux/gpio.h (Linux 5.10 and later), with its sizes on every machine, since all is of fixed width:
gpio_v2_line_request  592: offsets u32[64] | consumer 32 | config 272 | num_lines, event_buffer_size | padding 20 | fd
gpio_v2_line_config   272: flags u64 | num_attrs u32 | padding 20 | attrs 10 x 24
gpio_v2_line_config_attribute  24: id u32 | padding 4 | debounce_period_us u32 | 4 | mask u64
gpio_v2_line_values    16: bits u64 | mask u64
gpio_v2_line_event     48: timestamp_ns u64 | id u32 | offset u32 | seqno u32 | line_seqno u32 | padding 24
gpiochip_info          68: name 32 | label 32 | lines u32
gpio_v2_line_info     256: name 32 | consumer 32 | offset u32 | num_attrs u32 | flags u64 | attrs 10 x 16 | padding 16

With ACTIVE_LOW a value of 1, and a rising edge, are of a pin that is low. An edge's time is CLOCK_MONOTONIC. Edges that
find the buffer full push the oldest out of it; their numbers then have a gap.
"""

import fcntl
import struct
from collections.abc import Callable
from typing import NamedTuple

Ioctl = Callable[[int, int, bytearray, bool], int]
"""The kernel's own, or that of a simulated chip; it changes its argument in place."""
GET_CHIP_INFO = 0x8044B401
GET_LINE_INFO = 0xC100B405
GET_LINE = 0xC250B407
SET_VALUES = 0xC010B40F
GET_VALUES = 0xC010B40E
USED, ACTIVE_LOW, INPUT, OUTPUT, EDGE_RISING, EDGE_FALLING = (1 << bit for bit in range(6))
PULL_UP, PULL_DOWN, NO_BIAS = 1 << 8, 1 << 9, 1 << 10
EVENT_BYTES = 48
CONSUMER = b"siaga-edge"
_RISING = 1
_DEBOUNCE = 3
_REQUEST = struct.Struct("=64I32sQI20s240sII20si")
_ATTRIBUTE = struct.Struct("=I4xI4xQ")
_VALUES = struct.Struct("=QQ")
_EVENT = struct.Struct("=QIIII24x")
_CHIP_INFO = struct.Struct("=32s32sI")
_LINE_INFO = struct.Struct("=32s32sIIQ160s16s")


class Edge(NamedTuple):
    """A change of a line: when (ns, CLOCK_MONOTONIC), whether to active, and its number since the line was opened."""

    time_ns: int
    is_rising: bool
    number: int


class ChipInfo(NamedTuple):
    """A chip: the kernel's name for it, that of its driver, and how many lines it has."""

    name: str
    label: str
    lines: int


class LineInfo(NamedTuple):
    """A line of a chip: the board's name for it, and who has it; "" where it is free."""

    name: str
    holder: str


def build_request(line: int, flags: int, *, debounce_us: int = 0, events: int = 0) -> bytes:
    """The request for one line; `events` is how many edges the kernel keeps for us."""
    attribute = _ATTRIBUTE.pack(_DEBOUNCE, debounce_us, 1) if debounce_us else b""
    return _REQUEST.pack(
        line, *[0] * 63, CONSUMER, flags, 1 if attribute else 0, b"", attribute, 1, events, b"", 0
    )  # fmt: skip


def fd_in(request: bytes) -> int:
    """The descriptor that the kernel has written into a request."""
    return int(_REQUEST.unpack(request)[-1])


def build_values(*, on: bool) -> bytearray:
    """The one line on or off; asked of, it says how it stands."""
    return bytearray(_VALUES.pack(int(on), 1))


def is_on_in(values: bytearray) -> bool:
    """How the one line stands."""
    return bool(_VALUES.unpack(values)[0] & 1)


def build_edge(edge: Edge, line: int = 0) -> bytes:
    """The bytes that the kernel gives for an edge."""
    return _EVENT.pack(edge.time_ns, _RISING if edge.is_rising else 2, line, edge.number, edge.number)


def edges_in(data: bytes) -> list[Edge]:
    """The edges in what was read; the kernel gives whole ones only."""
    whole = len(data) - len(data) % EVENT_BYTES
    return [Edge(at, kind == _RISING, number) for at, kind, _, _, number in _EVENT.iter_unpack(data[:whole])]


def chip_info(fd: int, ioctl: Ioctl = fcntl.ioctl) -> ChipInfo:
    """What a chip says of itself; OSError."""
    info = bytearray(_CHIP_INFO.size)
    ioctl(fd, GET_CHIP_INFO, info, True)
    name, label, lines = _CHIP_INFO.unpack(info)
    return ChipInfo(_text(name), _text(label), lines)


def line_info(fd: int, line: int, ioctl: Ioctl = fcntl.ioctl) -> LineInfo:
    """What a chip says of one of its lines; OSError."""
    info = bytearray(_LINE_INFO.pack(b"", b"", line, 0, 0, b"", b""))
    ioctl(fd, GET_LINE_INFO, info, True)
    name, consumer, _, _, flags, _, _ = _LINE_INFO.unpack(info)
    return LineInfo(_text(name), (_text(consumer) or "the kernel") if flags & USED else "")


def _text(raw: bytes) -> str:
    return raw.split(b"\0", 1)[0].decode("ascii", "replace")
