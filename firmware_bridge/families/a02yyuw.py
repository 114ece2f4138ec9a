"""DFRobot A02YYUW and its kin, JSN-SR04T among them (ultrasonic distance).  9600 8N1, 3 to 10 frames a second

FF | distance u16 | sum      big-endian, mm; SEN0627: cm; sum = the three bytes before it, modulo 256
FF   07 A1          A7       1953 mm
55                           the question to a JSN-SR04T whose resistor makes it wait for one; 01 to an AJ-SR04M

Wiki pages of DFRobot (SEN0311, SEN0312, SEN0313, SEN0207; SEN0754 of FFFD and FFFE); a02yyuw and jsn_sr04t of ESPHome.
The frames of all models look alike, so the unit is that of the model. 0, FFFD and more than a model reaches mean that
nothing answered (0 and 5500 mm were seen of an A02YYUW under the open sky), FFFE that another sensor is heard; at 30 mm
and below an A02YYUW is blind.

A sum of 8 bits lets every 256th chance pass. So more than 10 m is noise, and where the second half of a frame has an FF
the next byte decides whether that FF began another frame:  FF 09 | FF 07 A1 A7 is torn,  FF 01 FF FF | FF … is whole.
"""

from collections import deque
from collections.abc import Mapping
from typing import Any

import msgspec

from firmware_bridge.distance import MEDIAN_OF, MOUNTING_HEIGHT, Medians
from firmware_bridge.family import Guide, Option, SerialDecoder, SerialFamily, settle
from firmware_bridge.framing import Framing, Judge, Verdict
from firmware_bridge.poller import PolledDecoder, PolledQuestion, Poller, every_s
from firmware_bridge.sample import Frame, Noise
from i18n.message import LocalizedMessage

SIZE = 4
_MARK = 0xFF
_NO_TARGET, _INTERFERENCE = 0xFFFD, 0xFFFE
_MOST_MM = 10_000
"""Beyond the reach of every model, as far as it can be told from a frame of something else."""
STEPS_MM = {"mm": 1, "cm": 10}


class Ranger(msgspec.Struct, frozen=True):
    """A model: blind up to `blind_mm`, reaches to `max_mm`; `question` makes it measure where it waits for one."""

    blind_mm: int
    max_mm: int
    unit: str = "mm"
    question: bytes = b"\x55"


_A02, _ME007, _A01 = Ranger(30, 4_500), Ranger(280, 4_500), Ranger(280, 7_500)
_JSN, _AJ = Ranger(250, 6_000), Ranger(200, 8_000, question=b"\x01")  # blind: what ESPHome leaves out
MODELS = {
    "a02yyuw": _A02, "a02yyum": _A02, "a0221au": _A02, "sen0311": _A02,
    "me007ys": _ME007, "sen0312": _ME007,
    "a01nyub": _A01, "sen0313": _A01,
    "jsn-sr04t": _JSN, "sen0207": _JSN, "aj-sr04m": _AJ, "sr04m-2": _AJ,
    "sen0627": Ranger(30, _MOST_MM, unit="cm"),
}  # fmt: skip

OPTIONS = (
    Option(
        "model",
        str,
        LocalizedMessage("the sensor as its label says; frames of several models look alike and mean other things"),
        default="a02yyuw",
        choices=tuple(MODELS),
    ),
    Option(
        "unit",
        str,
        LocalizedMessage("mm or cm, where the sensor does not write that of its model"),
        default=None,
        choices=tuple(STEPS_MM),
    ),
    Option(
        "max_mm",
        int,
        LocalizedMessage("beyond it nothing is measured; left out, the reach of the model"),
        default=None,
        low=500,
        high=_MOST_MM,
    ),
    Option(
        "mode",
        str,
        LocalizedMessage("listen sends nothing to the sensor; query asks it each every_s"),
        default="listen",
        choices=("listen", "query"),
    ),
    every_s(1.0, low=0.1),
    MEDIAN_OF,
    MOUNTING_HEIGHT,
)


def build(value: int) -> bytes:
    """The frame with a distance in the sensor's own unit."""
    body = bytes((_MARK, *value.to_bytes(2, "big")))
    return body + bytes((sum(body) & 0xFF,))


