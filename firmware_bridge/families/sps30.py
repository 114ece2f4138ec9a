"""Sensirion SPS30 (particulates).  115200 8N1, SHDLC: answers when asked

7E | address 0 | command | length | data … | sum | 7E                the question
7E | address 0 | command | state | length | data … | sum | 7E        the answer; sum = FF - all from the address on

03 read      40 bytes: 10 x float32    PM1 PM2.5 PM4 PM10 ug/m3 | up to 0.5 1 2.5 4 10 um in cm3 | typical size um
             20 bytes: 10 x u16        the same in whole numbers, the size in nm          big-endian
              0 bytes: nothing new since the last question
00 start (01 03 float, 01 05 u16)   01 stop   10 sleep   11 wake   56 clean the fan   80 seconds between two cleanings
D0 what it is   D1 version   D2 status register   D3 reset

Between the marks 7E 7D 11 13 are written 7D 5E, 7D 5D, 7D 31, 7D 33: taken back in one pass from the left, since a 7D
that was data may stand before what looks like the rest of another pair. A mark may serve two frames, or be lost on the
line, so the answer to a read is also found without its first one.

state: bits 0 to 6 why the question was refused (43: not in this state), bit 7: the status register has an error. Then
no value is believed, and the register is asked which. Sensirion's data sheet SPS30, version 1.0 (March 2020), 4 and 5.
"""

import struct
from collections.abc import Mapping, Sequence
from math import inf, isfinite
from typing import Any, NamedTuple

from firmware_bridge.family import Guide, Option, Poll, SerialDecoder, SerialFamily, settle, table_among
from firmware_bridge.framing import JUNK, Framing, Verdict
from firmware_bridge.laser_options import check_sleep
from firmware_bridge.poller import PolledDecoder, PolledQuestion, Poller, every_s
from firmware_bridge.sample import Frame, Sample
from i18n.message import LocalizedMessage
from wire import Quantity
from wire.units import conversion

_FLAG, _ESCAPE = 0x7E, 0x7D
_STUFFED = {0x7E: 0x5E, 0x7D: 0x5D, 0x11: 0x31, 0x13: 0x33}
_PLAIN = {second: byte for byte, second in _STUFFED.items()}

START, STOP, READ, SLEEP, WAKE, CLEAN, INTERVAL = 0x00, 0x01, 0x03, 0x10, 0x11, 0x56, 0x80
INFO, VERSION, STATUS, RESET = 0xD0, 0xD1, 0xD2, 0xD3
COMMANDS = {
    # command: what it asks, and the most bytes of its answer
    START: ("to measure", 0),
    STOP: ("to stop", 0),
    READ: ("a measurement", 40),
    SLEEP: ("to sleep", 0),
    WAKE: ("to wake up", 0),
    CLEAN: ("to clean its fan", 0),
    INTERVAL: ("its cleaning interval", 4),
    INFO: ("what it is", 32),
    VERSION: ("its version", 7),
    STATUS: ("its status", 5),
    RESET: ("to start again", 0),
}
_LONGEST = 2 + 2 * (5 + 40)
"""Every byte of the longest answer may be written as two."""

WRONG_LENGTH, NOT_NOW = 0x01, 0x43
REFUSALS = {
    0x02: "it does not know the command",
    0x03: "it needs a right",
    0x04: "a value is not allowed",
    0x28: "a value is out of range",
    NOT_NOW: "not in its present state",
}
_HAS_ERROR = 0x80
_ERRORS = ((5, "the laser has failed"), (4, "the fan stands still"), (21, "the fan's speed is out of range"))
"""Bits of the status register (4.4)."""
FORMATS = {"float": b"\x01\x03", "integer": b"\x01\x05"}
_LAYOUTS = {40: struct.Struct(">10f"), 20: struct.Struct(">10H")}
_MASSES = ("pm1", "pm2_5", "pm4", "pm10")
_BEYOND = (("particles_0_5", 4), ("particles_1", 5), ("particles_2_5", 6))
TYPICAL_SIZE = "typical_particle_size"
WARM_S = 30.0
"""From the start of measuring until values hold in clean air too (table 1: start-up time)."""
_DAY_S = 86_400.0
_USUAL_DAYS = 7

OPTIONS = (
    every_s(),
    Option(
        "output",
        str,
        LocalizedMessage("how it is asked to write values: float, or integer in whole numbers; both are read"),
        default="float",
        choices=tuple(FORMATS),
    ),
    Option(
        "particles",
        bool,
        LocalizedMessage("also send how many particles there are beyond 0.3, 0.5, 1 and 2.5 micrometres"),
        default=False,
    ),
    Option(
        "sleep",
        bool,
        LocalizedMessage("let it sleep between two questions, and wake it 30 s before each"),
        default=False,
    ),
    Option(
        "cleaning_days",
        float,
        LocalizedMessage("days between two cleanings of its fan, 0: never; left out, it stays as it is (7)"),
        default=None,
        low=0,
        high=365,
    ),
)


