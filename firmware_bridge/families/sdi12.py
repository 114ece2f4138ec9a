"""SDI-12 through an adapter (soil, level, flow, weather).  Text at 9600 8N1; the bare bus is 1200 7E1

0M!      ─► 00013⏎              measure: 3 values in 1 s; then "0⏎" when they are ready         MC: with a CRC
0D0!     ─► 0+3.14+2.718OqZ⏎    the values, with signs for commas; 0D1! … 0D9! have those that are left
0C!      ─► 000103⏎             the same while others measure too; 2 digits of values            CC: with a CRC
0R0!     ─► 0+3.14⏎             what it measures without being asked                             RC0: with a CRC
0I!      ─► 014METER   TER12 112T12-00001⏎    version 1.4, maker, model, its version, serial number
0!       ─► 0⏎                  here

Addresses are 0 to 9, A to Z, a to z. The CRC (polynomial A001 reflected, from 0) is of all from the address on,
in three characters: 40 | c>>12, 40 | c>>6 & 3F, 40 | c & 3F. A line with its CRC is whole before its end. Bytes of the
bare bus that were read as 8N1 have their parity in the highest bit, and a break in front that reads as 00.
SDI-12 specification 1.4 (January 2019), 4.4.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from firmware_bridge.families.sdi12_bus import MASTER_OPTIONS, BusMaster, Reply
from firmware_bridge.family import (
    Guide,
    Option,
    OptionError,
    Poll,
    SerialDecoder,
    SerialFamily,
    check_channels,
    check_quantity,
    settle,
    table_among,
)
from firmware_bridge.framing import JUNK, Framer, Framing, Verdict
from firmware_bridge.sample import Frame, Noise, Sample
from firmware_bridge.unit_option import check_unit
from i18n.message import LocalizedMessage
from wire import QuantityTable
from wire.quantities import MEASURED
from wire.units import AS_IT_IS, Conversion

ADDRESSES = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
_LONGEST = 96
"""Address, 75 characters of values, CRC, end of the line, and what stands before it."""
_BEFORE = b"\0\r\n\t !"
"""What may stand before a line: the end of the line or command before it, which are left for it, and a break."""
_VALUE = r"[+-](?:[0-9]{1,9}(?:\.[0-9]{0,7})?|\.[0-9]{1,7})"
_DATA = re.compile(rf"[0-9A-Za-z](?:{_VALUE}){{1,20}}(?:([@-\x7f]{{3}})|(?=[\r\n]))".encode())
"""Values that are whole by their CRC, if it is right, or by the end of their line."""
_START = re.compile(rb"[\0\r\n\t !]{0,5}(?:[0-9A-Za-z](?:[-+0-9A-Z!\r\n]|\Z)|\?|\Z)")
_LINE = re.compile(rf"([0-9A-Za-z])((?:{_VALUE}){{0,20}})([@-\x7f]{{3}})?")
_RUN = re.compile(rb"[ -\x7f]*")
_BEGINNING = re.compile(
    rf"[0-9A-Za-z?](?:[A-Z][0-9A-Z]{{0,7}}|[0-9]{{2}}[ -*,-~]{{0,30}}|[0-9]{{0,6}}|"
    rf"(?:{_VALUE}){{0,20}}(?:[+-][0-9.]{{0,17}})?[@-\x7f]{{0,3}})"
)
"""What may yet become a line or a command."""
_COMMAND = re.compile(r"(?:\?|[0-9A-Za-z](?:I|V|A[0-9A-Za-z]|MC?[1-9]?|CC?[1-9]?|D[0-9]|RC?[0-9])?)!")
_TIMING = re.compile(r"[0-9A-Za-z][0-9]{4,6}")
_IDENTITY = re.compile(r"[0-9A-Za-z][0-9]{2}[ -*,-~]{17,30}")
"""Version, maker (8 characters), model (6), its version (3), and up to 13 more; a + is in values."""
_PLACE = re.compile(r"([0-9A-Za-z])((?:M|C|MC|CC)[1-9]?|(?:R|RC)[0-9])?")
_MASK = bytes(byte & 0x7F if byte.bit_count() % 2 == 0 else byte if byte < 0x80 else 0xFF for byte in range(256))
"""A byte without the parity that may stand in its highest bit; FF where that is wrong."""
_NO_VALUES = {-9999.0, -9990.0, -9991.0, -9992.0, -99999.0, -999999.0, -9999999.0, 9999999.0}
"""What makers write where nothing could be measured."""

OPTIONS = (
    Option(
        "values",
        dict,
        LocalizedMessage(
            "the quantities of each address in the order of its values, - for one that is not wanted: "
            '{{ 0 = ["water_level", "water_temperature"], 1M2 = ["-", "temperature"] }}; a command may follow'
        ),
        default={},
    ),
    Option(
        "units",
        dict,
        LocalizedMessage('the unit of each value that is not in that of its quantity: {{ temperature = "°F" }}'),
        default={},
    ),
    *MASTER_OPTIONS,
    Option(
        "channels",
        dict,
        LocalizedMessage('the sensor of each address: {{ "0" = "river-1", "1" = "soil-1" }}; others are left out'),
        default={},
    ),
)


class NamedValue(NamedTuple):
    """What one value of a sensor is."""

    quantity: str
    convert: Conversion


Names = Mapping[tuple[str, str], Sequence[NamedValue | None]]
"""The quantity of each value, by address and set of values."""


def set_of(command: str) -> str:
    """Which values a command is about: M, C, MC and CC give the same."""
    letter, number = command.rstrip("0123456789"), command.lstrip("CMR")
    return ("R" if letter.startswith("R") else "M") + number


def _table(byte: int) -> int:
    for _ in range(8):
        byte = byte >> 1 ^ (0xA001 if byte & 1 else 0)
    return byte


_CRC = tuple(map(_table, range(256)))


def crc(text: bytes) -> bytes:
    """The three characters of the CRC of a line."""
    found = 0
    for byte in text:
        found = found >> 8 ^ _CRC[(found ^ byte) & 0xFF]
    return bytes((0x40 | found >> 12, 0x40 | found >> 6 & 0x3F, 0x40 | found & 0x3F))


def build(address: str, values: Sequence[float], *, with_crc: bool = False) -> bytes:
    """The line in which a sensor gives values."""
    text = (address + "".join(f"{value:+.7g}" for value in values)).encode()
    return text + (crc(text) if with_crc else b"") + b"\r\n"


def encode(address: str, command: str = "") -> bytes:
    """The command to a sensor: "M", "D0", "I"; without one, whether it is there."""
    return f"{address}{command}!".encode()


def parse(text: str) -> Reply | None:
    """Take a line without its end apart; None where it is none of a sensor."""
    data = _LINE.fullmatch(text)
    if data is not None and (data[2] or not data[3]):
        values = tuple(map(float, re.findall(_VALUE, data[2])))
        return Reply(data[1], values=values, has_crc=data[3] is not None)
    if _TIMING.fullmatch(text):
        return Reply(text[0], ready_s=int(text[1:4]), count=int(text[4:]))
    if _IDENTITY.fullmatch(text):
        return Reply(text[0], identity=" ".join(text[1:].split()))
    return None


def _judge(window: bytes) -> Verdict:
    plain = window if window.isascii() else window.translate(_MASK)
    if not _START.match(plain):
        return JUNK
    start = len(plain) - len(plain.lstrip(_BEFORE))
    if start > 4:
        return JUNK
    if start == len(plain):
        return 0
    verdict = _judge_line(plain[start:], is_first=start > 0 and plain[start - 1] not in b"\t ")
    return verdict + start if isinstance(verdict, int) and verdict else JUNK if start and verdict else verdict


def _judge_line(line: bytes, *, is_first: bool) -> Verdict:
    """What `line` begins with; a letter alone is a line where it is the first, and the end of noise elsewhere."""
    data = _DATA.match(line)
    if data is not None and (not data[1] or crc(line[: data.end() - 3]) == data[1]):
        return data.end()
    text = line[: _RUN.match(line).end()].decode("ascii")  # type: ignore[union-attr]  # always found: it may be empty
    command, mark, _ = text.partition("!")
    is_enough = len(command) > 1 or is_first
    if mark:
        return len(command) if is_enough and _COMMAND.fullmatch(command + mark) else JUNK
    if len(text) == len(line):
        return 0 if _BEGINNING.fullmatch(text) else JUNK
    if line[len(text)] not in b"\r\n":
        return JUNK
    found = _LINE.fullmatch(text)
    if found is not None and found[2] and found[3]:
        return "CRC is wrong"
    return len(text) if is_enough and parse(text) is not None else JUNK


def _marks() -> bytes:
    plain = ADDRESSES.encode() + b"?" + _BEFORE
    return plain + bytes(byte for byte in range(0x80, 0x100) if _MASK[byte] in plain)


FRAMING = Framing(_marks(), _LONGEST, _judge)


class Sdi12Decoder:
    """Reads the lines of one bus, and asks its sensors, once it is polled."""

    def __init__(self, names: Names, places: Sequence[tuple[str, str]], chosen: Mapping[str, Any]) -> None:
        self._names = names
        self._usual: str = chosen["command"]
        self._master = BusMaster(places, chosen)
        self._asked: dict[str, tuple[str, int]] = {}
        self._framer = Framer(FRAMING, self._accept)
        self._is_polled = False

    @property
    def held(self) -> int:
        """Bytes that may yet become part of a line."""
        return self._framer.held

    def feed(self, data: bytes) -> list[Frame | Noise]:
        """Take the next bytes."""
        return self._framer.feed(data)

    def poll(self, now_s: float) -> Poll:
        """What to send at `now_s`; see `family.Asking`."""
        self._is_polled = True
        return self._master.poll(now_s)

    def memory(self) -> dict[str, int]:
        """Nothing: each measurement stands alone."""
        return {}

    def _accept(self, frame: bytes) -> Frame:
        text = frame.translate(_MASK).lstrip(_BEFORE).decode("ascii")
        if _COMMAND.fullmatch(text + "!") and (len(text) > 1 or text == "?"):
            return self._heard(text + "!")
        reply = parse(text)
        if reply is None:
            return Frame((), "line is none of a sensor")
        if self._is_polled:
            answered = self._master.on_reply(reply)
            if isinstance(answered, str):
                return Frame((), answered)
            return self._named(reply, *answered)
        command, first = self._asked.get(reply.address, (self._usual, 0))
        if reply.values:
            self._asked[reply.address] = command, first + len(reply.values)
        return self._named(reply, command, first) if reply.values else Frame((), reply.words())

    def _heard(self, text: str) -> Frame:
        """A command: that of this gateway, which an adapter gives back, or of another master."""
        address, command = text[0], text[1:-1]
        if not self._is_polled and command[:1] in ("M", "C", "R") and address in ADDRESSES:
            self._asked[address] = command, 0
        elif not self._is_polled and command == "D0" and address in self._asked:
            self._asked[address] = self._asked[address][0], 0
        if self._is_polled and not self._master.is_own(text):
            return Frame((), f"another master asks on this bus: {text}; let one of them ask")
        return Frame((), f"command on the bus: {text}")

    def _named(self, reply: Reply, command: str, first: int) -> Frame:
        """The readings of a line of values, of which `first` came before it."""
        names = self._names.get((reply.address, set_of(command)), ())
        samples: list[Sample] = []
        unnamed: list[Sample] = []
        left_out: list[str] = []
        for at, value in enumerate(reply.values, start=first):
            named = names[at] if at < len(names) else None
            if named is None:
                unnamed.append(Sample(f"value_{at + 1}", value, reply.address))
            elif value in _NO_VALUES:
                left_out.append(f"value {at + 1} of address {reply.address} is {value:g}: not measured")
            else:
                samples.append(Sample(named.quantity, named.convert(value), reply.address))
        note = "; ".join(left_out) or ("" if samples else _note(reply, first))
        return Frame(tuple(samples), note, unnamed=tuple(unnamed))


def _note(reply: Reply, first: int) -> str:
    if not reply.values:
        return f"address {reply.address} gives no value"
    values = ", ".join(f"{value:g}" for value in reply.values)
    more = f" from the {first + 1}th on" if first else ""
    return f"address {reply.address}: values {values}{more}; say in values what they are"


def _places(given: Mapping[Any, Any], usual: str) -> dict[tuple[str, str], list[str]]:
    """The names as they are written, by address and command."""
    places: dict[tuple[str, str], list[str]] = {}
    for place, row in given.items():
        found = _PLACE.fullmatch(str(place))
        quantities = row.split(",") if isinstance(row, str) else row
        if found is None:
            raise OptionError(
                LocalizedMessage(
                    "values.{place}: is no address; write one of 0-9, A-Z, a-z, and behind it M, MC, C, CC, M1 to M9, "
                    "R0 to R9 where another command is meant",
                    place=str(place)[:20],
                )
            )
        if not isinstance(quantities, list) or not all(isinstance(name, str) for name in quantities):
            raise OptionError(
                LocalizedMessage(
                    'values.{place}: write the names of quantities: ["water_level", "water_temperature"]',
                    place=str(place)[:20],
                )
            )
        places[found[1], found[2] or usual] = quantities
    return places


def _value(address: str, name: str, units: Mapping[Any, Any], table: QuantityTable) -> NamedValue | None:
    if name in ("", "-"):
        return None
    quantity = table[check_quantity(f"values.{address}", name, table)]
    return NamedValue(name, check_unit(f"units.{name}", units[name], quantity) if name in units else AS_IT_IS)


def _decoder(options: Mapping[str, Any], _memory: Mapping[str, int]) -> SerialDecoder:
    chosen = settle(OPTIONS, options)
    check_channels(
        chosen["channels"],
        lambda channel: len(channel) == 1 and channel in ADDRESSES,
        LocalizedMessage("write an address in quotes: 0 to 9, A to Z, a to z"),
    )
    table = table_among(options)
    places = _places(chosen["values"], chosen["command"])
    names = {
        (address, set_of(command)): [_value(address, name.strip(), chosen["units"], table) for name in row]
        for (address, command), row in places.items()
    }
    used = {named.quantity for row in names.values() for named in row if named is not None}
    for name in chosen["units"]:
        if name not in used:
            raise OptionError(
                LocalizedMessage("units.{name}: no value of this source is {name}; take it out", name=str(name)[:40])
            )
    return Sdi12Decoder(names, tuple(places), chosen)


FAMILY = SerialFamily(
    name="sdi12",
    title=LocalizedMessage("SDI-12 sensors through an adapter"),
    baud=9_600,
    quantities=tuple(MEASURED),
    options=OPTIONS,
    decoder=_decoder,
    channels=True,
    guide=Guide(
        wiring="an SDI-12 adapter (USB, text at 9600) that makes the break itself: data, 12 V and GND of all sensors "
        'together; with baud = 1200 and character = "7E1" where it hands through the bare bus',
        quirks="without values each address is looked for once, and status says who answered and what it gives; a "
        'silent address costs the others 5 s a turn, then 2; command = "MC" has a CRC, where the sensor knows it; '
        "one sensor for all addresses with sensor, one for each with channels",
        example='values = { 0 = ["water_level", "water_temperature"] }',
    ),
)