def parse(frame: bytes, ranger: Ranger) -> float | str:
    """Read a whole frame: the distance in mm, or why it is none."""
    value = int.from_bytes(frame[1:3], "big")
    if value == _INTERFERENCE:
        return "another ultrasonic sensor is heard"
    distance_mm = value * STEPS_MM[ranger.unit]
    if value in (0, _NO_TARGET) or distance_mm > ranger.max_mm:
        return "no target in range"
    return "target inside the blind zone" if distance_mm <= ranger.blind_mm else distance_mm


def framing(unit: str) -> Framing:
    """How frames of sensors of `unit` are found."""
    return Framing(bytes((_MARK,)), SIZE + 1, _judge_of(unit, _MOST_MM // STEPS_MM[unit]))


def _judge_of(unit: str, most: int) -> Judge:
    def judge(window: bytes) -> Verdict:
        if len(window) < SIZE:
            return 0
        if sum(window[:3]) & 0xFF != window[3]:
            return "checksum is wrong"
        value = window[1] << 8 | window[2]
        if value in (_NO_TARGET, _INTERFERENCE):
            return SIZE
        if value > most:
            return f"{value} {unit} is beyond what it can measure: is model, which has the unit, that of its label?"
        if _MARK not in window[2:SIZE]:
            return SIZE
        if len(window) == SIZE:
            return 0
        return SIZE if window[SIZE] == _MARK else "another frame begins inside"

    return judge


class A02yyuwDecoder(PolledDecoder):
    """Reads the frames of one sensor, and asks for them where it waits for that."""

    def __init__(self, chosen: Mapping[str, Any]) -> None:
        ranger = _ranger(chosen)
        question = PolledQuestion(ranger.question, "a distance", answer_s=min(0.5, chosen["every_s"]))
        is_asked = chosen["mode"] == "query"
        poller = Poller("the sensor", cycle=[question] if is_asked else (), every_s=chosen["every_s"])
        super().__init__(framing(ranger.unit), poller)
        self._medians = Medians(
            lambda frame: parse(frame, ranger),
            of=chosen["median_of"], mounting_height_cm=chosen["mounting_height_cm"],
        )  # fmt: skip
        self._whole: deque[bytes] = deque()

    def feed(self, data: bytes) -> list[Frame | Noise]:
        """Take the next bytes."""
        outcomes = [self._gathered(outcome) for outcome in self._framer.feed(data)]
        if self.held >= SIZE:
            self._poller.answered()  # whose end the next frame will show; it is an answer all the same
        return outcomes

    def _accept(self, frame: bytes) -> Frame:
        self._poller.answered()
        self._whole.append(frame)
        return _GATHERED

    def _gathered(self, outcome: Frame | Noise) -> Frame | Noise:
        """A whole frame as what it adds to the median, in the order of the stream."""
        if isinstance(outcome, Noise):
            self._medians.noise(outcome.size)
            return outcome
        return self._medians.add(self._whole.popleft())


_GATHERED = Frame(())


def _ranger(chosen: Mapping[str, Any]) -> Ranger:
    model = MODELS[chosen["model"]]
    return msgspec.structs.replace(model, unit=chosen["unit"] or model.unit, max_mm=chosen["max_mm"] or model.max_mm)


def _decoder(options: Mapping[str, Any], _memory: Mapping[str, int]) -> SerialDecoder:
    return A02yyuwDecoder(settle(OPTIONS, options))


FAMILY = SerialFamily(
    name="a02yyuw",
    title=LocalizedMessage("A02YYUW or JSN-SR04T ultrasonic distance sensor"),
    baud=9_600,
    quantities=("distance", "water_level"),
    options=OPTIONS,
    decoder=_decoder,
    models={name: {"model": name} for name in MODELS if name != "a02yyuw"},
    guide=Guide(
        wiring="3.3 to 5 V, GND, TX to RXD; RX open for filtered values, at GND for raw ones, to TXD only for mode "
        'query; a JSN-SR04T needs 47 kohm at R27 to report by itself, 120 kohm for mode = "query"',
        quirks="frames of all models look alike, and those of SEN0627 are in cm; 0 and more than it reaches is no "
        "target, 30 mm and less (250 mm of a JSN-SR04T) the blind zone; the checksum is weak, so a reading is the "
        "median of median_of frames",
        example="mounting_height_cm = 450",
    ),
)
