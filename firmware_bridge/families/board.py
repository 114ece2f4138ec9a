"""Siaga's own board: several quantities in a frame, counters as totals.  38400 8N1; docs/board-protocol.md

version 1, one way; version 2 has the same from `version` to the last item, in a packet of its own (board_link.py)
53 47 | len u8 | version=1 u8 | flags u8 | firmware 3 x u8 | boot u16 | seq u32 | uptime_ms u32 | items | crc u16
item: channel u8 | code u8 | value i32                   (u32 for counters, whose code has bit 7 set)

Little-endian. `len` counts the bytes from version to the last item: 15 + 6 n, n at most 16. The crc covers len to the
last item: CRC-16/IBM-3740 (polynomial 1021, initial value FFFF, nothing reflected; "123456789" gives 29B1).
"""

import struct
from binascii import crc_hqx
from collections.abc import Iterator, Mapping, Sequence
from enum import Enum
from typing import Any, NamedTuple

import msgspec

from firmware_bridge.counters import Counted, begins_at_zero, recalled, remembered, step
from firmware_bridge.families import board_link
from firmware_bridge.families.board_talk import BoardTalk
from firmware_bridge.family import Guide, Option, Poll, SerialFamily, check_channels, settle
from firmware_bridge.framing import JUNK, Framer, Framing, Verdict, measured
from firmware_bridge.rain_rate import TIP_MM, RainRate
from firmware_bridge.sample import Frame, Noise, Sample
from i18n.message import LocalizedMessage

VERSION = 1
MAX_ITEMS = 16
KEPT = 0x01
"""Flag: the board keeps its totals across restarts (EEPROM, FRAM)."""
TALKS = 0x02
"""Flag: the board listens to its gateway, and speaks version 2 where that says hello."""
NOT_MEASURED = -(2**31)
"""The value of a gauge whose sensor did not answer."""
OLDER = 64
"""A seq this little behind the last is an older frame; further behind, the board has started again."""

_MARK = b"SG"
_HEAD = struct.Struct("<BB3BHII")  # version, flags, firmware, boot, seq, uptime_ms
_ITEM = struct.Struct("<BBi")
_CRC = struct.Struct("<H")
_LONGEST_BODY = _HEAD.size + MAX_ITEMS * _ITEM.size
_BITS = 32
_COUNTER = 0x80
_MOST_A_SECOND = {"rainfall": 3.0}
"""Tips of a bucket of 0.2 mm in 2,160 mm/h, which is beyond any rain that was ever measured."""
_MOST_PEOPLE_A_SECOND = 10.0


class Code(msgspec.Struct, frozen=True):
    """A row of the table of codes: one step of the value is `step` of the quantity's unit in wire.quantities."""

    code: int
    quantity: str
    step: float


_TABLE = (
    (0x01, "water_level", 0.1),
    (0x02, "distance", 0.1),
    (0x03, "flow", 0.001),
    (0x04, "rain_rate", 0.01),
    (0x10, "pm1", 0.1),
    (0x11, "pm2_5", 0.1),
    (0x12, "pm10", 0.1),
    (0x13, "co", 1.0),
    (0x14, "co2", 1.0),
    (0x15, "no2", 0.1),
    (0x16, "o3", 0.1),
    (0x17, "so2", 0.1),
    (0x18, "hc", 0.1),
    (0x19, "voc", 0.1),
    (0x1A, "temperature", 0.01),
    (0x1B, "humidity", 0.01),
    (0x1C, "pressure", 0.01),
    (0x1D, "noise", 0.1),
    (0x1E, "wind_speed", 0.01),
    (0x1F, "wind_direction", 0.1),
    (0x20, "occupancy", 1.0),
    (0x21, "dwell", 1.0),
    (0x22, "devices_seen", 1.0),
    (0x81, "rainfall", 1.0),  # the total of tips; option tip_mm makes millimetres of what was added
    (0x90, "people_in", 1.0),
    (0x91, "people_out", 1.0),
)
CODES = {row[0]: Code(*row) for row in _TABLE}
COUNTED = frozenset(row.quantity for row in CODES.values() if row.code & _COUNTER)
"""What a board sends as totals."""
_CODE_OF = {row.quantity: row for row in CODES.values()}

