"""DFRobot URM04, URM06, URM07 (ultrasonic distance on RS-485 or UART).  19200 8N1, answer when asked, many on one line

55 AA | address | length | command | data … | sum        sum = all bytes before it, modulo 256
55 AA   11        00       02                 12         the question to sensor 0x11 (17): how far?
55 AA   11        02       02        12 34    5A         0x1234: 4660 mm says the page of SEN0149 (URM06),
55 AA   11        02       02        00 CA    DE         0x00CA:  202 cm that of the protocol (URM07)
                  02       03        00 FF    14         temperature: 25.5 Cel, signed
                                     FF FF               out of range

Wiki pages of DFRobot: SEN0149, SEN0150, SEN0153, SEN0002, DFRobot_Communication_Protocol. They disagree on the unit,
and frames do not tell it: it is to be configured, or comes with the model as its own page has it. Measure once with a
tape. Addresses are 0x11 to 0x80; AB, which all answer to, is never asked here.
"""

from collections.abc import Mapping
from typing import Any

import msgspec

from firmware_bridge.distance import MEDIAN_OF_FEW, MOUNTING_HEIGHT, Medians
from firmware_bridge.family import Guide, Option, OptionError, Poll, SerialDecoder, SerialFamily, check_channels, settle
from firmware_bridge.framing import JUNK, Framing, Verdict, measured
from firmware_bridge.poller import PATIENCE, PolledDecoder, PolledQuestion, Poller, every_s
from firmware_bridge.sample import Frame, Sample
from i18n.message import LocalizedMessage

_HEADER = b"\x55\xaa"
DISTANCE, TEMPERATURE = 0x02, 0x03
_LENGTHS = {DISTANCE: (0, 2), TEMPERATURE: (0, 2), 0x04: (1, 2), 0x05: (0, 2), 0x08: (1,), 0x55: (1,)}
"""Commands, and how much data their questions and answers have."""
_LEAST_ADDRESS, _MOST_ADDRESS, _ANY_ADDRESS = 0x11, 0x80, 0xAB
_OUT_OF_RANGE = 0xFFFF
STEPS_MM = {"mm": 1, "cm": 10}


class UrmModel(msgspec.Struct, frozen=True):
    """What its page says of a model: the unit, blind up to `blind_mm`, reaches to `max_mm`."""

    unit: str | None
    blind_mm: int
    max_mm: int


_URM04, _URM06, _URM07 = UrmModel("cm", 40, 5_000), UrmModel("mm", 200, 10_000), UrmModel("cm", 200, 7_500)
_ANY_MODEL = UrmModel(None, 40, 10_500)
MODELS = {
    "urm04": _URM04, "sen0002": _URM04,
    "urm06": _URM06, "sen0149": _URM06, "sen0150": _URM06,
    "urm07": _URM07, "sen0153": _URM07,
}  # fmt: skip

OPTIONS = (
    Option(
        "model",
        str,
        LocalizedMessage("the sensor as its label says; it has the unit of its document, the reach and the blind zone"),
        default=None,
        choices=tuple(MODELS),
    ),
    Option(
        "unit",
        str,
        LocalizedMessage("mm or cm: documents disagree and frames do not tell, so measure once with a tape"),
        default=None,
        choices=tuple(STEPS_MM),
    ),
    Option(
        "address",
        int,
        LocalizedMessage("address of the one sensor, 17 (0x11) to 128; left out, 17 is asked"),
        default=None,
        low=_LEAST_ADDRESS,
        high=_MOST_ADDRESS,
    ),
    Option(
        "channels",
        dict,
        LocalizedMessage('several sensors on one line, by their addresses: {{ "17" = "river-1", "18" = "river-2" }}'),
        default={},
    ),
    Option(
        "mounting_heights_cm",
        dict,
        LocalizedMessage('of several sensors, mounting_height_cm of each by its address: {{ "17" = 450 }}'),
        default={},
    ),
    every_s(5.0, low=0.5),
    Option(
        "temperature",
        bool,
        LocalizedMessage("also ask the temperature at the sensor, which the sun may heat"),
        default=False,
    ),
    MEDIAN_OF_FEW,
    MOUNTING_HEIGHT,
)


