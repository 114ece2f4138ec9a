"""Sensor.Community (luftdaten, airRohr): the post to its servers, and the same for a server of one's own.

{"software_version":"NRZ-2020-133","sensordatavalues":[{"value_type":"P1","value":"15.23"},{"value_type":"P2",…}]}
{"esp8266id":"12345","sensordatavalues":[{"value_type":"SDS_P1","value":"15.23"},{"value_type":"BME280_pressure",…}]}

P0 is PM1, P2 is PM2.5, P4 is PM4, and P1 is PM10. Values are texts, air pressure is in Pa. The first shape is of one
chip, which the header X-Pin tells, the second of all. A device is esp8266-12345, as its header X-Sensor says; that is
the channel. A PPD42 counts particles, calls them P1 and P2 too, and is told by durP1. Names: airrohr-firmware.ino.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC
from typing import Any

import msgspec

from firmware_bridge.device_json import number, read
from firmware_bridge.family import Guide, MqttDialect, Option, check_channels, settle, table_among
from firmware_bridge.names import Meant, check_units, check_values, in_its_unit
from firmware_bridge.sample import Frame, Noise, Sample
from firmware_bridge.timestamps import READERS, or_noted
from i18n.message import LocalizedMessage

TYPES = {
    "p0": Meant("pm1", "ug/m3"),
    "p1": Meant("pm10", "ug/m3"),
    "p2": Meant("pm2_5", "ug/m3"),
    "p4": Meant("pm4", "ug/m3"),
    "temperature": Meant("temperature", "Cel"),
    "humidity": Meant("humidity", "%"),
    "pressure": Meant("pressure", "Pa"),
    "co2_ppm": Meant("co2", "[ppm]"),
    "conc_co2_ppm": Meant("co2", "[ppm]"),
    "noise_laeq": Meant("noise", "dB[SPL]"),
    "signal": Meant("signal", "dB{mW}"),
}
CHIPS = (
    "sps30", "npm", "sds", "pms", "ips", "hpm", "bme280", "sht3x", "htu21d", "scd30", "", "dht", "dht22", "bmp280",
    "bmp", "ds18b20", "dnms", "ppd",
)  # fmt: skip
"""What may stand before a type; of two chips for one quantity the one that stands first here counts."""
_NOT_MEASURED = {"temperature": (-127.0, -128.0), "signal": ()}
_COUNTS_PARTICLES = "durp1"
_MOST_VALUES = 100
_DEVICE = re.compile(r"(?:^|/)((?:esp8266|esp32|raspi|smogomierz|TTN)-[0-9A-Za-z]{1,32})(?:/|$)")

OPTIONS = (
    Option(
        "values",
        dict,
        LocalizedMessage(
            'the value_type of a quantity, where several give it: {{ temperature = "DS18B20_temperature" }}'
        ),
        default={},
    ),
    Option(
        "units",
        dict,
        LocalizedMessage("the unit of each quantity that is not in that of airRohr"),
        default={},
    ),
    Option(
        "channels",
        dict,
        LocalizedMessage('the sensor of each device: {{ "esp8266-12345" = "air-market" }}'),
        default={},
    ),
)


def build(values: Mapping[str, float], *, device: str = "", version: str = "NRZ-2020-133") -> bytes:
    """The message with `values` by type; `device` is the number of its chip, for a server of one's own."""
    rows = [{"value_type": name, "value": f"{value:.2f}"} for name, value in values.items()]
    named = {"esp8266id": device} if device else {}
    return msgspec.json.encode({**named, "software_version": version, "sensordatavalues": rows})


