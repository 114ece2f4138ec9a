"""Nova SDS011, SDS018, SDS021, SDS198 (particulates).  9600 8N1, one frame a second, or one for each question

AA C0 | PM2.5 u16 | PM10 u16 | id | id | sum | AB        little-endian, 0.1 ug/m3; sum = bytes 2..7, modulo 256
AA CF | 2 bytes   | PM100 u16 | id | id | sum | AB        SDS198: 1 ug/m3
AA C5 | command | 0 asked, 1 set | value | 0 | id | id | sum | AB        the reply to a command

AA B4 | command | 1 set, 0 ask | value | 10 bytes of 0 | id | id | sum | AB        19 bytes; id FFFF: whoever hears it

Nova's "Laser Dust Sensor Control Protocol V1.3". The laser lives some 8,000 hours: a `period_min` of 5 makes five years
of it, since the sensor then works 30 s of each 5 minutes. What is set is kept in the sensor's flash, so it is asked
first, and set only where it is another. Frames of zeros come in the first seconds after waking.
"""

import struct
from collections.abc import Mapping
from typing import Any

from firmware_bridge.family import Guide, Option, SerialDecoder, SerialFamily, settle
from firmware_bridge.framing import JUNK, Framing, Verdict, measured
from firmware_bridge.laser_options import REPORTING
from firmware_bridge.poller import PolledDecoder, PolledQuestion, Poller, every_s
from firmware_bridge.sample import Frame, Sample
from i18n.message import LocalizedMessage

SIZE = 10
_HEAD, _TAIL, _COMMAND_MARK = 0xAA, 0xAB, 0xB4
_MEASURED, _REPLY, _MEASURED_SDS198 = 0xC0, 0xC5, 0xCF
_VALUES = struct.Struct("<HH")  # PM2.5, PM10

MODE, QUERY, SLEEP, PERIOD = 0x02, 0x04, 0x06, 0x08
"""Commands: how it reports (0 by itself, 1 when asked), a measurement now, 0 sleep or 1 work, minutes between works."""
COMMANDS = {MODE: "the reporting mode", QUERY: "a measurement", SLEEP: "to wake up", PERIOD: "the working period"}
ANY_DEVICE = 0xFFFF
MODES = {"active": 0, "query": 1}
MODELS = ("sds011", "sds018", "sds021", "sds198")
_OF_OTHERS = {model: _MEASURED if model == "sds198" else _MEASURED_SDS198 for model in MODELS}
WARMING_UP = "warming up"

OPTIONS = (
    Option(
        "model",
        str,
        LocalizedMessage("the sensor, whose frames alone are then believed; left out: whichever its frames show"),
        default=None,
        choices=MODELS,
    ),
    REPORTING,
    every_s(low=3),
    Option(
        "period_min",
        int,
        LocalizedMessage("minutes from one work of 30 s to the next, which spares the laser; 0: it works all the time"),
        default=None,
        low=0,
        high=30,
    ),
)


def build(*, pm2_5: float, pm10: float, device: int = 0xA160) -> bytes:
    """The frame in which a sensor reports `pm2_5` and `pm10` in ug/m3 (0 to 6553.5)."""
    body = _VALUES.pack(round(pm2_5 * 10), round(pm10 * 10)) + device.to_bytes(2, "big")
    return bytes((_HEAD, _MEASURED, *body, _sum(body), _TAIL))


def build_sds198(*, pm100: float, device: int = 0xE905) -> bytes:
    """The frame in which an SDS198 reports `pm100` in ug/m3 (0 to 65535)."""
    body = _VALUES.pack(14, round(pm100)) + device.to_bytes(2, "big")
    return bytes((_HEAD, _MEASURED_SDS198, *body, _sum(body), _TAIL))


def build_reply(command: int, *, is_set: bool, value: int, device: int = 0xA160) -> bytes:
    """The frame in which a sensor says what `value` a `command` found or has set."""
    body = bytes((command, is_set, value, 0)) + device.to_bytes(2, "big")
    return bytes((_HEAD, _REPLY, *body, _sum(body), _TAIL))


def encode(command: int, value: int | None = None, *, device: int = ANY_DEVICE) -> bytes:
    """The command to a sensor: ask what holds, or set it to `value`."""
    body = bytes((command, value is not None, value or 0, *bytes(10))) + device.to_bytes(2, "big")
    return bytes((_HEAD, _COMMAND_MARK, *body, _sum(body), _TAIL))


