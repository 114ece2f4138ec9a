"""Modbus RTU: sensors on an RS-485 line, asked by a master.  9600 8N1 mostly; MODBUS over Serial Line V1.02

01 | 03 | 00 00 | 00 01 | 84 0A        slave 1: registers from 0, one of them        address | function | … | crc
01 | 03 | 02 | 00 56 | 38 7A           its reply: 86
11 | 83 | 02 | C1 34                   slave 17 refuses: illegal data address

The crc covers all before it, low byte first: polynomial 8005, reflected, initial value FFFF ("123456789" gives 4B37).
Frames have no mark: each byte may be an address, the function says how long what follows can be, and the crc decides.
The silence of 3.5 characters between frames is not looked at: behind USB and networks it says nothing.

What the registers of a device mean is a map in TOML: modbus/maps/ has those of known ones, edge.toml others.
Modbus TCP is the same with another head: modbus/mbap.py.
"""

from collections.abc import Mapping
from typing import Any

from firmware_bridge.family import QUANTITIES_KNOWN, Guide, Option, OptionError, SerialDecoder, SerialFamily, settle
from firmware_bridge.framing import JUNK, Framing, Verdict
from firmware_bridge.modbus import mbap
from firmware_bridge.modbus.bus import ModbusBus
from firmware_bridge.modbus.carrier import Adu, Carrier
from firmware_bridge.modbus.decoder import ModbusDecoder
from firmware_bridge.modbus.options import OPTIONS as OF_DEVICES
from firmware_bridge.modbus.options import baud_of, slaves_of
from firmware_bridge.modbus.pdu import is_possible, sizes
from firmware_bridge.modbus.ready_maps import MODELS
from i18n.message import LocalizedMessage

_START = (
    rb"[\x01-\xFF](?:[\x01-\x06\x0F\x10\x81-\x86\x8F\x90]|\Z)"  # an address and a function that is known
    rb"|\x00(?:[\x05\x06\x0F\x10]|\Z)"  # to all slaves, which only writes are
)
_LONGEST = 256

OPTIONS = (
    *OF_DEVICES,
    Option(
        "transport",
        str,
        LocalizedMessage("rtu on a serial line, also through a device server; tcp for Modbus TCP (port 502)"),
        default="rtu",
        choices=("rtu", "tcp"),
    ),
)


def crc(content: bytes) -> int:
    """CRC-16/MODBUS; of a whole frame, its crc included, it is 0."""
    value, table = 0xFFFF, _TABLE
    for byte in content:
        value = value >> 8 ^ table[(value ^ byte) & 0xFF]
    return value


def _entry(value: int) -> int:
    for _ in range(8):
        value = value >> 1 ^ (0xA001 if value & 1 else 0)
    return value


_TABLE = tuple(map(_entry, range(256)))


def build(adu: Adu) -> bytes:
    """The frame that says it."""
    content = bytes((adu.address,)) + adu.pdu
    return content + crc(content).to_bytes(2, "little")


def parse(frame: bytes) -> Adu:
    """Take a whole frame apart whose crc is good."""
    return Adu(frame[0], frame[1:-2])


def _judge(window: bytes) -> Verdict:
    if len(window) < 2:
        return 0
    possible = sizes(window[1:])
    if possible is None:
        return 0
    for size in possible:
        total = size + 3
        if total > len(window):
            return 0
        if crc(window[:total]) == 0 and is_possible(window[1 : total - 2]):
            return total
    return "CRC is wrong" if possible else JUNK


RTU = Carrier(Framing(bytes(range(256)), _LONGEST, _judge, _START), parse, build, is_numbered=False)
TCP = Carrier(mbap.FRAMING, mbap.parse, mbap.build, is_numbered=True)


def _decoder(options: Mapping[str, Any], memory: Mapping[str, int]) -> SerialDecoder:
    chosen = settle(OPTIONS, options)
    slaves, settings = slaves_of({**options, **chosen}, memory)
    if not slaves and QUANTITIES_KNOWN in options:  # a capture is looked at without any, and no gateway
        raise OptionError(LocalizedMessage("model: is missing; write a model, a map, or devices"))
    carrier = TCP if chosen["transport"] == "tcp" else RTU
    if chosen["mode"] == "listen" or not slaves:
        return ModbusDecoder(carrier, slaves, None)
    bus = ModbusBus(
        slaves.values(),
        settings,
        every_s=chosen["every_s"],
        answer_s=chosen["answer_s"],
        pause_s=chosen["pause_ms"] / 1_000,
        is_numbered=carrier.is_numbered,
    )
    return ModbusDecoder(carrier, slaves, bus)


FAMILY = SerialFamily(
    name="modbus",
    title=LocalizedMessage("Modbus RTU and TCP: level probes, radar, wind, weather, rain, solar by register maps"),
    baud=9_600,
    quantities=(
        "water_level", "distance", "rainfall", "wind_speed", "wind_direction", "temperature", "humidity", "pressure",
        "illuminance", "noise", "pm2_5", "pm10", "battery", "battery_voltage", "solar_voltage",
    ),
    options=OPTIONS,
    decoder=_decoder,
    channels=True,
    models={
        "modbus-rtu": {}, "modbus-tcp": {"transport": "tcp"}, **{name: {"model": name} for name in MODELS},
    },
    guide=Guide(
        wiring="A, B and GND of an RS-485 adapter to those of all devices, one line without branches, 120 ohm at both "
        "ends; power of each as its label says",
        quirks="each model has the baud rate that it leaves the factory with, and all on one line must have the same; "
        "two devices of one kind come with one address: change one of them first; a map of your own says with "
        "first_register how its document counts, [modbus.md](modbus.md); Modbus TCP is `modbus-tcp` at port "
        "`socket://HOST:502`; nothing is written without `set`",
        example='devices = { "1" = "qdy30a", "2" = "pr-3000-fsjt" }\nchannels = { "1" = "level-1", "2" = "wind-1" }',
    ),
    baud_of=baud_of,
)  # fmt: skip