OPTIONS = (
    TIP_MM,
    Option(
        "interval_s",
        int,
        LocalizedMessage("seconds between two frames, for a board that listens"),
        default=None,
        low=1,
        high=60,
    ),
    Option(
        "debounce_ms",
        int,
        LocalizedMessage("closures of a contact within so many ms are one, for a board that listens"),
        default=None,
        low=10,
        high=1_000,
    ),
    Option(
        "channels",
        dict,
        LocalizedMessage('the sensor of each channel: {{ "0" = "rain-daruba" }}; others are left out'),
        default={},
    ),
)


class Item(NamedTuple):
    """A value on a channel: a gauge's in the quantity's unit (None: no answer), or a counter's total (tips, people)."""

    channel: int
    quantity: str
    value: float | None


class Head(NamedTuple):
    """The fields of a frame before its items."""

    version: int
    flags: int
    major: int
    minor: int
    patch: int
    boot: int
    seq: int
    uptime_ms: int


def build(
    items: Sequence[Item],
    *,
    seq: int,
    uptime_ms: int = 0,
    boot: int = 1,
    firmware: tuple[int, int, int] = (1, 0, 0),
    kept: bool = False,
    talks: bool = False,
    version: int = 1,
) -> bytes:
    """The frame with number `seq` of start `boot`; ValueError for more than 16 items, or a counter without a total.

    `version` is that of the protocol, 1 or 2.
    """
    if len(items) > MAX_ITEMS:
        raise ValueError(f"frame of {len(items)} items; send at most {MAX_ITEMS} and the others in the next frame")
    flags = (KEPT if kept else 0) | (TALKS if talks else 0)
    head = _HEAD.pack(version, flags, *firmware, boot, seq, uptime_ms % 2**_BITS)
    body = head + b"".join(_pack(item) for item in items)
    if version != VERSION:
        return board_link.packed(board_link.READINGS, body)
    counted = bytes((len(body),)) + body
    return _MARK + counted + _CRC.pack(crc(counted))


def _pack(item: Item) -> bytes:
    row = _CODE_OF[item.quantity]
    if row.code & _COUNTER and item.value is None:
        raise ValueError(f"counter {item.quantity} on channel {item.channel} has no total; leave it out of the frame")
    raw = NOT_MEASURED if item.value is None else round(item.value / row.step)
    if row.code & _COUNTER:
        raw = (raw + 2**31) % 2**32 - 2**31  # the same four bytes, as the signed number that _ITEM packs
    return _ITEM.pack(item.channel, row.code, raw)


def crc(counted: bytes) -> int:
    """CRC-16/IBM-3740 of the bytes from len to the last item."""
    return crc_hqx(counted, 0xFFFF)


def _size(window: bytes) -> Verdict:
    if not window.startswith(_MARK[: len(window)]):
        return JUNK
    if len(window) < 4:
        return 0
    length, version = window[2], window[3]
    whole_items = length >= _HEAD.size and (length - _HEAD.size) % _ITEM.size == 0
    if not 1 <= length <= _LONGEST_BODY or version == 0 or (version == VERSION and not whole_items):
        return JUNK
    return len(_MARK) + 1 + length + _CRC.size


def _check(frame: bytes) -> str:
    return "" if _CRC.unpack(frame[-2:])[0] == crc(frame[2:-2]) else "CRC is wrong"


_judge_frame = measured(size=_size, check=_check)


def _judge(window: bytes) -> Verdict:
    return board_link.judge(window) if window[:1] == board_link.END else _judge_frame(window)


# kind and code byte of version 2 are one byte more than mark and len of version 1
FRAMING = Framing(_MARK[:1] + board_link.END, len(_MARK) + 1 + _LONGEST_BODY + _CRC.size + 1, _judge)


class Order(Enum):
    """Where a frame stands to the last one."""

    FIRST = "first"
    NEXT = "next"
    RESTARTED = "restarted"
    STALE = "stale"


