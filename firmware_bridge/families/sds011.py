"""Nova SDS011, SDS018, SDS021 (particulates).  9600 8N1, one frame a second

AA C0 | PM2.5 u16 | PM10 u16 | id | id | sum | AB        little-endian, 0.1 ug/m3; sum = bytes 2..7, modulo 256
AA C5 | six bytes                      | sum | AB        the reply to a command

Nova's "Laser Dust Sensor Control Protocol V1.3". An SDS198 (AA CF, PM100) is recognised, but the wire has no
quantity for what it measures.
"""

import struct
from collections.abc import Mapping
from typing import Any

from firmware_bridge.family import SerialDecoder, SerialFamily
from firmware_bridge.framing import JUNK, Framer, Framing, Verdict, measured
from firmware_bridge.sample import Frame, Sample
from i18n.message import LocalizedMessage

SIZE = 10
_HEAD, _TAIL = 0xAA, 0xAB
_MEASURED, _REPLY, _MEASURED_SDS198 = 0xC0, 0xC5, 0xCF
_VALUES = struct.Struct("<HH")  # PM2.5, PM10

_NOTES = {
    _REPLY: "reply to a command, not a measurement",
    _MEASURED_SDS198: "PM100 of an SDS198, which has no quantity here; connect an SDS011 or SDS021",
}


def build(*, pm2_5: float, pm10: float, device: int = 0xA160) -> bytes:
    """The frame in which a sensor reports `pm2_5` and `pm10` in ug/m3 (0 to 6553.5)."""
    body = _VALUES.pack(round(pm2_5 * 10), round(pm10 * 10)) + device.to_bytes(2, "big")
    return bytes((_HEAD, _MEASURED, *body, _sum(body), _TAIL))


def parse(frame: bytes) -> Frame:
    """Read a whole frame of 10 bytes whose checksum is good."""
    kind = frame[1]
    if kind in _NOTES:
        return Frame((), _NOTES[kind])
    pm2_5, pm10 = _VALUES.unpack_from(frame, 2)
    if pm2_5 == pm10 == 0:
        # What the sensor says in its first seconds after waking; outdoor air is never this clean.
        return Frame((), "warming up")
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


def _decoder(_options: Mapping[str, Any], _memory: Mapping[str, int]) -> SerialDecoder:
    return Framer(FRAMING, parse)


FAMILY = SerialFamily(
    name="sds011",
    title=LocalizedMessage("Nova SDS011/SDS021 particulate sensor"),
    baud=9_600,
    quantities=("pm2_5", "pm10"),
    options=(),
    decoder=_decoder,
)
