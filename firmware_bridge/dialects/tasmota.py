"""Tasmota's telemetry over MQTT: `tele/<topic>/SENSOR`, and the same under StatusSNS of STATUS8 and STATUS10.

{"Time":"2023-05-21T01:06:38","BME280":{"Temperature":20.5,"Humidity":53.1,"Pressure":977.0},
 "SDS0X1":{"PM2.5":11.8,"PM10":5.8},"PressureUnit":"hPa","TempUnit":"C"}

A sensor seen twice gets an index or address after "-" or "_" (DS18B20-1, SHT3X-0x44). An index is a place: when one
of two probes is gone, the other is DS18B20 after the device's next start; so those that have one are chosen by their
"Id", and each sample carries it (`own_id`), by which the gateway knows the sensor again. `Time` is the device's local
time without a zone, and wrong until its clock is set; Tasmota sends what it has just measured and keeps no backlog.
So readings are stamped on arrival, and `Time` is not read.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import msgspec

from firmware_bridge.device_json import number, read
from firmware_bridge.family import Guide, MqttDialect, Option, settle
from firmware_bridge.names import Meant, meant
from firmware_bridge.sample import Frame, Noise, Sample
from i18n.message import LocalizedMessage
from wire import QUANTITIES
from wire.units import conversion

Field = tuple[str, str, str]  # key in the message, quantity, unit: fixed, or the key that names it

_CHIPS = {
    # chips: the keys that count of what they write
    "SDS0X1 HPMA": "PM2.5 PM10",
    "PMS3003 PMS5003 PMS7003 PMSA003I": "PM1 PM2.5 PM10",  # the atmospheric values; CF1, CF2.5, CF10 are for rooms
    "SPS30": "PM1_0 PM2_5 PM4_0 PM10",
    "SEN5X": "PM1 PM2.5 PM4 PM10 VOC NOx Temperature Humidity",
    "BME280 BME680 BME688": "Temperature Humidity Pressure",
    "BMP280 BMP180 BMP388 BMP390 SPL06-007 QMP6988": "Temperature Pressure",
    "SHT1X SHT3X SHT4X SHTC3 AHT1X AHT2X AM2301 AM2302 DHT11 DHT22 SI7013 SI7020 SI7021 HTU21 HDC1080 HDC2010": (
        "Temperature Humidity"
    ),
    "DS18B20 DS18S20": "Temperature",
    "MHZ19B S8": "CarbonDioxide",  # their own temperature is that of the cell
    "SCD30 SCD40 SCD41": "CarbonDioxide Temperature Humidity",
    "BH1750 TSL2561 MAX44009 VEML7700": "Illuminance",
    "SR04 VL53L0X VL53L1X": "Distance",
}
_UNIT_KEYS = {"temperature": "TempUnit", "pressure": "PressureUnit"}
_OF_CHIPS = {
    ("SEN5X", "VOC"): Meant("voc_index", "{index}"),
    ("SEN5X", "NOx"): Meant("nox_index", "{index}"),
    ("SR04", "Distance"): Meant("distance", "cm"),
    ("VL53L0X", "Distance"): Meant("distance", "mm"),
    ("VL53L1X", "Distance"): Meant("distance", "mm"),
}


def _fields(chip: str, keys: str) -> Iterator[Field]:
    for key in keys.split():
        known = _OF_CHIPS.get((chip, key)) or meant(key)
        if known is not None:
            yield key, known.quantity, _UNIT_KEYS.get(known.quantity, known.unit)


SENSORS: dict[str, tuple[Field, ...]] = {
    chip: tuple(_fields(chip, keys)) for chips, keys in _CHIPS.items() for chip in chips.split()
}

_DEFAULT_UNITS = {"TempUnit": "C", "PressureUnit": "hPa"}  # early firmware names none
_INDEX = re.compile(r"[-_]")
_ONE_BRACE_TOO_MANY = re.compile(rb'("PMSA003I":\{[^{}]*\})\}')
"""Its driver closes the whole message behind itself (xsns_104_pmsa003i.ino), and other sensors follow."""
_PLACE = re.compile(r"[-_][0-9]{1,2}$")
_WORDS = {b"Online": "device is online", b"Offline": "device is offline"}  # …/LWT

OPTIONS = (
    Option(
        "only",
        str,
        LocalizedMessage(
            "take only this sensor of the device, by its Id in the message (01131B), or by its key where it has none"
        ),
        default="",
    ),
)


def build(sensors: Mapping[str, Mapping[str, float | None]], *, time: str, **units: str) -> bytes:
    """The message with `sensors` by key at local `time`; `units` are TempUnit and PressureUnit."""
    return msgspec.json.encode({"Time": time, **sensors, **units})


def parse(payload: bytes, *, only: str = "") -> Frame | Noise:
    """Read a message; of two sensors for one quantity the first counts, unless `only` names one."""
    if payload in _WORDS:
        return Frame((), _WORDS[payload])
    document = read(payload)
    if type(document) is Noise:
        document = read(_ONE_BRACE_TOO_MANY.sub(rb"\1", payload, count=1))
    if type(document) is Noise:
        return Noise(len(payload), document.reason)
    if type(document) is not dict:
        return Noise(len(payload), "message is no JSON object")
    inner = document.get("StatusSNS", document)
    return _gather(inner if type(inner) is dict else {}, only)


def _gather(message: dict[str, Any], only: str) -> Frame:
    samples: dict[str, Sample] = {}
    others: list[Sample] = []
    notes: list[str] = []
    for key, body in message.items():
        fields = _fields_of(key)
        rank = _rank(key, body, only) if fields and type(body) is dict else _NOT_MEANT
        for name, quantity, unit in fields if rank else ():
            usual = _DEFAULT_UNITS.get(unit, unit)
            value = _value(quantity, body.get(name), message.get(unit, usual), usual)
            if isinstance(value, str):
                notes.append(f"{key[:40]} {name} {value}")
                continue
            sample = Sample(quantity, value, own_id="" if rank == _BY_ITS_ID else _id_of(body))
            if rank == _PERHAPS or quantity in samples:
                others.append(sample)
            else:
                samples[quantity] = sample
            if not only and sample is not samples[quantity]:
                notes.append(f"{key[:40]} {name} left out: set only to {_named(key, body)} to choose it")
    if not samples and not notes:
        notes.append(f"no sensor {only}" if only else "no sensor that is known here")
    return Frame(tuple(samples.values()), "; ".join(notes), tuple(others))


_NOT_MEANT, _PERHAPS, _BY_ITS_KEY, _BY_ITS_ID = range(4)


def _rank(key: str, body: dict[str, Any], only: str) -> int:
    """How sure it is that `only` means this sensor. A number is that of a place, which another may have tomorrow."""
    own_id = _id_of(body)
    if only and own_id.casefold() == only.casefold():
        return _BY_ITS_ID
    if not only or key == only:
        return _BY_ITS_KEY
    same_kind = _INDEX.split(key, maxsplit=1)[0] == _INDEX.split(only, maxsplit=1)[0]
    return _PERHAPS if own_id and same_kind and _PLACE.search(only) else _NOT_MEANT


def _fields_of(key: str) -> tuple[Field, ...]:
    return SENSORS.get(key) or SENSORS.get(_INDEX.split(key, maxsplit=1)[0]) or ()


def _id_of(body: dict[str, Any]) -> str:
    given = body.get("Id", body.get("Address", ""))
    return str(given)[:64] if type(given) in (str, int) else ""


def _named(key: str, body: dict[str, Any]) -> str:
    return _id_of(body) or key[:40]


def _value(quantity: str, given: Any, unit: Any, usual: str) -> float | str:
    """The number `given` in the unit of wire.quantities; a unit of which nothing can be read is the `usual` one."""
    value = number(given)
    if isinstance(value, str):
        return value
    legible = _legible(unit) or usual if isinstance(unit, str) else unit
    found = conversion(legible, QUANTITIES[quantity]) if isinstance(legible, str) else None
    if found is None:
        return f"is in unknown unit {repr(unit)[:20]}"
    return round(found(value), 2) if found.factor != 1 else value


def _legible(unit: str) -> str:
    """The part of a unit that bytes of another alphabet do not touch: C of °C, however its ° was written."""
    return "".join(character for character in unit if character.isascii() and character.isprintable()).strip()


def _parser(options: Mapping[str, Any]) -> Callable[[str, bytes], Frame | Noise]:
    only = settle(OPTIONS, options)["only"]
    return lambda _topic, payload: parse(payload, only=only)


DIALECT = MqttDialect(
    name="tasmota",
    title=LocalizedMessage("Tasmota tele/…/SENSOR"),
    options=OPTIONS,
    parser=_parser,
    guide=Guide(
        topic="tele/air-1/SENSOR",
        wiring="Tasmota: MqttHost, Topic, and TelePeriod 10; topic tele/…/SENSOR",
        quirks="its time has no zone and is not read; of several alike probes `only` chooses one by its Id",
    ),
)