def build(value: int, *, command: int = DISTANCE, address: int = _LEAST_ADDRESS) -> bytes:
    """The answer with a distance in the sensor's own unit, or another number of 16 bits."""
    return _with_sum(_HEADER + bytes((address, 2, command)) + (value & 0xFFFF).to_bytes(2, "big"))


def encode(command: int, address: int) -> bytes:
    """The question to the sensor of an address."""
    return _with_sum(_HEADER + bytes((address, 0, command)))


def parse(frame: bytes, model: UrmModel) -> float | str:
    """Read a whole answer: the distance in mm, or why it is none."""
    value = int.from_bytes(frame[5:7], "big")
    if value in (0, _OUT_OF_RANGE):
        return "no target in range"
    distance_mm = value * STEPS_MM[model.unit or "mm"]
    if distance_mm > model.max_mm:
        return f"{value} {model.unit} is beyond what it can measure: is unit that of the sensor?"
    return "target inside the blind zone" if distance_mm <= model.blind_mm else distance_mm


def _with_sum(body: bytes) -> bytes:
    return body + bytes((sum(body) & 0xFF,))


def _size(window: bytes) -> Verdict:
    if not window.startswith(_HEADER[: len(window)]):
        return JUNK
    if len(window) < 5:
        return 0
    address, length, command = window[2:5]
    is_address = _LEAST_ADDRESS <= address <= _MOST_ADDRESS or address == _ANY_ADDRESS
    return 6 + length if is_address and length in _LENGTHS.get(command, ()) else JUNK


def _check(frame: bytes) -> str:
    if sum(frame[:-1]) & 0xFF != frame[-1]:
        return "sum is wrong"
    return "another frame begins inside" if _HEADER in frame[1:] else ""


FRAMING = Framing(_HEADER[:1], 8, measured(size=_size, check=_check))


class UrmDecoder(PolledDecoder):
    """Asks the sensors of a line one after the other, and reads their answers; a silent one stops no other."""

    def __init__(self, chosen: Mapping[str, Any]) -> None:
        self._model = _model(chosen)
        self._addresses = _addresses(chosen)
        asked = self._addresses or (_LEAST_ADDRESS,)
        heights = _heights(chosen)
        self._heights_cm = {address: heights.get(address, chosen["mounting_height_cm"]) for address in asked}
        self._height_cm: float | None = chosen["mounting_height_cm"]
        self._of: int = chosen["median_of"]
        self._medians: dict[int, Medians] = {}
        self._unanswered = dict.fromkeys(asked, 0)
        self._echo = b""
        commands = (DISTANCE, TEMPERATURE) if chosen["temperature"] else (DISTANCE,)
        cycle = [PolledQuestion(encode(command, a), f"sensor {a}", answer_s=0.5) for a in asked for command in commands]
        super().__init__(FRAMING, Poller("the line", cycle=cycle, every_s=chosen["every_s"]))

    def poll(self, now_s: float) -> Poll:
        """What to send at `now_s`, and who is silent."""
        poll = self._poller.poll(now_s)
        if poll.send:
            self._unanswered[poll.send[2]] += 1
            self._echo = poll.send
        return Poll(poll.send, poll.again_s, self._trouble())

    def _trouble(self) -> str:
        silent = {address: count for address, count in self._unanswered.items() if count > PATIENCE}
        if not silent:
            return ""
        return (
            f"no answer from {', '.join(f'sensor {a} (asked {count} times)' for a, count in silent.items())}; look at "
            "power, address, A and B, and the baud rate"
        )

    def _accept(self, frame: bytes) -> Frame:
        address, length, command = frame[2:5]
        if length == 0:
            return self._question(frame)
        if self._addresses and address not in self._addresses:
            return Frame((), f"sensor {address} is heard, and not configured: name it in channels")
        self._addresses = self._addresses or (address,)
        self._answered(address, command)
        if command == TEMPERATURE:
            return _temperature(frame)
        if command != DISTANCE:
            return Frame((), f"reply to command {command:02X}, not a measurement")
        return _on_channel(self._medians_of(address).add(frame), address)

    def _question(self, frame: bytes) -> Frame:
        echo, self._echo = self._echo, b""
        if frame == echo:
            return Frame((), "the adapter echoes what is sent")
        return Frame((), f"another master asks sensor {frame[2]} on this line")

    def _answered(self, address: int, command: int) -> None:
        question = self._poller.in_hand
        if question is not None and (question.send[2], question.send[4]) == (address, command):
            self._unanswered[address] = 0
            self._poller.answered()

    def _medians_of(self, address: int) -> Medians:
        if address not in self._medians:
            height_cm = self._heights_cm.get(address, self._height_cm)
            self._medians[address] = Medians(
                lambda frame: parse(frame, self._model), of=self._of, mounting_height_cm=height_cm
            )
        return self._medians[address]


