"""Campbell Scientific SR50A and SR50AT (ultrasonic distance of snow or water).  9600 8N1, by itself or when asked

STX 33;1838;194;11011;2C CR LF ETX        address; distance; quality; diagnostics; checksum
    33;1.838;194;28.50;11111;C5           with the temperature of an SR50AT; all between may be off
p33 CR                                    asks the sensor of address 33

SR50A Series manual, appendix D. The checksum makes the sum of all other bytes, STX to ETX, 0 modulo 256. How the
distance is written tells its unit: 1.838 m, 183.80 cm, 1838 mm, and where unit says so 06.030 ft and 072.36 in. 0 and
-999 are no valid reading, 9999 mm is the end of the scale; nearer than 50 cm it is blind, beyond 10 m out of reach.
Quality goes from 152 (best) to 600; beyond 300 the distance is uncertain.

An SR50A knows no temperature and reckons with sound at 0 Cel: at 28 Cel it says 4.00 m for 4.20 m. `air_temperature`
corrects that (distance * sqrt(T / 273.15 K)); an SR50AT corrects itself.
"""

import re
from collections.abc import Mapping
from math import sqrt
from typing import Any

import msgspec

from firmware_bridge.distance import MEDIAN_OF_FEW, MOUNTING_HEIGHT, Medians
from firmware_bridge.family import Guide, Option, OptionError, SerialDecoder, SerialFamily, settle
from firmware_bridge.framing import Framing, line
from firmware_bridge.poller import PolledDecoder, PolledQuestion, Poller, every_s
from firmware_bridge.sample import Frame, Sample
from i18n.message import LocalizedMessage

_STX, _ETX = b"\x02", b"\x03"
_LONGEST = 48
_PACKET = re.compile(
    rb"\x02([0-9A-Za-z]{2});(-?[0-9]{1,4}(?:\.[0-9]{2,3})?)(?:;([0-9]{3}))?(?:;(-?[0-9]{1,3}\.[0-9]{1,2}))?"
    rb"(?:;([01]{5}))?;([0-9A-Fa-f]{2})\r?\n?\x03"
)
"""Address, distance, quality, temperature, diagnostics, checksum: each has a form of its own."""


class Written(msgspec.Struct, frozen=True):
    """How distances in a unit are written: the form, the digits before and after the point; `step_mm` is one of it."""

    form: re.Pattern[bytes]
    text: str
    step_mm: float


UNITS = {
    "m": Written(re.compile(rb"[0-9]{1,2}\.[0-9]{3}"), "%.3f", 1_000.0),
    "cm": Written(re.compile(rb"[0-9]{2,4}\.[0-9]{2}"), "%06.2f", 10.0),
    "mm": Written(re.compile(rb"-?[0-9]{3,4}"), "%04.0f", 1.0),
    "ft": Written(re.compile(rb"[0-9]{2}\.[0-9]{3}"), "%06.3f", 304.8),
    "in": Written(re.compile(rb"[0-9]{3}\.[0-9]{2}"), "%06.2f", 25.4),
}
_BY_ITSELF = ("m", "cm", "mm")
"""Units that the form tells; feet and inches look like metres and centimetres."""
_BLIND_MM, _REACH_MM = 500.0, 11_000.0
_NO_READING, _END_OF_SCALE = -999, 9_999
UNCERTAIN = 300
_NO_TEMPERATURE = -900.0
_KELVIN = 273.15

OPTIONS = (
    Option(
        "unit",
        str,
        LocalizedMessage("Output Units of the sensor, which the form of a distance tells but for ft and in"),
        default=None,
        choices=tuple(UNITS),
    ),
    Option(
        "address",
        str,
        LocalizedMessage("address of the sensor, two characters; left out, that which is heard first, 33 when asked"),
        default=None,
    ),
    Option(
        "mode",
        str,
        LocalizedMessage("listen sends nothing to the sensor; query asks it each every_s"),
        default="listen",
        choices=("listen", "query"),
    ),
    every_s(),
    Option(
        "air_temperature",
        float,
        LocalizedMessage(
            "of an SR50A (without T): usual temperature of the air in °C, by which distances are corrected"
        ),
        default=None,
        low=-50,
        high=60,
    ),
    Option(
        "worst_quality",
        int,
        LocalizedMessage("the highest quality number that is believed; beyond 300 distances are uncertain"),
        default=600,
        low=152,
        high=600,
    ),
    MEDIAN_OF_FEW,
    MOUNTING_HEIGHT,
)


def build(
    *, distance_mm: float | None, unit: str = "m", quality: int | None = 180, temperature: float | None = None,
    diagnostics: str = "11111", address: str = "33",
) -> bytes:  # fmt: skip
    """The packet with a distance, or that of no valid reading."""
    written = UNITS[unit]
    invalid = _NO_READING if unit == "mm" else 0
    fields = [
        address,
        written.text % (invalid if distance_mm is None else distance_mm / written.step_mm),
        *([] if quality is None else [f"{quality:03}"]),
        *([] if temperature is None else [f"{temperature:.2f}"]),
        *([diagnostics] if diagnostics else []),
        "",
    ]
    head, tail = _STX + ";".join(fields).encode(), b"\r\n" + _ETX
    return head + b"%02X" % (-sum(head + tail) & 0xFF) + tail


def encode(address: str) -> bytes:
    """The question to the sensor of an address."""
    return f"p{address}\r".encode()


class Packet(msgspec.Struct, frozen=True):
    """What a packet says: the distance in mm, or why it is none; temperature and quality where they are sent."""

    address: str
    distance_mm: float | str
    quality: int | None
    temperature: float | None
    doubt: str