class SensorCommunityParser:
    """Reads posts of devices."""

    def __init__(self, options: Mapping[str, Any]) -> None:
        chosen = settle(OPTIONS, options)
        check_channels(chosen["channels"], bool, LocalizedMessage('write the name of a device: "esp8266-12345"'))
        self._table = table_among(options)
        self._named = {name.casefold(): known for name, known in check_values(chosen["values"], self._table).items()}
        self._chosen = {known.quantity for known in self._named.values()}
        self._units = check_units(chosen["units"], self._table)

    def parse(self, topic: str, payload: bytes) -> Frame | Noise:
        """Read a message."""
        document = read(payload)
        if type(document) is Noise:
            return document
        rows = document.get("sensordatavalues") if type(document) is dict else None
        if type(rows) is not list:
            return Noise(len(payload), "message has no sensordatavalues")
        notes: list[str] = []
        device, time_ms = _device(topic, document), _time(document.get("timestamp"), notes)
        samples: dict[str, Sample] = {}
        first: dict[str, str] = {}
        for _, name, given, known in sorted(self._known_among(rows), key=lambda row: row[0]):
            quantity = known.quantity
            if first.setdefault(quantity, name) != name:
                notes.append(f"{name[:40]} left out: {first[quantity][:40]} gives {quantity}")
            elif isinstance(outcome := self._value(known, given), str):
                notes.append(f"{name[:40]} {outcome}")
            else:
                samples.setdefault(quantity, Sample(quantity, outcome, device, time_ms))
        if not samples and not notes:
            notes.append("no quantity in this message")
        return Frame(tuple(samples.values()), "; ".join(notes[:8]))

    def _known_among(self, rows: list[Any]) -> Iterator[tuple[int, str, Any, Meant]]:
        """Of each value that is a quantity the rank of its chip, its type, and what it says."""
        typed = [row for row in rows[:_MOST_VALUES] if type(row) is dict and type(row.get("value_type")) is str]
        counts_particles = any(row["value_type"].casefold() == _COUNTS_PARTICLES for row in typed)
        for row in typed:
            name = row["value_type"]
            named = self._named.get(name.casefold())
            if named is not None:
                yield -1, name, row.get("value"), named
                continue
            chip, kind = _taken_apart(name.casefold())
            known = TYPES.get(kind)
            if (
                known is None
                or known.quantity in self._chosen
                or (counts_particles and not chip and kind in ("p1", "p2"))
            ):
                continue
            yield CHIPS.index(chip), name, row.get("value"), known

    def _value(self, known: Meant, given: Any) -> float | str:
        value = number(given)
        if isinstance(value, str):
            return value
        if value in _NOT_MEASURED.get(known.quantity, (-1.0,)):
            return f"is {value:g}: the device has not measured it"
        return in_its_unit(known, value, self._table, told=self._units.get(known.quantity, ""))


def _taken_apart(name: str) -> tuple[str, str]:
    """The chip and the type in a value_type: bme280_pressure, noise_laeq, dnms_noise_laeq."""
    chip, _, kind = name.partition("_")
    return (chip, kind) if chip in CHIPS and kind else ("", name)


def _device(topic: str, document: dict[str, Any]) -> str:
    """The name of the device, from what it says of itself or from the header that its topic has."""
    for chip in ("esp8266", "esp32"):
        given = document.get(f"{chip}id")
        if type(given) in (str, int) and given:
            number_of_it = str(given)[:32]
            return number_of_it if number_of_it.startswith(chip) else f"{chip}-{number_of_it}"
    found = _DEVICE.search(topic)
    return found[1] if found else ""


def _time(given: Any, notes: list[str]) -> int | None:
    return None if given is None else or_noted(READERS["iso"](given, UTC), "timestamp", notes)


def _parser(options: Mapping[str, Any]) -> Callable[[str, bytes], Frame | Noise]:
    return SensorCommunityParser(options).parse


DIALECT = MqttDialect(
    name="sensor_community",
    title=LocalizedMessage("Sensor.Community (airRohr)"),
    options=OPTIONS,
    parser=_parser,
    channels=True,
    models={"luftdaten": {}, "airrohr": {}},
    guide=Guide(
        topic="air/+/sensordata",
        wiring='airRohr: send data to own API, which is the gateway: the source has listen = "192.168.4.1:8090" '
        "instead of topic, see edge.md; or a topic on which a bridge publishes its posts",
        quirks="P1 is PM10 and P2 is PM2.5; values are texts; pressure is in Pa, of the place and not of the sea; of "
        "several chips for one quantity values chooses",
        example='channels = { "esp8266-12345" = "air-market" }',
    ),
)
