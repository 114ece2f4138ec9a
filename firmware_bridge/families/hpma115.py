"""Honeywell HPMA115S0 and HPMA115C0 (particulates).  9600 8N1, a frame a second by itself, or one for each question

42 4D | 00 1C | words u16 … | sum u16          by itself: 13 words, big-endian; sum = all bytes before it
     S0: reserved, PM2.5, PM10, reserved …          C0: PM1, PM2.5, PM4, PM10, reserved …           ug/m3
40 | 05 | 04 | PM2.5 u16 | PM10 u16 | sum                               the S0's answer to 68 01 04 93
40 | 0D | 04 | PM1 PM2.5 PM4 PM10 u16 | 4 x 0 | sum                     the C0's; all bytes sum to 0, modulo 256
A5 A5   done      96 96   refused

68 | length | command | … | sum       01 start  02 stop  04 read  20 stop to send by itself  40 send by itself

Answers say which model it is; frames that it sends by itself look like a Plantower's, of 13 words too. A Plantower has
counts of particles in words 7 to 12, which are 0 here; an S0 has 0 in word 4, where a C0 has its PM10, the largest of
its values. What fits neither is no reading until model is written. Honeywell's data sheet 32322550, tables 4 to 7.
"""

import struct
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

from firmware_bridge.family import Guide, Option, SerialDecoder, SerialFamily, settle
from firmware_bridge.framing import JUNK, Framing, Verdict, measured
from firmware_bridge.laser_options import REPORTING, SLEEPING, check_sleep
from firmware_bridge.poller import PolledDecoder, PolledQuestion, Poller, every_s
from firmware_bridge.sample import Frame, Sample
from i18n.message import LocalizedMessage

_SENT, _ANSWER, _QUESTION = b"BM", 0x40, 0x68
START, STOP, READ, STOP_SENDING, SEND = 0x01, 0x02, 0x04, 0x20, 0x40
DONE, REFUSED = b"\xa5\xa5", b"\x96\x96"
_WORDS = 13
_LONGEST = 4 + 2 * _WORDS + 2
WAKING_S = 30.0
_MOST = 5_000
"""In ug/m3, five times its range: beyond it is a frame of something else."""

MODELS = {
    # in its answers, and in what it sends by itself: which word is which quantity
    "hpma115s0": ({0: "pm2_5", 1: "pm10"}, {1: "pm2_5", 2: "pm10"}),
    "hpma115c0": (
        {0: "pm1", 1: "pm2_5", 2: "pm4", 3: "pm10"},
        {0: "pm1", 1: "pm2_5", 2: "pm4", 3: "pm10"},
    ),
}
_LENGTHS = {0x05: "hpma115s0", 0x0D: "hpma115c0"}
"""Bytes of an answer after its length and before its sum."""
_HEADS = (b"BM\0\x1c", b"\x40\x05\x04", b"\x40\x0d\x04")

OPTIONS = (
    Option(
        "model",
        str,
        LocalizedMessage("the sensor as its label says; left out, its frames say it"),
        default=None,
        choices=tuple(MODELS),
    ),
    REPORTING,
    every_s(),
    SLEEPING,
)


def build(values: Mapping[str, float], *, model: str) -> bytes:
    """The frame that a sensor sends by itself."""
    words = [0] * _WORDS
    for at, quantity in MODELS[model][1].items():
        words[at] = round(values[quantity])
    body = _SENT + struct.pack(f">H{_WORDS}H", 2 * _WORDS + 2, *words)
    return body + struct.pack(">H", sum(body))


def build_answer(values: Mapping[str, float], *, model: str) -> bytes:
    """The answer to the question for a measurement."""
    length = next(size for size, name in _LENGTHS.items() if name == model)
    words = [round(values[quantity]) for quantity in MODELS[model][0].values()]
    body = bytes((_ANSWER, length, READ)) + struct.pack(f">{len(words)}H", *words)
    return _with_sum(body.ljust(2 + length, b"\0"))


def encode(command: int) -> bytes:
    """The command to a sensor."""
    return _with_sum(bytes((_QUESTION, 1, command)))


def parse(frame: bytes, model: str | None) -> Frame:
    """Read a whole frame whose sum is good; `model` is that of the label, if somebody wrote it."""
    if frame in (DONE, REFUSED):
        return Frame((), "command is done" if frame == DONE else "the sensor refused a command")
    is_answer = frame[0] == _ANSWER
    words = struct.unpack(f">{(len(frame) - 4 - 2 * (not is_answer)) // 2}H", frame[3:-1] if is_answer else frame[4:-2])
    said = _LENGTHS[frame[1]] if is_answer else _model_of(words, model)
    if said not in MODELS:
        return Frame((), said)
    if model not in (None, said):
        return Frame((), f'frame is of another model; write model = "{said}"')
    places = MODELS[said][not is_answer]
    if not any(words[at] for at in places):
        return Frame((), "no particle at all: it warms up, or its fan stands still")
    return Frame(tuple(Sample(quantity, float(words[at])) for at, quantity in places.items()))