class ShdlcAnswer(NamedTuple):
    """What an answer holds between its address and its sum."""

    command: int
    state: int
    data: bytes


def stuff(body: bytes) -> bytes:
    """The bytes as they stand between two marks."""
    return b"".join(bytes((_ESCAPE, _STUFFED[byte])) if byte in _STUFFED else bytes((byte,)) for byte in body)


def unstuff(text: bytes) -> bytes | None:
    """The bytes that stand between two marks, in one pass; None where a pair is none."""
    first, *rest = text.split(bytes((_ESCAPE,)))
    body = bytearray(first)
    for part in rest:
        if not part or part[0] not in _PLAIN:
            return None
        body.append(_PLAIN[part[0]])
        body += part[1:]
    return bytes(body)


def build(command: int, data: bytes = b"", *, state: int = 0) -> bytes:
    """The answer of a sensor."""
    return _framed(bytes((0, command, state, len(data))) + data)


def build_measured(values: Sequence[float], *, output: str = "float") -> bytes:
    """The answer with ten values, in the order of the picture; the size in um."""
    if output == "float":
        return build(READ, _LAYOUTS[40].pack(*values))
    return build(READ, _LAYOUTS[20].pack(*(round(value) for value in values[:9]), round(values[9] * 1_000)))


def encode(command: int, data: bytes = b"") -> bytes:
    """The question to a sensor. Before that to wake up stands an FF, which wakes its serial port."""
    return (b"\xff" if command == WAKE else b"") + _framed(bytes((0, command, len(data))) + data)


def _framed(body: bytes) -> bytes:
    flag = bytes((_FLAG,))
    return flag + stuff(body + bytes((~sum(body) & 0xFF,))) + flag


def answer_in(frame: bytes) -> ShdlcAnswer:
    """Take a whole frame whose sum is good apart."""
    body = unstuff(frame.strip(bytes((_FLAG,)))) or b""
    return ShdlcAnswer(body[1], body[2], body[4:-1])


def parse(answer: ShdlcAnswer, *, particles: bool = False, size: Quantity | None = None) -> Frame:
    """What an answer says of the air; `size` is the city's quantity for the typical size, if it has one."""
    what = COMMANDS[answer.command][0]
    code = answer.state & ~_HAS_ERROR
    if code:
        return Frame((), f"the sensor was asked {what} and refused: {REFUSALS.get(code, f'state {code:02X}')}")
    if answer.command == STATUS:
        return Frame((), errors_in(answer.data))
    if answer.state:
        return Frame((), "the sensor reports an error of its fan or laser, so its values are not used")
    if answer.command != READ:
        return Frame((), f"answer to the command {what}, not a measurement")
    return _measured(answer.data, particles=particles, size=size)


def _measured(data: bytes, *, particles: bool, size: Quantity | None) -> Frame:
    if not data:
        return Frame((), "no new measurement since the last question")
    values = _LAYOUTS[len(data)].unpack(data)
    if not all(isfinite(value) and value >= 0 for value in values):
        return Frame((), "values that are no concentrations; switch the sensor off and on")
    samples = [Sample(name, round(value, 4)) for name, value in zip(_MASSES, values[:4], strict=True)]
    if particles:
        samples += _counted(values)
    in_um = conversion("um", size) if size is not None else None
    if in_um is not None:
        typical_um = values[9] / 1_000 if len(data) == _LAYOUTS[20].size else values[9]
        samples.append(Sample(TYPICAL_SIZE, in_um(round(typical_um, 4))))
    return Frame(tuple(samples))


def _counted(values: Sequence[float]) -> list[Sample]:
    """Particles beyond a size, in 0.1 litre: the sensor counts those from 0.3 um up to a size, in a cm3."""
    all_ = values[8]
    beyond = [("particles_0_3", all_), *((name, all_ - values[at]) for name, at in _BEYOND)]
    return [Sample(name, round(count * 100, 1)) for name, count in beyond if count >= 0]


def errors_in(data: bytes) -> str:
    """What the status register says, in words."""
    register = int.from_bytes(data[:4], "big")
    found = [words for bit, words in _ERRORS if register >> bit & 1]
    if not found:
        return "the sensor's status register has no error"
    return f"the sensor says that {' and '.join(found)}: clean or replace it"


def _judge(window: bytes) -> Verdict:
    is_marked = window[0] == _FLAG
    if not is_marked and window[1:2] not in (b"", bytes((READ,))):
        return JUNK
    end = window.find(_FLAG, 1)
    if end < 0:
        return 0
    body = unstuff(window[is_marked:end])
    why = "a byte is written as it cannot be" if body is None else _wrong(body)
    if not is_marked:
        return JUNK if why else end + 1
    return (why if end > 1 else JUNK) or end + 1


def _wrong(body: bytes) -> str:
    if len(body) < 4:
        return "frame is too short"
    if sum(body) & 0xFF != 0xFF:
        return "checksum is wrong"
    if len(body) >= 5 and len(body) == 5 + body[3] and _can_be(body[2], body[3]):
        return _wrong_answer(body)
    return "question to a sensor, not its answer" if len(body) == 4 + body[2] else "length is wrong"


