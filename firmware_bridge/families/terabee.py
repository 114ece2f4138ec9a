"""Terabee TeraRanger Evo People Counter and Evo Swipe Plus (time of flight, two fields).  115200 8N1

P C | sensor u32 | counter i32 | in u16 | out u16 | crc      Evo People Counter: each time that somebody has passed
P C |              counter i32 | in u16 | out u16 | crc      Evo Swipe Plus
D D | distance u16 | distance u16 | crc                      meanwhile, without end; also T T | distance u16 | crc
00 55 08 00 00 00 00 7C      counters to 0        00 55 03 | far u16 | near u16 | crc      between which mm people pass

crc: CRC-8, polynomial 07, initial value 0, of all before it. counter = in - out holds in each frame, and is looked at
too; with the CRC that tells the two lengths apart, and the order of bytes, which the manuals do not state (high byte
first, as commands have it, "MSB, LSB", and as github.com/RosLD/UPCT_TerabeePC reads three sensors).
Where in = out both orders would do: such frames count nothing until one has shown it. The totals are at 0 after a loss
of power. User manuals of the Evo People Counter (2021, 5.5) and the Evo Swipe Plus (2020, 5.5).
"""

import struct
from collections.abc import Mapping
from typing import Any, NamedTuple

from firmware_bridge.family import Guide, Option, OptionError, Poll, SerialDecoder, SerialFamily, settle
from firmware_bridge.framing import JUNK, Framing, Verdict
from firmware_bridge.poller import PolledDecoder, PolledQuestion, Poller
from firmware_bridge.ram_totals import TotalsInRam
from firmware_bridge.sample import Frame, Sample
from i18n.message import LocalizedMessage

ALIVE_S = 60.0
"""A sensor that writes distances, and counts nobody, gives zeros so often."""
_HEADERS = (b"PC", b"DD", b"TT")
_SIZES = {b"DD": 7, b"TT": 5}
_ORDERS = {"big": ">", "little": "<"}
_NAMES = ("people_in", "people_out")
_SENSOR, _LITTLE = "sensor", "little_endian"
_BOTH = {0: ">", 1: "<", -1: "><"}
_NOT_SHOWN = "in and out are equal, and no frame has shown the order of bytes yet"


class PeopleFrame(NamedTuple):
    """What a PC frame says; `sensor` is 0 where the model does not say it."""

    total_in: int
    total_out: int
    sensor: int = 0


class _Layout(NamedTuple):
    size: int
    has_sensor: bool

    def read(self, frame: bytes, order: str) -> PeopleFrame | None:
        """The fields of a whole frame; None where they contradict each other."""
        counter, total_in, total_out = struct.unpack_from(f"{order}IHH", frame, 6 if self.has_sensor else 2)
        if (total_in - total_out - counter) & 0xFFFF:
            return None
        return PeopleFrame(total_in, total_out, *struct.unpack_from(f"{order}I", frame, 2)[: self.has_sensor])


LAYOUTS = {"swipe_plus": _Layout(11, False), "evo": _Layout(15, True)}

OPTIONS = (
    Option(
        "model",
        str,
        LocalizedMessage("evo or swipe_plus, whose frames are of different length; auto tells them apart"),
        default="auto",
        choices=("auto", *LAYOUTS),
    ),
    Option(
        "byte_order",
        str,
        LocalizedMessage("which byte of a number comes first; the manuals do not say it, and auto learns it"),
        default="auto",
        choices=("auto", *_ORDERS),
    ),
    Option(
        "swap",
        bool,
        LocalizedMessage("true where the sensor hangs so that its left to right is the way out"),
        default=False,
    ),
    Option(
        "near_mm",
        int,
        LocalizedMessage("people pass beyond this distance, at least 50; set together with far_mm"),
        default=None,
        low=50,
        high=1_500,
    ),
    Option(
        "far_mm",
        int,
        LocalizedMessage("and nearer than this, at least 200 more than near_mm; left out, both stay as they are"),
        default=None,
        low=250,
        high=1_700,
    ),
)


def crc8(data: bytes) -> int:
    """CRC-8 with polynomial 07 and initial value 0."""
    crc = 0
    for byte in data:
        crc = _CRC[crc ^ byte]
    return crc