def order_of(last: tuple[int, int] | None, head: Head) -> tuple[Order, str]:
    """Place a frame after the `last` (boot, seq) that was taken, with a note where that is worth one."""
    firmware = f"firmware {head.major}.{head.minor}.{head.patch}"
    if last is None:
        return Order.FIRST, f"first frame of the board: {firmware}, boot {head.boot}"
    boot, seq = last
    if head.boot != boot:
        return Order.RESTARTED, f"board started again: {firmware}, boot {boot} to {head.boot}"
    if head.seq > seq:
        missing = head.seq - seq - 1
        return Order.NEXT, f"{missing} frames missing before frame {head.seq}" if missing else ""
    if head.seq == seq:
        return Order.STALE, f"frame {seq} came again"
    if seq - head.seq <= OLDER:
        return Order.STALE, f"frame {head.seq} is older than frame {seq}"
    return Order.RESTARTED, f"board started again: {firmware}, frame {seq} to {head.seq} with the same boot {boot}"


class BoardDecoder:
    """Reads the frames of one board, and remembers the last one and each counter's total."""

    def __init__(self, options: Mapping[str, Any], memory: Mapping[str, int]) -> None:
        chosen = settle(OPTIONS, options)
        self._tip_mm: float = chosen["tip_mm"]
        self._channels = _channels(chosen["channels"])
        self._framer = Framer(FRAMING, self._accept)
        self._last = (memory["boot"], memory["seq"]) if {"boot", "seq"} <= memory.keys() else None
        self._counters = _counters_in(memory)
        self._before = {key.removesuffix(_BEFORE): total for key, total in memory.items() if key.endswith(_BEFORE)}
        self._rain: dict[int, RainRate] = {}
        self._talk = BoardTalk({key: chosen[key] for key in board_link.KEYS if chosen[key] is not None})

    @property
    def held(self) -> int:
        """Bytes that may yet become part of a frame."""
        return self._framer.held

    def feed(self, data: bytes) -> list[Frame | Noise]:
        """Take the next bytes."""
        return self._framer.feed(data)

    def poll(self, now_s: float) -> Poll:
        """Say hello to a board that listens, and set what the options want of it."""
        return self._talk.poll(now_s)

    def memory(self) -> dict[str, int]:
        """The last frame's boot and seq, and the total of each counter as "<channel>/<quantity>".

        After a fall of the total, "…/fell_to", "…/at" and "…/rises" stand beside it, and "…/before" is the total before
        the board started again.
        """
        if self._last is None:
            return {}
        memory = {"boot": self._last[0], "seq": self._last[1]}
        for key, counted in self._counters.items():
            memory |= remembered(key, counted)
        return memory | {key + _BEFORE: total for key, total in self._before.items()}

    def _accept(self, frame: bytes) -> Frame:
        if frame.startswith(board_link.END):
            packet = board_link.unpacked(frame) or b""
            return self._answered(packet) if packet.startswith(board_link.ANSWER) else self._readings(packet[1:], 2)
        return self._readings(frame[3 : -_CRC.size], VERSION)

    def _answered(self, packet: bytes) -> Frame:
        given = board_link.parse_answer(packet)
        if given is None:
            return Frame((), "the board's answer has a size that this gateway does not know: upgrade it")
        self._talk.answered(given)
        status = board_link.STATUS.get(given.status, f"ends with status {given.status}: upgrade this gateway")
        return Frame((), f"the board answers: command {given.number} {status}")

    def _readings(self, body: bytes, version: int) -> Frame:
        """What the bytes from `version` to the last item say, in the form of that version."""
        if body[:1] != bytes((version,)):
            spoken = f"{board_link.LOWEST} and {board_link.HIGHEST}"
            return Frame((), f"protocol version {body[:1].hex()}; this gateway speaks {spoken}: upgrade it")
        if len(body) < _HEAD.size or (len(body) - _HEAD.size) % _ITEM.size:
            return Frame((), f"the board sends {len(body)} bytes, which no number of items has: mend its firmware")
        head = Head._make(_HEAD.unpack_from(body))
        order, note = order_of(self._last, head)
        self._talk.heard(head.boot, listens=bool(head.flags & TALKS))
        if order is Order.STALE:
            return Frame((), note)
        self._last = (head.boot, head.seq)
        if order is Order.RESTARTED:
            self._start_again(kept=bool(head.flags & KEPT))
        found = list(self._read(head, list(_ITEM.iter_unpack(body[_HEAD.size :]))))
        notes = [note, *(text for text in found if isinstance(text, str))] if found else [note, "no items"]
        return Frame(
            tuple(sample for sample in found if isinstance(sample, Sample)), "; ".join(text for text in notes if text)
        )

    def _start_again(self, *, kept: bool) -> None:
        self._rain.clear()
        if kept:
            self._before = {}
            return
        self._before = {key: max(was.total, self._before.get(key, 0)) for key, was in self._counters.items()}
        self._counters = dict.fromkeys(self._counters, Counted(0))

    def _read(self, head: Head, items: list[tuple[int, int, int]]) -> Iterator[Sample | str]:
        rates = {channel for channel, code, _ in items if code == _CODE_OF["rain_rate"].code}
        seen = set()
        for channel, code, raw in items:
            row = CODES.get(code)
            if row is None:
                yield f"channel {channel} has unknown code {code:02X}: upgrade this gateway"
            elif (channel, code) in seen:
                yield f"channel {channel} has {row.quantity} twice in a frame"
            elif self._channels is not None and channel not in self._channels:
                yield f"channel {channel} has no sensor: name it in channels"
            elif code & _COUNTER:
                yield from self._count(channel, row.quantity, raw % 2**_BITS, head, rates)
            elif raw == NOT_MEASURED:
                yield f"{row.quantity} on channel {channel}: not measured"
            else:
                yield Sample(row.quantity, round(raw * row.step, 3), str(channel))
            seen.add((channel, code))

    def _count(self, channel: int, quantity: str, total: int, head: Head, rates: set[int]) -> Iterator[Sample | str]:
        key = f"{channel}/{quantity}"
        most = _MOST_A_SECOND.get(quantity, _MOST_PEOPLE_A_SECOND)
        if key in self._before and not begins_at_zero(
            total, uptime_ms=head.uptime_ms, frames=head.seq + 1, most_a_second=most
        ):
            yield f"{quantity} on channel {channel}: {total} was not counted since the restart"
            self._counters[key] = Counted(self._before.pop(key))
        self._counters[key], (added, note) = step(self._counters.get(key), total, bits=_BITS)
        if note:
            yield f"{quantity} on channel {channel}: {note}"
        if quantity != "rainfall":
            if added is not None:
                yield Sample(quantity, float(added), str(channel))
            return
        rain_mm = round((added or 0) * self._tip_mm, 4)
        rate = self._rain.setdefault(channel, RainRate()).add(rain_mm, head.uptime_ms)
        if added is not None:
            yield Sample("rainfall", rain_mm, str(channel))
        if rate is not None and channel not in rates:
            yield Sample("rain_rate", rate, str(channel))


