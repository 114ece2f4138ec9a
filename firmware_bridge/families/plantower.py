"""Plantower PMS3003, PMS5003, 5003S, 5003T, 5003ST, PMS7003, PMSA003 (particulates).  9600 8N1, a frame a second

42 4D | length u16 | words u16 … | sum u16          big-endian; sum = all bytes before it
        28 = 13 words: CF=1 PM1 PM2.5 PM10 | air PM1 PM2.5 PM10 | particles beyond 0.3 0.5 1 2.5 5 10 um in 0.1 L |
                       version, error
        20 =  9 words: PMS3003              36 = 17 words: PMS5003ST             4 = the reply to a command

42 4D | command | value u16 | sum u16               commands: E1 passive 0, active 1; E2 read; E4 sleep 0, wake 1

Frames of 28 look alike whatever is in them: words 11 and 12 of a PMS5003T are temperature and humidity, the last of a
PMS5003S is formaldehyde. So the model is configured. Words 4 to 6 are those of outdoor air; 1 to 3 ("CF=1") are for the
factory. Data sheets: PMS5003 2.3, PMS3003 2.0, PMS5003T, PMS5003ST, PMS5003S of Plantower.
"""

import struct
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

import msgspec

from firmware_bridge.family import Guide, Option, SerialDecoder, SerialFamily, settle
from firmware_bridge.framing import JUNK, Framing, Verdict, measured
from firmware_bridge.laser_options import REPORTING, SLEEPING, check_sleep
from firmware_bridge.poller import PolledDecoder, PolledQuestion, Poller, every_s
from firmware_bridge.sample import Frame, Sample
from i18n.message import LocalizedMessage

_MARK = b"BM"
MODE, READ, SLEEP = 0xE1, 0xE2, 0xE4
"""Commands: passive 0 or active 1; a frame now; sleep 0 or wake 1."""
WAKING_S = 30.0
"""The fan needs so long after waking until its values can be used (data sheet of the PMS5003)."""
"""Between two questions to a sensor that sleeps: else it would hardly sleep at all."""
_REPLY_LENGTH = 4
_PM = ((3, "pm1", 1.0), (4, "pm2_5", 1.0), (5, "pm10", 1.0))
_COUNTS = ("particles_0_3", "particles_0_5", "particles_1", "particles_2_5", "particles_5", "particles_10")


class Layout(msgspec.Struct, frozen=True):
    """How many words a model sends, how many of them from the seventh on are counts, and what else stands where.

    `others` are (word, quantity, step); a temperature is a signed word. `status` is the word whose low byte is the
    error code.
    """

    words: int
    counts: int = 6
    others: tuple[tuple[int, str, float], ...] = ()
    status: int | None = None


MODELS = {
    "pms3003": Layout(9, counts=0),
    "pms5003": Layout(13, status=12),
    "pms7003": Layout(13, status=12),
    "pmsa003": Layout(13, status=12),
    "pms5003s": Layout(13, others=((12, "formaldehyde", 1.0),)),
    "pms5003t": Layout(13, counts=4, others=((10, "temperature", 0.1), (11, "humidity", 0.1)), status=12),
    "pms5003st": Layout(
        17, others=((12, "formaldehyde", 1.0), (13, "temperature", 0.1), (14, "humidity", 0.1)), status=16
    ),
}
_LENGTHS = frozenset(2 * model.words + 2 for model in MODELS.values()) | {_REPLY_LENGTH}
_LONGEST = 4 + max(_LENGTHS)
_SIGNED = 2**15

OPTIONS = (
    Option(
        "model",
        str,
        LocalizedMessage("the sensor as its label says; frames of several models look alike and mean other things"),
        choices=tuple(MODELS),
    ),
    Option(
        "particles",
        bool,
        LocalizedMessage("also send how many particles of each size there are, six more readings a frame"),
        default=False,
    ),
    REPORTING,
    every_s(),
    SLEEPING,
)


def build(words: Sequence[int]) -> bytes:
    """The frame of a model with so many words; a negative one is a temperature below zero."""
    body = _MARK + struct.pack(f">H{len(words)}H", 2 * len(words) + 2, *(word & 0xFFFF for word in words))
    return body + struct.pack(">H", sum(body) & 0xFFFF)


def build_reply(command: int, value: int = 0) -> bytes:
    """The frame that confirms a command."""
    return build([command << 8 | value])


def encode(command: int, value: int = 0) -> bytes:
    """The command to a sensor."""
    body = _MARK + struct.pack(">BH", command, value)
    return body + struct.pack(">H", sum(body))