def _can_be(state: int, length: int) -> bool:
    """Whether it is an answer: one that refuses has no data; what refuses a length is a question with a byte of 0."""
    code = state & ~_HAS_ERROR
    return code != WRONG_LENGTH and (code == 0 or length == 0)


def _wrong_answer(body: bytes) -> str:
    address, command, length = body[0], body[1], body[3]
    if address:
        return f"answer of address {address}: an SPS30 has address 0"
    if command not in COMMANDS or length > COMMANDS[command][1]:
        return f"answer to a command {command:02X} that an SPS30 does not give"
    return "length is wrong" if command == READ and length not in (0, *_LAYOUTS) else ""


FRAMING = Framing(bytes((_FLAG, 0)), _LONGEST, _judge)


class Sps30Decoder(PolledDecoder):
    """Starts one sensor, asks it, and reads its answers."""

    def __init__(self, chosen: Mapping[str, Any], *, size: Quantity | None) -> None:
        self._particles: bool = chosen["particles"]
        self._size = size
        self._start = _question(START, FORMATS[chosen["output"]], rest_s=WARM_S)
        self._days: float | None = chosen["cleaning_days"]
        self._sleeps: bool = chosen["sleep"]
        self._now_s, self._cleaned_s = 0.0, -inf
        super().__init__(FRAMING, self._poller_of(chosen["every_s"]))

    def _poller_of(self, every_s: float) -> Poller:
        wake, read = _question(WAKE), _question(READ)
        interval = [] if self._days is None else [_question(INTERVAL, b"\x00")]
        if self._sleeps:
            cycle = [wake, self._start, read, _question(STOP), _question(SLEEP)]
            return Poller("the sensor", start=[wake, *interval], cycle=cycle, every_s=every_s)
        return Poller("the sensor", start=[wake, *interval, self._start], cycle=[read], every_s=every_s)

    def poll(self, now_s: float) -> Poll:
        """What to send at `now_s`; see `family.Asking`."""
        self._now_s = now_s
        return super().poll(now_s)

    def _accept(self, frame: bytes) -> Frame:
        answer = answer_in(frame)
        found = parse(answer, particles=self._particles, size=self._size)
        question = self._poller.in_hand
        if question is not None and _command_of(question) == answer.command:
            self._poller.answered()
            self._follow(answer, found)
        return found

    def _follow(self, answer: ShdlcAnswer, found: Frame) -> None:
        """Ask what an answer brings up: each at most once for a question that was asked."""
        if answer.command == READ and answer.state & ~_HAS_ERROR == NOT_NOW:
            self._poller.ask(self._start)  # it was switched off and on
        elif answer.command == READ and answer.state & _HAS_ERROR:
            self._poller.ask(_question(STATUS, b"\x00"))
        elif answer.command == READ and found.samples and self._sleeps:
            self._clean()
        elif answer.command == INTERVAL and len(answer.data) == COMMANDS[INTERVAL][1]:
            wanted = round((self._days or 0) * _DAY_S).to_bytes(4, "big")
            if answer.data != wanted:
                self._poller.ask(_question(INTERVAL, b"\x00" + wanted))

    def _clean(self) -> None:
        """A sensor that sleeps never comes to its own cleaning, whose clock starts again with each start."""
        days = _USUAL_DAYS if self._days is None else self._days
        if days and self._now_s - self._cleaned_s >= days * _DAY_S:
            self._cleaned_s = self._now_s
            self._poller.ask(_question(CLEAN, rest_s=12.0))


def _question(command: int, data: bytes = b"", *, rest_s: float = 0.0) -> PolledQuestion:
    return PolledQuestion(encode(command, data), COMMANDS[command][0], rest_s=rest_s)


def _command_of(question: PolledQuestion) -> int:
    body = unstuff(question.send.strip(b"\xff\x7e")) or b"\0\0"
    return body[1]


def _decoder(options: Mapping[str, Any], _memory: Mapping[str, int]) -> SerialDecoder:
    chosen = settle(OPTIONS, options)
    check_sleep(chosen)
    return Sps30Decoder(chosen, size=table_among(options).measured.get(TYPICAL_SIZE))


FAMILY = SerialFamily(
    name="sps30",
    title=LocalizedMessage("Sensirion SPS30 particulate sensor"),
    baud=115_200,
    quantities=(*_MASSES, "particles_0_3", *(name for name, _ in _BEYOND)),
    options=OPTIONS,
    decoder=_decoder,
    guide=Guide(
        wiring="5 V (pin 1), RX (pin 2) to TXD, TX (pin 3) to RXD, SEL (pin 4) stays open, GND (pin 5); 3.3 V TTL is "
        "enough",
        quirks="says nothing by itself; the first 30 s after its start are left out; counts are of all particles "
        "beyond a size, and its own, up to a size, are taken from those up to 10 um; the typical size needs a quantity "
        f"{TYPICAL_SIZE} of the city's own; with sleep the gateway has the fan cleaned",
    ),
)