def parse(frame: bytes) -> Frame:
    """Read a whole frame of 10 bytes whose checksum is good."""
    kind = frame[1]
    if kind == _REPLY:
        return Frame((), "reply to a command, not a measurement")
    if kind == _MEASURED_SDS198:
        pm100 = _VALUES.unpack_from(frame, 2)[1]
        return Frame((Sample("pm100", float(pm100)),)) if pm100 else Frame((), WARMING_UP)
    pm2_5, pm10 = _VALUES.unpack_from(frame, 2)
    if pm2_5 == pm10 == 0:
        # What the sensor says in its first seconds after waking; outdoor air is never this clean.
        return Frame((), WARMING_UP)
    return Frame((Sample("pm2_5", pm2_5 / 10), Sample("pm10", pm10 / 10)))


def _sum(body: bytes) -> int:
    return sum(body) & 0xFF


def _size(window: bytes) -> Verdict:
    if len(window) < 2:
        return 0
    return SIZE if window[1] in (_MEASURED, _REPLY, _MEASURED_SDS198) else JUNK


def _check(frame: bytes) -> str:
    if frame[9] != _TAIL:
        return "end mark is not AB"
    return "" if frame[8] == _sum(frame[2:8]) else "checksum is wrong"


FRAMING = Framing(bytes((_HEAD,)), SIZE, measured(size=_size, check=_check))


class Sds011Decoder(PolledDecoder):
    """Reads the frames of one sensor, and sets it as its options say."""

    def __init__(self, chosen: Mapping[str, Any]) -> None:
        self._refused = _OF_OTHERS.get(chosen["model"])
        self._wanted = _wanted(chosen)
        poller = Poller(
            "the sensor",
            start=[_question(SLEEP, 1), *map(_question, self._wanted)] if self._wanted else (),
            cycle=[_question(QUERY)] if chosen["mode"] == "query" else (),
            every_s=chosen["every_s"],
        )
        super().__init__(FRAMING, poller)

    def _accept(self, frame: bytes) -> Frame:
        kind = frame[1]
        if kind == _REPLY:
            self._learn(frame[2], frame[4])
        elif self._asked() == QUERY:
            self._poller.answered()
        if kind == self._refused:
            model = "sds198" if kind == _MEASURED_SDS198 else "sds011"
            return Frame((), f'frame is of another model; write model = "{model}"')
        return parse(frame)

    def _asked(self) -> int | None:
        question = self._poller.in_hand
        return None if question is None else question.send[2]

    def _learn(self, command: int, value: int) -> None:
        """A reply came: to the question in hand, which may have found another value than is wanted."""
        question = self._poller.in_hand
        if question is None or question.send[2] != command:
            return
        self._poller.answered()
        wanted = self._wanted.get(command)
        if wanted is not None and value != wanted and not question.send[3]:
            self._poller.ask(_question(command, wanted))


def _wanted(chosen: Mapping[str, Any]) -> dict[int, int]:
    """The settings that the sensor is to have, by command; empty where it is only listened to."""
    wanted = {MODE: MODES[chosen["mode"]]} if chosen["mode"] in MODES else {}
    return wanted if chosen["period_min"] is None else wanted | {PERIOD: chosen["period_min"]}


def _question(command: int, value: int | None = None) -> PolledQuestion:
    return PolledQuestion(encode(command, value), COMMANDS[command])


def _decoder(options: Mapping[str, Any], _memory: Mapping[str, int]) -> SerialDecoder:
    return Sds011Decoder(settle(OPTIONS, options))


FAMILY = SerialFamily(
    name="sds011",
    title=LocalizedMessage("Nova SDS011/SDS021 particulate sensor"),
    baud=9_600,
    quantities=("pm2_5", "pm10", "pm100"),
    options=OPTIONS,
    decoder=_decoder,
    models={name: {"model": name} for name in MODELS[1:]},
    guide=Guide(
        wiring="5 V, GND, TXD of the sensor to RXD (3.3 V TTL); RXD of the sensor only for mode and period_min",
        quirks="zeros in the first seconds after waking are left out; an SDS198 measures PM100, the others PM2.5 "
        "and PM10; the laser lives some 8,000 h, which period_min stretches",
    ),
)