def _row(value: int) -> int:
    for _ in range(8):
        value = value << 1 ^ (0x07 if value & 0x80 else 0)
    return value & 0xFF


_CRC = tuple(map(_row, range(256)))


def _with_crc(body: bytes) -> bytes:
    return body + bytes((crc8(body),))


def build(*, total_in: int, total_out: int, sensor: int | None = None, byte_order: str = "big") -> bytes:
    """The frame that somebody has passed; without `sensor` that of a Swipe Plus."""
    order = _ORDERS[byte_order]
    head = b"PC" if sensor is None else b"PC" + struct.pack(f"{order}I", sensor)
    counter = (total_in - total_out) & 0xFFFFFFFF
    return _with_crc(head + struct.pack(f"{order}IHH", counter, total_in & 0xFFFF, total_out & 0xFFFF))


def build_distances(first_mm: int, second_mm: int, *, byte_order: str = "big") -> bytes:
    """The frame of the distances that both fields see."""
    return _with_crc(b"DD" + struct.pack(f"{_ORDERS[byte_order]}HH", first_mm, second_mm))


RESET = _with_crc(bytes.fromhex("00550800000000"))
READ_PARAMETERS, READ_PARAMETERS_AS_TEXT = _with_crc(bytes.fromhex("006101")), _with_crc(bytes.fromhex("006102"))


def encode_thresholds(*, near_mm: int, far_mm: int) -> bytes:
    """The command between which distances people pass."""
    return _with_crc(bytes.fromhex("005503") + struct.pack(">HH", far_mm, near_mm))


def _framing(model: str, orders: str) -> Framing:
    """The framing of the models and orders of bytes ("<", ">" or both) that are allowed."""
    layouts = [layout for name, layout in LAYOUTS.items() if model in (name, "auto")]

    def judge(window: bytes) -> Verdict:
        head = window[:2]
        if len(head) < 2:
            return 0
        if head == b"PC":
            return _judge_count(window, layouts, orders)
        size = _SIZES.get(head)
        if size is None:
            return JUNK
        return 0 if len(window) < size else _check_distance(window[:size]) or size

    return Framing(b"PDT", max(layout.size for layout in LAYOUTS.values()), judge)


def _judge_count(window: bytes, layouts: list[_Layout], orders: str) -> Verdict:
    """The size of the first layout that the bytes hold; else what is wrong with the last."""
    wrong = ""
    for layout in layouts:
        if len(window) < layout.size:
            return 0
        frame = window[: layout.size]
        if crc8(frame[:-1]) != frame[-1]:
            wrong = wrong or "CRC is wrong"
        elif not _orders_of(frame, layout, orders):
            wrong = "counter is not in less out: are byte_order and model right?"
        else:
            return layout.size
    return wrong


def _orders_of(frame: bytes, layout: _Layout, orders: str) -> str:
    """Those of the orders in which the fields of a frame do not contradict each other."""
    return "".join(order for order in orders if layout.read(frame, order))


def _check_distance(frame: bytes) -> str:
    if crc8(frame[:-1]) != frame[-1]:
        return "CRC is wrong"
    # a CRC of 8 bits lets every 256th chance pass; such a frame says nothing, and must not swallow one that does
    torn = any(header in frame[1:] for header in _HEADERS) or frame[-1:] in (b"P", b"D", b"T")
    return "another frame begins inside" if torn else ""


