"""AirGradient ONE and Open Air: what the monitor answers to /measures/current, publishes, and posts to the cloud.

{"wifi":-46,"serialno":"ecda3b1eaaaf","rco2":447,"pm01":3,"pm02":7,"pm10":8,"pm003Count":442,"atmp":25.87,"rhum":43,
 "pm02Compensated":6,"tvocIndex":100,"noxIndex":1,"boot":6,"channels":{"1":{"pm02":6},"2":{"pm02":8}}}

pm02 is PM2.5. What is missing, or -1, was not measured. Open Air has two channels of a PMS5003T, and what stands
outside of them is their mean. Older firmware writes tvoc_index and pm003_count; the cloud's answer is the same with
`timestamp`, and its corrected values end with _corrected. Corrections are Siaga's to make, so the raw values count,
unless `compensated`. Keys and units: docs/local-server.md of airgradienthq/arduino.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC
from typing import Any

import msgspec

from firmware_bridge.device_json import number, read
from firmware_bridge.family import Guide, MqttDialect, Option, check_channels, settle
from firmware_bridge.sample import Frame, Noise, Sample
from firmware_bridge.timestamps import READERS, or_noted
from i18n.message import LocalizedMessage
from wire import QUANTITIES
from wire.units import convert

FIELDS: tuple[tuple[str, str, tuple[str, ...], tuple[str, ...]], ...] = (
    # quantity, unit, keys of new and old firmware, keys of the corrected value
    ("pm1", "ug/m3", ("pm01",), ("pm01_corrected",)),
    ("pm2_5", "ug/m3", ("pm02",), ("pm02Compensated", "pm02_corrected")),
    ("pm10", "ug/m3", ("pm10",), ("pm10_corrected",)),
    ("particles_0_3", "{particle}/dL", ("pm003Count", "pm003_count"), ()),
    ("particles_0_5", "{particle}/dL", ("pm005Count", "pm005_count"), ()),
    ("particles_1", "{particle}/dL", ("pm01Count", "pm01_count"), ()),
    ("particles_2_5", "{particle}/dL", ("pm02Count", "pm02_count"), ()),
    ("particles_5", "{particle}/dL", ("pm50Count", "pm50_count"), ()),
    ("particles_10", "{particle}/dL", ("pm10Count", "pm10_count"), ()),
    ("co2", "[ppm]", ("rco2",), ("rco2_corrected",)),
    ("temperature", "Cel", ("atmp",), ("atmpCompensated", "atmp_corrected")),
    ("humidity", "%", ("rhum",), ("rhumCompensated", "rhum_corrected")),
    ("voc_index", "{index}", ("tvocIndex", "tvoc_index"), ()),
    ("nox_index", "{index}", ("noxIndex", "nox_index"), ()),
    ("no2", "[ppb]", ("no2",), ()),
    ("o3", "[ppb]", ("o3",), ()),
    ("signal", "dB{mW}", ("wifi",), ()),
)
_NOT_MEASURED, _LEAST = -1.0, -1_000.0
_MOST_MONITORS = 200
_OF_A_CHANNEL = ("pm", "particles", "temperature", "humidity")
"""What quantities of a channel begin with: those of its PMS5003T."""
_Bodies = list[list[dict[str, Any]]]
"""Groups of bodies; the first group with a value gives it, as the mean of its bodies."""
_SERIAL = re.compile(r"airgradient:([0-9A-Za-z]{4,32})|readings/([0-9A-Za-z]{4,32})$")

OPTIONS = (
    Option(
        "channel",
        str,
        LocalizedMessage("of a monitor with two channels take their average, or one of them"),
        default="average",
        choices=("average", "1", "2"),
    ),
    Option(
        "compensated",
        bool,
        LocalizedMessage("take the values that the monitor has corrected, where it has"),
        default=False,
    ),
    Option(
        "channels",
        dict,
        LocalizedMessage('the sensor of each monitor by its serial number: {{ "ecda3b1eaaaf" = "air-market" }}'),
        default={},
    ),
)


def build(
    values: Mapping[str, Any], *, serialno: str, channels: Mapping[str, Mapping[str, Any]] | None = None
) -> bytes:
    """The message of a monitor with `values` by key, and those of its two channels."""
    return msgspec.json.encode({"serialno": serialno, **values, **({"channels": channels} if channels else {})})


class AirGradientParser:
    """Reads the messages of monitors."""

    def __init__(self, options: Mapping[str, Any]) -> None:
        chosen = settle(OPTIONS, options)
        check_channels(chosen["channels"], str.isalnum, LocalizedMessage("write the serial number of a monitor"))
        self._channel: str = chosen["channel"]
        self._compensated: bool = chosen["compensated"]

    def parse(self, topic: str, payload: bytes) -> Frame | Noise:
        """Read a message: that of one monitor, or the cloud's list of several."""
        document = read(payload)
        if type(document) is Noise:
            return document
        monitors = [item for item in document if type(item) is dict] if type(document) is list else [document]
        if not all(type(monitor) is dict for monitor in monitors) or not monitors:
            return Noise(len(payload), "message is no JSON object")
        notes: list[str] = []
        samples = [sample for monitor in monitors[:_MOST_MONITORS] for sample in self._samples(topic, monitor, notes)]
        if not samples and not notes:
            notes.append("no value of an AirGradient monitor in this message")
        return Frame(tuple(samples), "; ".join(notes[:8]))

    def _samples(self, topic: str, monitor: dict[str, Any], notes: list[str]) -> Iterator[Sample]:
        channel = _serial(topic, monitor)
        time_ms = _time(monitor.get("timestamp"), notes)
        of_channels, of_all = self._bodies(monitor)
        if not of_channels:
            notes.append(f"channel {self._channel} is not in the message")
        for quantity, unit, keys, corrected in FIELDS:
            bodies = of_channels if quantity.startswith(_OF_A_CHANNEL) else of_all
            outcome = _first(bodies, (*corrected, *keys) if self._compensated else keys)
            if isinstance(outcome, float):
                outcome = convert(outcome, unit, QUANTITIES[quantity])
            if isinstance(outcome, str):
                notes.append(f"{quantity} {outcome}")
            elif outcome is not None:
                yield Sample(quantity, outcome, channel, time_ms)

    def _bodies(self, monitor: dict[str, Any]) -> tuple[_Bodies, _Bodies]:
        """Where the values of channels are looked for, and all others: outside of the channels, then their mean."""
        given = monitor.get("channels")
        channels = {name: body for name, body in given.items() if type(body) is dict} if type(given) is dict else {}
        if self._channel != "average":
            return [[channels[self._channel]]] if self._channel in channels else [], [[monitor]]
        return [[monitor], list(channels.values())], [[monitor], list(channels.values())]