def parse(frame: bytes, model: Layout, *, particles: bool = False) -> Frame:
    """Read a whole frame whose sum is good."""
    words = struct.unpack(f">{len(frame) // 2 - 3}H", frame[4:-2])
    if len(words) == 1:
        return Frame((), "reply to a command, not a measurement")
    if len(words) != model.words:
        return Frame((), f"frame of {len(words)} words, and the model has {model.words}; write the model of its label")
    wrong = _why_none(words, model)
    if wrong:
        return Frame((), wrong)
    counted = tuple((6 + at, _COUNTS[at], 1.0) for at in range(model.counts)) if particles else ()
    return Frame(
        tuple(
            Sample(quantity, _value(words[at], quantity, step))
            for at, quantity, step in (*_PM, *counted, *model.others)
        )
    )


def _why_none(words: Sequence[int], model: Layout) -> str:
    counts = words[6 : 6 + model.counts]
    if model.status is not None and words[model.status] & 0xFF:
        return f"the sensor reports error {words[model.status] & 0xFF:02X}; clean it, or replace it"
    if counts and not any(words[:3]) and not any(words[3:6]) and not any(counts):
        return "warming up"  # no air is without a particle of 0.3 um
    if counts and not counts[0] and any(words[:6]):
        return "dust without a particle of 0.3 um, which cannot be: a Honeywell HPMA115 sends such frames"
    if any(larger > smaller for smaller, larger in pairwise(counts)):
        # a count is of all particles beyond a size, so none can be above the one before it
        return "counts of particles that cannot be: is the model right? A 5003T has temperature and humidity there"
    return ""


def _value(word: int, quantity: str, step: float) -> float:
    signed = word - 2 * _SIGNED if quantity == "temperature" and word >= _SIGNED else word
    return round(signed * step, 1)


def _size(window: bytes) -> Verdict:
    if not window.startswith(_MARK[: len(window)]):
        return JUNK
    if len(window) < 4:
        return 0
    length = int.from_bytes(window[2:4], "big")
    return 4 + length if length in _LENGTHS else JUNK


def _check(frame: bytes) -> str:
    return "" if sum(frame[:-2]) & 0xFFFF == int.from_bytes(frame[-2:], "big") else "sum is wrong"


FRAMING = Framing(_MARK[:1], _LONGEST, measured(size=_size, check=_check))


class PlantowerDecoder(PolledDecoder):
    """Reads the frames of one sensor, and asks for them where it is to be asked."""

    def __init__(self, chosen: Mapping[str, Any]) -> None:
        self._model = MODELS[chosen["model"]]
        self._particles: bool = chosen["particles"]
        super().__init__(FRAMING, _poller(chosen))

    def _accept(self, frame: bytes) -> Frame:
        question = self._poller.in_hand
        answers = frame[4] if len(frame) == 4 + _REPLY_LENGTH else READ
        if question is not None and question.send[2] == answers:
            self._poller.answered()
        return parse(frame, self._model, particles=self._particles)


def _poller(chosen: Mapping[str, Any]) -> Poller:
    if chosen["mode"] == "listen":
        return Poller("the sensor")
    # a sensor that sleeps confirms nothing, and waking is confirmed by some of them only
    wake = PolledQuestion(encode(SLEEP, 1), "to wake up", answer_s=0, rest_s=1.0)
    if chosen["mode"] == "active":
        return Poller("the sensor", start=[wake, PolledQuestion(encode(MODE, 1), "to report by itself")])
    read = PolledQuestion(encode(READ), "a frame", answer_s=2.0)
    if not chosen["sleep"]:
        cycle = [read]
    else:
        warm = PolledQuestion(encode(SLEEP, 1), "to wake up", answer_s=0, rest_s=WAKING_S)
        cycle = [warm, read, PolledQuestion(encode(SLEEP, 0), "to sleep", answer_s=0)]
    return Poller(
        "the sensor",
        start=[wake, PolledQuestion(encode(MODE, 0), "to wait for questions")],
        cycle=cycle,
        every_s=chosen["every_s"],
    )


def _decoder(options: Mapping[str, Any], _memory: Mapping[str, int]) -> SerialDecoder:
    chosen = settle(OPTIONS, options)
    check_sleep(chosen)
    return PlantowerDecoder(chosen)


FAMILY = SerialFamily(
    name="plantower",
    title=LocalizedMessage("Plantower PMS particulate sensor"),
    baud=9_600,
    quantities=("pm1", "pm2_5", "pm10", *_COUNTS, "formaldehyde", "temperature", "humidity"),
    options=OPTIONS,
    decoder=_decoder,
    models={name: {"model": name} for name in MODELS},
    guide=Guide(
        wiring="5 V, GND, TXD (pin 5) to RXD; RXD (pin 4) only for mode; SET and RESET stay open",
        quirks="the model must be the one of the label, frames look alike; the values for outdoor air are taken, not "
        "CF=1; 30 s of warming up after waking, which sleep waits for",
        example='model = "pms5003"',
    ),
)
