"""NMEA 0183 sentences (weather stations, receivers of GPS and its kin).  4800 8N1; receivers often 9600, AIS 38400

$WIMWV,271.0,R,000.2,N,A*3B⏎          $ talker, type, fields; *hh: XOR of all between $ and *, then CR LF

    WI GP GN II …   who speaks: any          MWV MWD MDA MTW MTA MHU MMB XDR   weather: nmea_weather.py
    P…              a maker's own: no        RMC GGA GLL ZDA                   where and when: nmea_fix.py

Sentences without a checksum are refused, and those with another number of fields than their type has: the XOR of a torn
line with the next one behind it is right now and then. A sentence is whole with its checksum; the end of a line before
it belongs to it. NMEA 0183 version 4.11; "NMEA Revealed" of E. S. Raymond, gpsd.
"""

import re
from collections.abc import Callable, Mapping
from functools import reduce
from operator import xor
from typing import Any, NamedTuple

from firmware_bridge.families import nmea_fix, nmea_weather
from firmware_bridge.family import (
    Guide,
    Option,
    OptionError,
    SerialDecoder,
    SerialFamily,
    check_quantity,
    settle,
    table_among,
)
from firmware_bridge.framing import JUNK, Framer, Framing, Verdict
from firmware_bridge.sample import Frame, Noise
from i18n.message import LocalizedMessage
from wire import Quantity, QuantityTable

_LONGEST = 250
"""The standard says 82; stations with many transducers write more."""
_BODY = re.compile(rb"[\x20\x22\x23\x25-\x29\x2b-\x7e]*")
_HEX = re.compile(rb"[0-9A-Fa-f]{2}")
_ADDRESS = re.compile(r"[A-Z0-9]{5}")
_LINE_END = b"\r\n"

OPTIONS = (
    Option(
        "heading_deg",
        float,
        LocalizedMessage("where the mark of the wind sensor points, in degrees from north; is added to relative wind"),
        default=0.0,
        low=0,
        high=360,
    ),
    Option(
        "names",
        dict,
        LocalizedMessage('the quantity of each transducer in XDR by its name: {{ "WTEMP" = "water_temperature" }}'),
        default=None,
    ),
)


class SentenceType(NamedTuple):
    """How many fields a type of sentence has, and what reads them."""

    counts: tuple[int, ...]
    read: Callable[[list[str]], Frame]


def build(text: str) -> bytes:
    """The sentence of what stands between $ and *."""
    body = text.encode("ascii")
    return b"$%s*%02X\r\n" % (body, reduce(xor, body, 0))


def _judge(window: bytes) -> Verdict:
    start = len(window) - len(window.lstrip(_LINE_END))
    if start > len(_LINE_END) or (start < len(window) and window[start] not in b"$!"):
        return JUNK
    if start == len(window):
        return 0
    verdict = _judge_sentence(window, start + 1)
    return JUNK if start and isinstance(verdict, str) else verdict


def _judge_sentence(window: bytes, start: int) -> Verdict:
    end = _BODY.match(window, start).end()  # type: ignore[union-attr]  # it may be empty, so it is always found
    if end == len(window):
        return 0
    if window[end] in _LINE_END:
        return "sentence has no checksum" if end - start > 6 else JUNK
    if window[end] != ord("*"):
        return "sentence is cut off" if end - start > 6 else JUNK
    digits = window[end + 1 : end + 3]
    if len(digits) < 2:
        return 0 if not digits or _HEX.match(digits + b"0") else "checksum is no number"
    if not _HEX.match(digits):
        return "checksum is no number"
    return end + 3 if reduce(xor, window[start:end], 0) == int(digits, 16) else "checksum is wrong"


FRAMING = Framing(b"$!" + _LINE_END, _LONGEST, _judge)


class NmeaDecoder:
    """Reads the sentences of one line; it knows whether its receiver has a fix, and whether true wind comes too."""

    def __init__(self, chosen: Mapping[str, Any], names: Mapping[str, Quantity], table: QuantityTable) -> None:
        weather = nmea_weather.WeatherSentences(chosen["heading_deg"], names, table)
        fixes = nmea_fix.FixSentences()
        self._types = {
            "GGA": SentenceType((14,), fixes.gga),
            "RMC": SentenceType((11, 12, 13), fixes.rmc),
            "GLL": SentenceType((6, 7), fixes.gll),
            "ZDA": SentenceType((4, 5, 6), fixes.zda),
            "MWV": SentenceType((5,), weather.mwv),
            "MWD": SentenceType((8,), weather.mwd),
            "MDA": SentenceType((20,), weather.mda),
            "MTW": SentenceType((2,), weather.mtw),
            "MTA": SentenceType((2,), weather.mta),
            "MHU": SentenceType((3, 4), weather.mhu),
            "MMB": SentenceType((4,), weather.mmb),
            "XDR": SentenceType((), weather.xdr),
        }
        self._framer = Framer(FRAMING, self._parse)

    @property
    def held(self) -> int:
        """Bytes that may yet become part of a sentence."""
        return self._framer.held

    def feed(self, data: bytes) -> list[Frame | Noise]:
        """Take the next bytes."""
        return self._framer.feed(data)

    def memory(self) -> dict[str, int]:
        """Nothing: what it knows of its receiver is soon known again."""
        return {}

    def _parse(self, frame: bytes) -> Frame:
        text = frame.decode("ascii").strip()
        address, *fields = text[1:-3].split(",")
        found = self._types.get(address[2:])
        if text[0] != "$" or address.startswith("P") or not _ADDRESS.fullmatch(address) or found is None:
            return Frame((), f"sentence {text[0]}{address[:8]} is not among those that are read")
        if found.counts and len(fields) not in found.counts:
            return Frame((), f"{address} with {len(fields)} fields, which its type does not have")
        return found.read([field.strip() for field in fields])


def _decoder(options: Mapping[str, Any], _memory: Mapping[str, int]) -> SerialDecoder:
    chosen, table = settle(OPTIONS, options), table_among(options)
    names = {str(name): _quantity(str(name), quantity, table) for name, quantity in (chosen["names"] or {}).items()}
    return NmeaDecoder(chosen, names, table)


def _quantity(name: str, quantity: object, table: QuantityTable) -> Quantity:
    if not isinstance(quantity, str):
        raise OptionError(
            LocalizedMessage(
                "names.{name}: {quantity} is no name of a quantity; write it in quotes",
                name=name[:40], quantity=repr(quantity)[:40],
            )
        )  # fmt: skip
    return table[check_quantity(f"names.{name[:40]}", quantity, table)]


FAMILY = SerialFamily(
    name="nmea",
    title=LocalizedMessage("NMEA 0183 sentences of weather stations and receivers of GPS"),
    baud=4_800,
    quantities=nmea_weather.QUANTITIES,
    options=OPTIONS,
    decoder=_decoder,
    models={name: {} for name in ("gnss", "gps", "nmea0183")},
    tells_time=True,
    guide=Guide(
        wiring="talker A to RS-422 A+ (or RXD of an RS-232 adapter), talker B to B- (or GND); receivers of GPS often "
        "at 3.3 V and baud = 9600",
        quirks="sentences without a checksum are refused; relative wind is taken for that of a mast whose mark points "
        "north (heading_deg), and left out while true wind comes too; of the temperatures in XDR the first is the "
        "air's, others need names; status shows where a receiver is, never without a fix; `[clock] receiver` lets a "
        "gateway that no time server reaches go by its time",
    ),
)