_BEFORE = "/before"


def _counters_in(memory: Mapping[str, int]) -> dict[str, Counted]:
    """The counters of a memory; those of a memory that was damaged begin anew."""
    found = {key: recalled(key, memory) for key in memory if key.count("/") == 1}
    return {key: known for key, known in found.items() if known is not None}


def _channels(named: Mapping[Any, Any]) -> frozenset[int] | None:
    known = check_channels(
        named,
        lambda channel: channel.isdecimal() and int(channel) <= 0xFF,
        LocalizedMessage("write a number from 0 to 255 in quotes"),
    )
    return frozenset(map(int, known)) or None


FAMILY = SerialFamily(
    name="board",
    title=LocalizedMessage("Siaga's own board: rain, people and more on one line"),
    baud=38_400,
    quantities=tuple(row.quantity for row in CODES.values()),
    options=OPTIONS,
    decoder=BoardDecoder,
    channels=True,
    guide=Guide(
        wiring="USB of the board, or its TX at 3.3 V to RXD; docs/board-protocol.md",
        quirks="counters are totals: what is added between two frames is the reading; a restart of the board, a "
        "wrapped counter and a frame that comes twice add nothing that was not counted",
        example='channels = { "0" = "rain-1", "1" = "people-1" }',
    ),
)