def parse(packet: bytes, unit: str | None = None) -> Packet:
    """Read a whole packet whose checksum is good."""
    found = _PACKET.fullmatch(packet)
    if found is None:
        raise ValueError("no packet: its form is to be checked first")
    address, distance, quality, temperature, diagnostics, _ = found.groups()
    number = int(quality) if quality else None
    celsius = float(temperature) if temperature else None
    return Packet(
        address.decode(),
        "ROM of the sensor fails its test" if diagnostics and diagnostics[:1] == b"0" else _distance_mm(distance, unit),
        number,
        None if celsius is None or celsius < _NO_TEMPERATURE else celsius,
        _doubt(number, diagnostics or b"11"),
    )


def _doubt(quality: int | None, diagnostics: bytes) -> str:
    if diagnostics[1:2] == b"0":
        return "the sensor has started again by itself (watchdog)"
    return f"quality {quality} of 152 to 600: the distance is uncertain" if (quality or 0) > UNCERTAIN else ""


def _distance_mm(text: bytes, unit: str | None) -> float | str:
    value = float(text)
    if value in (0, _NO_READING):
        return "no valid reading"
    unit = unit or _unit_of(text)
    if unit is None:
        return f"distance {text.decode()} looks like feet: write unit"
    written = UNITS[unit]
    if not written.form.fullmatch(text):
        return f"distance {text.decode()} is not in {unit}: is unit the Output Units of the sensor?"
    if unit == "mm" and value == _END_OF_SCALE:
        return "no target in range"
    distance_mm = value * written.step_mm
    if distance_mm > _REACH_MM:
        return "distance is beyond the reach of the sensor"
    return "target inside the blind zone" if distance_mm < _BLIND_MM else distance_mm


def _unit_of(text: bytes) -> str | None:
    """The unit that the form tells; None for two digits before the point, unless they are those of 10 m."""
    is_like_feet = UNITS["ft"].form.fullmatch(text) and not text.startswith(b"10.")
    return None if is_like_feet else next((unit for unit in _BY_ITSELF if UNITS[unit].form.fullmatch(text)), None)


def _check(packet: bytes) -> str:
    found = _PACKET.fullmatch(packet)
    if found is None:
        return "packet is not address;distance;…;checksum"
    rest = packet[: found.start(6)] + packet[found.end(6) :]
    return "" if (sum(rest) + int(found[6], 16)) & 0xFF == 0 else "checksum is wrong"


FRAMING = Framing(_STX, _LONGEST, line(end=_ETX, check=_check))


class Sr50aDecoder(PolledDecoder):
    """Reads the packets of one sensor, and asks it where it does not report by itself."""

    def __init__(self, chosen: Mapping[str, Any]) -> None:
        self._unit: str | None = chosen["unit"]
        self._address: str | None = chosen["address"]
        self._worst_quality: int = chosen["worst_quality"]
        celsius = chosen["air_temperature"]
        self._factor = 1.0 if celsius is None else sqrt((celsius + _KELVIN) / _KELVIN)
        self._medians = Medians(
            self._distance_mm, of=chosen["median_of"], mounting_height_cm=chosen["mounting_height_cm"]
        )
        super().__init__(FRAMING, _poller(chosen))

    def _accept(self, packet: bytes) -> Frame:
        said = parse(packet, self._unit)
        self._address = self._address or said.address
        if said.address != self._address:
            return Frame((), f"a sensor of address {said.address} is heard beside {self._address}: write address")
        self._poller.answered()
        frame = self._medians.add(packet)
        others = () if said.temperature is None else (Sample("temperature", said.temperature),)
        doubt = said.doubt if frame.samples else ""
        return Frame((*frame.samples, *others), frame.note or doubt)

    def _distance_mm(self, packet: bytes) -> float | str:
        said = parse(packet, self._unit)
        if isinstance(said.distance_mm, str):
            return said.distance_mm
        if (said.quality or 0) > self._worst_quality:
            return f"quality {said.quality} is beyond {self._worst_quality}"
        return said.distance_mm * self._factor


def _poller(chosen: Mapping[str, Any]) -> Poller:
    address = chosen["address"] or "33"
    question = PolledQuestion(encode(address), "a distance", answer_s=5.0)  # it measures first
    return Poller(
        f"the sensor of address {address}",
        cycle=[question] if chosen["mode"] == "query" else (),
        every_s=chosen["every_s"],
    )


def _decoder(options: Mapping[str, Any], _memory: Mapping[str, int]) -> SerialDecoder:
    chosen = settle(OPTIONS, options)
    address = chosen["address"]
    if address is not None and not (len(address) == 2 and address.isascii() and address.isalnum()):
        raise OptionError(
            LocalizedMessage("address: {address}: write two letters or digits: 33", address=repr(address[:40]))
        )
    return Sr50aDecoder(chosen)


FAMILY = SerialFamily(
    name="sr50a",
    title=LocalizedMessage("Campbell SR50A/SR50AT sonic ranging sensor"),
    baud=9_600,
    quantities=("distance", "water_level", "temperature"),
    options=OPTIONS,
    decoder=_decoder,
    models={"sr50at": {}, "sr50ath": {}, "sr50ah": {}},
    guide=Guide(
        wiring="9 to 18 V; jumpers inside set to RS-232 or RS-485; set it to measure automatically, or, with "
        'mode = "query", when polled',
        quirks="an SR50A without T reckons with sound at 0 °C, so air_temperature is needed (5 % at 28 °C); Output "
        "Units of m, cm and mm are told by their form, ft and in need unit; 0 and -999 are no valid reading; blind "
        "nearer than 50 cm",
        example="mounting_height_cm = 450",
    ),
)