def _temperature(frame: bytes) -> Frame:
    tenths = int.from_bytes(frame[5:7], "big", signed=True)
    if tenths == -1:  # FF FF
        return Frame((), "no temperature")
    return Frame((Sample("temperature", tenths / 10, str(frame[2])),))


def _on_channel(frame: Frame, address: int) -> Frame:
    samples = tuple(Sample(sample.quantity, sample.value, str(address)) for sample in frame.samples)
    return Frame(samples, frame.note)


def _model(chosen: Mapping[str, Any]) -> UrmModel:
    model = MODELS[chosen["model"]] if chosen["model"] else _ANY_MODEL
    unit = chosen["unit"] or model.unit
    if unit is None:
        raise OptionError(
            LocalizedMessage("unit: is missing; documents of these sensors disagree: write mm or cm, or the model")
        )
    return msgspec.structs.replace(model, unit=unit)


_ADVICE = LocalizedMessage("write addresses from 17 (0x11) to 128, as decimal numbers")


def _is_address(text: str) -> bool:
    return text.isdecimal() and _LEAST_ADDRESS <= int(text) <= _MOST_ADDRESS


def _addresses(chosen: Mapping[str, Any]) -> tuple[int, ...]:
    """The configured addresses; none: the first that is heard."""
    named = check_channels(chosen["channels"], _is_address, _ADVICE)
    return tuple(map(int, named)) or (() if chosen["address"] is None else (chosen["address"],))


def _heights(chosen: Mapping[str, Any]) -> dict[int, float]:
    """The mounting height of each address, checked as the one of all is."""
    heights: dict[int, float] = {}
    for text, height in chosen["mounting_heights_cm"].items():
        if not _is_address(str(text)):
            raise OptionError(
                LocalizedMessage("mounting_heights_cm: {text} is no address; {advice}", text=repr(text), advice=_ADVICE)
            )
        settle((MOUNTING_HEIGHT,), {MOUNTING_HEIGHT.name: height})
        heights[int(text)] = height
    return heights


def _decoder(options: Mapping[str, Any], _memory: Mapping[str, int]) -> SerialDecoder:
    return UrmDecoder(settle(OPTIONS, options))


FAMILY = SerialFamily(
    name="urm",
    title=LocalizedMessage("DFRobot URM04/URM06/URM07 ultrasonic distance sensors"),
    baud=19_200,
    quantities=("distance", "water_level", "temperature"),
    options=OPTIONS,
    decoder=_decoder,
    channels=True,
    models={"dfrobot-urm": {}, **{name: {"model": name} for name in MODELS}},
    guide=Guide(
        wiring="A to A and B to B of an RS-485 adapter, or TX and RX of a UART model crossed; 6 to 12 V; 120 ohm at "
        "both ends of a long line",
        quirks="documents disagree whether it writes mm or cm, so unit or model is needed: measure once with a tape; "
        "new sensors have address 17, so give each its own before they share a line; 0xFFFF is no target; old URM04 "
        "speak at 115200",
        example='unit = "cm"\nmounting_height_cm = 450',
    ),
)