def _first(bodies: _Bodies, keys: tuple[str, ...]) -> float | str | None:
    """The value under the first of the keys that is anywhere; what is wrong with it; None where it is nowhere."""
    wrong: str | None = None
    for key in keys:
        for group in bodies:
            outcomes = [_measured(body[key]) for body in group if key in body]
            values = [outcome for outcome in outcomes if isinstance(outcome, float)]
            if values:
                return values[0] if len(values) == 1 else round(sum(values) / len(values), 3)
            wrong = next((outcome for outcome in outcomes if isinstance(outcome, str)), wrong)
    return wrong


def _measured(given: Any) -> float | str:
    value = number(given)
    if isinstance(value, float) and (value == _NOT_MEASURED or value <= _LEAST):
        return f"is {value:g}: the monitor has not measured it"
    return value


def _serial(topic: str, monitor: dict[str, Any]) -> str:
    given = next((monitor[key] for key in ("serialno", "serialNumber", "locationId") if key in monitor), "")
    if type(given) in (str, int) and given:
        return str(given)[:64]
    found = _SERIAL.search(topic)
    return (found[1] or found[2]) if found else ""


def _time(given: Any, notes: list[str]) -> int | None:
    return None if given is None else or_noted(READERS["iso"](given, UTC), "timestamp", notes)


def _parser(options: Mapping[str, Any]) -> Callable[[str, bytes], Frame | Noise]:
    return AirGradientParser(options).parse


DIALECT = MqttDialect(
    name="airgradient",
    title=LocalizedMessage("AirGradient ONE and Open Air"),
    options=OPTIONS,
    parser=_parser,
    channels=True,
    guide=Guide(
        topic="airgradient/readings/+",
        wiring="AirGradient: mqttBrokerUrl in its /config; topic airgradient/readings/SERIAL",
        quirks="pm02 is PM2.5; -1 is not measured; raw values count, unless compensated; of two channels their mean",
        example='channels = { "ecda3b1eaaaf" = "air-market" }',
    ),
)