class TerabeeDecoder(PolledDecoder):
    """Reads the frames of one sensor, and remembers its totals."""

    def __init__(self, chosen: Mapping[str, Any], memory: Mapping[str, int]) -> None:
        self._orders = _ORDERS.get(chosen["byte_order"]) or _BOTH[memory.get(_LITTLE, -1)]
        self._swaps: bool = chosen["swap"]
        self._sensor = memory.get(_SENSOR)
        self._totals = self._counting(memory)
        self._counted = False
        self._counted_s: float | None = None
        self._is_due = False
        super().__init__(_framing(chosen["model"], _ORDERS.get(chosen["byte_order"]) or "><"), _poller(chosen))

    def poll(self, now_s: float) -> Poll:
        """Send what is to be set, and learn from the time whether zeros are due."""
        if self._counted or self._counted_s is None:
            self._counted, self._counted_s = False, now_s
        self._is_due = now_s - self._counted_s >= ALIVE_S
        return super().poll(now_s)

    def memory(self) -> dict[str, int]:
        """The totals, the sensor that they are of, and the order of bytes that it has shown."""
        totals = self._totals.memory()
        known = {_LITTLE: int(self._orders == "<")} if len(self._orders) == 1 else {}
        return totals | {_SENSOR: self._sensor} | known if totals and self._sensor is not None else totals

    def _counting(self, memory: Mapping[str, int]) -> TotalsInRam:
        return TotalsInRam(_NAMES, memory, bits=16, sure=True)

    def _accept(self, frame: bytes) -> Frame:
        if frame.startswith(b"PC"):
            return self._count(frame)
        if frame.startswith(b"TT"):
            return Frame((), "the sensor detects presence; set it to count people who pass (BPTD)")
        if self._is_due and self._totals.memory():
            self._is_due, self._counted = False, True
            return Frame(tuple(Sample(name, 0.0) for name in _NAMES))
        return Frame((), "distances, and nobody has passed")

    def _count(self, frame: bytes) -> Frame:
        layout = next(layout for layout in LAYOUTS.values() if layout.size == len(frame))
        shown = _orders_of(frame, layout, self._orders)
        found = layout.read(frame, shown) if len(shown) == 1 else None
        if found is None:
            return Frame((), _NOT_SHOWN if shown else "order of bytes is another than before: is this one sensor?")
        self._orders = shown
        notes = []
        if self._sensor not in (None, found.sensor):
            notes.append(f"sensor {found.sensor:08X} is in the place of {self._sensor:08X}")
            self._totals = self._counting({})
        self._sensor = found.sensor
        ways = (found.total_out, found.total_in) if self._swaps else (found.total_in, found.total_out)
        added, note = self._totals.add(dict(zip(_NAMES, ways, strict=True)))
        self._counted = self._counted or bool(added)
        samples = tuple(Sample(name, float(count)) for name, count in added.items())
        return Frame(samples, "; ".join(text for text in (*notes, note) if text))


def _poller(chosen: Mapping[str, Any]) -> Poller:
    near_mm, far_mm = chosen["near_mm"], chosen["far_mm"]
    if near_mm is None:
        return Poller("the sensor")
    # which frame confirms it, the manuals do not say
    command = encode_thresholds(near_mm=near_mm, far_mm=far_mm)
    return Poller("the sensor", start=[PolledQuestion(command, "where people pass", answer_s=0, rest_s=1.0)])


def _decoder(options: Mapping[str, Any], memory: Mapping[str, int]) -> SerialDecoder:
    chosen = settle(OPTIONS, options)
    near_mm, far_mm = chosen["near_mm"], chosen["far_mm"]
    if (near_mm is None) is not (far_mm is None) or (near_mm is not None and far_mm < near_mm + 200):
        raise OptionError(
            LocalizedMessage(
                "far_mm: {far}: write near_mm and far_mm together, and far_mm at least 200 more than near_mm",
                far=str(far_mm),
            )
        )
    return TerabeeDecoder(chosen, memory)


FAMILY = SerialFamily(
    name="terabee",
    title=LocalizedMessage("Terabee Evo people counter"),
    baud=115_200,
    quantities=_NAMES,
    options=OPTIONS,
    decoder=_decoder,
    models={
        "people_counter_evo": {"model": "evo"},
        "terabee_people_counter": {},
        "terabee_people_counter_evo": {"model": "evo"},
        "terabee_evo_swipe_plus": {"model": "swipe_plus"},
        "terabee_evo": {"model": "evo"},
        "teraranger_evo": {"model": "evo"},
        "tr_evo_ppc": {"model": "evo"},
        "evo_swipe_plus": {"model": "swipe_plus"},
        "terabee_swipe_plus": {"model": "swipe_plus"},
    },
    guide=Guide(
        wiring="USB backboard, or the UART of the I2C/UART backboard at 3.3 V",
        quirks="the totals are at 0 after a loss of power: what was counted since then is added, and nothing twice; "
        "in = left to right, swap turns it; a sensor that sees nobody gives zeros each minute; the order of bytes is "
        "not in the manuals, and is learnt from counter = in - out",
        example="",
    ),
)
