"""Winsen MH-Z19, MH-Z19B, MH-Z19C, MH-Z14A (carbon dioxide).  9600 8N1, answers when asked

FF 01 86 0 0 0 0 0 79                      what is the concentration?
FF 86 | ppm u16 | T | S | U U | sum        the answer: big-endian; sum = 100 - bytes 1..7, modulo 256
FF 01 79 A0 0 0 0 0 E6   …00…  86          self-calibration on, off; answered by FF 79 01 …

Winsen's MH-Z19B data sheet 1.0. T - 40 is the temperature of its cell in degrees, and no air's, so it is left out. With
self-calibration on it takes the lowest value of each day for 400 ppm: right where the air is fresh once a day, and
wrong in a closed room. It needs 3 minutes after power-up, and says nothing of them in its frames. Zero and span are
calibrated with gas at the sensor, by no gateway.
"""

from collections.abc import Mapping
from typing import Any

from firmware_bridge.family import Guide, Option, SerialDecoder, SerialFamily, settle
from firmware_bridge.framing import JUNK, Framing, Verdict, measured
from firmware_bridge.poller import PolledDecoder, PolledQuestion, Poller, every_s
from firmware_bridge.sample import Frame, Sample
from i18n.message import LocalizedMessage

SIZE = 9
_MARK, _ADDRESS = 0xFF, 0x01
READ, SELF_CALIBRATION = 0x86, 0x79
ON, OFF = 0xA0, 0x00
_HEADERS = (bytes((_MARK, READ)), bytes((_MARK, SELF_CALIBRATION)))
_MOST_PPM = 10_000
"""The widest range of the family (MH-Z14A); beyond it is a frame of something else."""

OPTIONS = (
    every_s(),
    Option(
        "self_calibration",
        bool,
        LocalizedMessage(
            "whether it takes the lowest value of each day for fresh air (400 ppm); left out, it stays as it is"
        ),
        default=None,
    ),
)


def build(*, ppm: int, cell_cel: int = 25) -> bytes:
    """The answer in which a sensor reports `ppm`."""
    return _with_sum(bytes((_MARK, READ, *ppm.to_bytes(2, "big"), cell_cel + 40, 0, 0, 0)))


def build_reply(command: int) -> bytes:
    """The answer that a setting is taken."""
    return _with_sum(bytes((_MARK, command, 1, 0, 0, 0, 0, 0)))


def encode(command: int, value: int = 0) -> bytes:
    """The command to a sensor, with the first byte of what it sets."""
    return _with_sum(bytes((_MARK, _ADDRESS, command, value, 0, 0, 0, 0)))


def parse(frame: bytes) -> Frame:
    """Read a whole frame of 9 bytes whose checksum is good."""
    if frame[1] == SELF_CALIBRATION:
        return Frame((), "self-calibration is set")
    ppm = int.from_bytes(frame[2:4], "big")
    if ppm == 0:
        return Frame((), "warming up")  # no air is without CO2
    return Frame((Sample("co2", float(ppm)),))


def _with_sum(body: bytes) -> bytes:
    return body + bytes((-sum(body[1:]) & 0xFF,))


def _size(window: bytes) -> Verdict:
    if len(window) < 2:
        return 0
    return SIZE if window[1] in (READ, SELF_CALIBRATION) else JUNK


def _check(frame: bytes) -> str:
    if sum(frame[1:SIZE]) & 0xFF:
        return "checksum is wrong"
    # a sum of 8 bits lets every 256th chance of bytes pass: what a frame cannot have counts too, and a torn frame with
    # the next one behind it is taken for none, though once in a long time a whole one may look like that
    if any(header in frame[1:] for header in _HEADERS):
        return "another frame begins inside"
    if frame[1] == READ:
        ppm = int.from_bytes(frame[2:4], "big")
        return "" if ppm <= _MOST_PPM else f"{ppm} ppm is beyond what the sensor can measure: is it of this family?"
    return "" if not any(frame[3:8]) else "reply to a command is none"


FRAMING = Framing(bytes((_MARK,)), SIZE, measured(size=_size, check=_check))


class Mhz19bDecoder(PolledDecoder):
    """Asks one sensor, and reads its answers."""

    def __init__(self, *, every_s: float, self_calibration: bool | None) -> None:
        setting = encode(SELF_CALIBRATION, ON if self_calibration else OFF)
        poller = Poller(
            "the sensor",
            start=[] if self_calibration is None else [PolledQuestion(setting, "to set its self-calibration")],
            cycle=[PolledQuestion(encode(READ), "the concentration")],
            every_s=every_s,
        )
        super().__init__(FRAMING, poller)

    def _accept(self, frame: bytes) -> Frame:
        question = self._poller.in_hand
        if question is not None and question.send[2] == frame[1]:
            self._poller.answered()
        return parse(frame)


def _decoder(options: Mapping[str, Any], _memory: Mapping[str, int]) -> SerialDecoder:
    return Mhz19bDecoder(**settle(OPTIONS, options))


FAMILY = SerialFamily(
    name="mhz19b",
    title=LocalizedMessage("Winsen MH-Z19B carbon dioxide sensor"),
    baud=9_600,
    quantities=("co2",),
    options=OPTIONS,
    decoder=_decoder,
    models={name: {} for name in ("mhz14a", "mhz19", "mhz19c")},
    guide=Guide(
        wiring="5 V, GND, Tx to RXD and Rx to TXD (3.3 V TTL)",
        quirks="answers only when asked; 3 minutes of warming up after power-up; self_calibration = false in rooms "
        "that are never aired",
    ),
)