def _model_of(words: Sequence[int], model: str | None) -> str:
    """Whose frame it is that was sent unasked; else why it is nobody's."""
    counts = words[6:12]
    if counts[0] and all(larger >= smaller for larger, smaller in pairwise(counts)):
        return "frame counts particles, as a Plantower's does; write its model as family"
    looks = "hpma115c0" if words[3] else "hpma115s0"
    if looks == "hpma115s0" and (words[2] or model is None):
        return looks
    if looks == "hpma115c0" and model is None and (any(words[4:]) or words[0] > words[1] or words[3] < words[2]):
        return "frame may be of either model; write model as the label says"
    return model or looks


def _with_sum(body: bytes) -> bytes:
    return body + bytes((-sum(body) & 0xFF,))


def _size(window: bytes) -> Verdict:
    if window[:2] in (DONE, REFUSED):
        return 2
    for head in _HEADS:
        if window.startswith(head):
            return _LONGEST if head.startswith(_SENT) else 3 + window[1]
        if head.startswith(window):
            return 0
    return 0 if window in (DONE[:1], REFUSED[:1]) else JUNK


def _check(frame: bytes) -> str:
    if len(frame) == len(DONE):
        return ""
    is_answer = frame[0] == _ANSWER
    if is_answer and sum(frame) & 0xFF:
        return "checksum is wrong"
    if not is_answer and sum(frame[:-2]) & 0xFFFF != int.from_bytes(frame[-2:], "big"):
        return "sum is wrong"
    # a sum of 8 bits lets every 256th chance of bytes pass: what a frame cannot have counts too
    if any(head in frame[1:] for head in _HEADS):
        return "another frame begins inside"
    last = 3 + 2 * (2 if frame[1] == 0x05 else 4)
    if is_answer and any(frame[last:-1]):
        return "reserved bytes are not 0"
    most = max(struct.unpack(f">{(last - 3) // 2}H", frame[3:last])) if is_answer else 0
    return "" if most <= _MOST else f"{most} ug/m3 is beyond what the sensor can measure: is it of this family?"


FRAMING = Framing(b"B\x40\xa5\x96", _LONGEST, measured(size=_size, check=_check))


class Hpma115Decoder(PolledDecoder):
    """Reads the frames of one sensor, and asks for them where it is to be asked."""

    def __init__(self, chosen: Mapping[str, Any]) -> None:
        self._model: str | None = chosen["model"]
        super().__init__(FRAMING, _poller(chosen))

    def _accept(self, frame: bytes) -> Frame:
        question = self._poller.in_hand
        asks = None if question is None else question.send[2]
        if asks is not None and (frame in (DONE, REFUSED) if asks != READ else frame[0] == _ANSWER or frame == REFUSED):
            self._poller.answered()
            if asks == READ and frame == REFUSED:
                self._poller.ask(_question(START))  # it was switched off and on, or stopped by somebody
        return parse(frame, self._model)


def _poller(chosen: Mapping[str, Any]) -> Poller:
    if chosen["mode"] == "listen":
        return Poller("the sensor")
    if chosen["mode"] == "active":
        return Poller("the sensor", start=[_question(START), _question(SEND)])
    cycle = [_question(READ)]
    if chosen["sleep"]:
        cycle = [_question(START, rest_s=WAKING_S), *cycle, _question(STOP)]
    start = [_question(STOP_SENDING), _question(START)]
    return Poller("the sensor", start=start, cycle=cycle, every_s=chosen["every_s"])


_ASKED = {
    START: "to measure", STOP: "to stop", READ: "a measurement", STOP_SENDING: "to wait for questions",
    SEND: "to report by itself",
}  # fmt: skip


def _question(command: int, *, rest_s: float = 0.0) -> PolledQuestion:
    return PolledQuestion(encode(command), _ASKED[command], rest_s=rest_s)


def _decoder(options: Mapping[str, Any], _memory: Mapping[str, int]) -> SerialDecoder:
    chosen = settle(OPTIONS, options)
    check_sleep(chosen)
    return Hpma115Decoder(chosen)


FAMILY = SerialFamily(
    name="hpma115",
    title=LocalizedMessage("Honeywell HPMA115 particulate sensor"),
    baud=9_600,
    quantities=("pm1", "pm2_5", "pm4", "pm10"),
    options=OPTIONS,
    decoder=_decoder,
    models={name: {"model": name} for name in MODELS},
    guide=Guide(
        wiring="5 V, GND, TX to RXD, RX to TXD only for mode; its lines are of 3.3 V, and 5 V destroy them",
        quirks="an S0 measures PM2.5 and PM10, a C0 PM1 and PM4 too; frames that it sends by itself look like a "
        "Plantower's; zeros alone are no reading; the laser lives some 20,000 h, which sleep stretches",
        example='model = "hpma115s0"',
    ),
)
