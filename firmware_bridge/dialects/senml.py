"""SenML, measurements as a list of records (RFC 8428), in JSON or CBOR; the first byte tells which.

[{"bn":"urn:dev:ow:10e2073a01080063:","bt":1320067464,"bu":"Cel","n":"temp","v":23.5},
 {"n":"hum","u":"%RH","t":60,"v":71}]
 ──► Sample("temperature", 23.5, "urn:dev:ow:10e2073a01080063", 1320067464000), Sample("humidity", 71.0, …)

CBOR has whole numbers in place of the labels: bver -1, bn -2, bt -3, bu -4, bv -5, bs -6, n 0, u 1, v 2, vs 3, vb 4,
s 5, t 6, ut 7, vd 8.

A base field holds from its record on. Name = bn + n, time = bt + t, value = bv + v, unit = u or bu. A time below 2^28
seconds counts from now, and without one it is now. Texts, truth, data and sums are no readings. The end of the name
says the quantity ("temp", "hum"), or `values` does; what stands before it is the device, the channel.
Units are those of the registry of SenML with the secondary ones of RFC 8798 (ug/m3, hPa, mm/h, ppm); others stay out.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import msgspec

from firmware_bridge import cbor, device_json
from firmware_bridge.dialects.senml_records import LABELS, Record, resolved, wrong_version
from firmware_bridge.family import (
    Guide,
    MqttDialect,
    Option,
    OptionError,
    check_channels,
    check_quantity,
    settle,
    table_among,
)
from firmware_bridge.quantity_names import quantity_of
from firmware_bridge.sample import Frame, Noise, Sample
from i18n.message import LocalizedMessage
from wire import Quantity, QuantityTable
from wire.units import convert

RELATIVE_BELOW_S = 2**28
AHEAD_S = 60.0
"""A relative time may lie so far ahead; what is further is foretold and not measured."""
MOST_NOTES = 5
_SERIAL = re.compile("(?=.*[0-9])[0-9a-fA-F-]{6,}")
"""The last part of a device's own name: a MAC or 1-wire address, a UUID."""
_UNITS = {
    # the registry's name of a unit, and its code here; the others are written alike
    "%RH": "%RH", "%EL": "%", "EL": "1", "/": "1", "/100": "%", "/1000": "[ppth]", "ppm": "[ppm]", "ppb": "[ppb]",
    "l": "L", "l/s": "L/s", "Bspl": "B[SPL]", "dBm": "dB{mW}", "dBW": "dB{W}", "NTU": "{NTU}", "VA": "V.A",
    "VAs": "V.A.s", "Ah": "A.h", "Wh": "W.h", "kWh": "kW.h", "kVAh": "kV.A.h", "B": "By", "KiB": "KiBy", "GB": "GBy",
}  # fmt: skip
_COUNTS = frozenset({"count", "beats"})

OPTIONS = (
    Option(
        "values",
        dict,
        LocalizedMessage(
            'the name of each quantity\'s records, or its end: {{ water_level = "level" }}; without it names such as '
            "temp and hum are understood"
        ),
        default={},
    ),
    Option(
        "units",
        dict,
        LocalizedMessage('the SenML unit of records that name none: {{ temperature = "Cel" }}'),
        default={},
    ),
    Option(
        "channels",
        dict,
        LocalizedMessage('the sensor of each device: {{ "urn:dev:ow:10e2073a01080063" = "air-market" }}'),
        default={},
    ),
)


class Plan(msgspec.Struct, frozen=True):
    """The options, ready for use on each message."""

    values: Mapping[str, str]
    units: Mapping[str, str]
    has_channels: bool
    table: QuantityTable


def build(records: Iterable[Mapping[str, Any]], *, as_cbor: bool = False) -> bytes:
    """The pack of `records` by label."""
    if not as_cbor:
        return msgspec.json.encode(list(records))
    import cbor2

    number_of = {label: key for key, label in LABELS.items()}
    return cbor2.dumps([{number_of.get(label, label): value for label, value in one.items()} for one in records])


def parse(payload: bytes, plan: Plan) -> Frame | Noise:
    """Read a pack."""
    first = payload.lstrip()[:1]
    is_json = not first or first in (b"[", b"{", b"\xef", b"\xff", b"\xfe")
    document = device_json.read(payload) if is_json else cbor.read(payload)
    if type(document) is Noise:
        return document
    if type(document) is not list or not all(type(item) is dict for item in document):
        return Noise(len(payload), "message is no SenML: a pack is a list of records")
    records = [{LABELS.get(key, key): value for key, value in item.items()} for item in document]
    version = next((found for found in map(wrong_version, records) if found), "")
    return Noise(len(payload), f"bver {version}") if version else _frame(records, plan)


def _frame(records: list[dict[str, Any]], plan: Plan) -> Frame:
    samples: list[Sample] = []
    notes: list[str] = []
    for record in resolved(records):
        found = record if isinstance(record, str) else _sample(record, plan)
        if isinstance(found, str):
            notes.append(found)
        else:
            samples.append(found)
    said = "; ".join(dict.fromkeys(notes[:MOST_NOTES]))
    if len(notes) > MOST_NOTES:
        said = f"{said}; and {len(notes) - MOST_NOTES} more"
    if not samples and not notes:
        said = "no record with a value"
    if plan.has_channels:
        return Frame(tuple(samples), said)
    return _of_one_device(samples, said)


def _of_one_device(samples: list[Sample], said: str) -> Frame:
    """Where one sensor is meant: of several devices with the same quantity the first counts."""
    device_of: dict[str, str] = {}
    for sample in samples:
        device_of.setdefault(sample.quantity, sample.channel)
    if all(device_of[sample.quantity] == sample.channel for sample in samples):
        return Frame(tuple(samples), said)
    named = [msgspec.structs.replace(sample, own_id=sample.channel) for sample in samples]
    mine = tuple(sample for sample in named if device_of[sample.quantity] == sample.channel)
    others = tuple(sample for sample in named if device_of[sample.quantity] != sample.channel)
    advice = f"{others[0].channel[:60]} left out: name the sensor of each device in channels"
    return Frame(mine, f"{said}; {advice}" if said else advice, others)


def _sample(record: Record, plan: Plan) -> Sample | str:
    device, last = _parts(record)
    quantity = _quantity(record, last, plan)
    if isinstance(quantity, str):
        return quantity
    value = _converted(record.value, record.unit or plan.units.get(quantity.name, ""), quantity)
    if isinstance(value, str):
        return f"{record.name[-60:]} {value}"
    if record.time_s >= RELATIVE_BELOW_S:
        return Sample(quantity.name, value, device, round(record.time_s * 1_000))
    if not -RELATIVE_BELOW_S < record.time_s <= AHEAD_S:
        return f"{record.name[-60:]} is of {record.time_s:g} s from now, which is no time of a measurement"
    return Sample(quantity.name, value, device, age_ms=round(-record.time_s * 1_000))


def _parts(record: Record) -> tuple[str, str]:
    """The device, and what it calls the value."""
    base = record.name[: len(record.name) - len(record.own)]
    if record.own and base and not re.search("[:/]", record.own):
        return base.rstrip(":/._-"), record.own
    cut = max(record.name.rfind(":"), record.name.rfind("/"))
    if cut + 1 == len(record.name) or _SERIAL.fullmatch(record.name, cut + 1):
        return record.name.rstrip(":/._-"), ""
    return (record.name[:cut], record.name[cut + 1 :]) if cut > 0 else ("", record.name)


def _quantity(record: Record, last: str, plan: Plan) -> Quantity | str:
    for quantity, name in plan.values.items():
        if name in (record.name, record.own, last) or (
            record.name.endswith(name) and record.name[-len(name) - 1] in ":/._-"
        ):
            return plan.table[quantity]
    if plan.values:
        return f"{record.name[-60:]} is not among values"
    found = quantity_of([last], record.unit)
    if found is None or found not in plan.table.measured:
        return f"{record.name[-60:]} ({record.unit[:20] or 'no unit'}) is no quantity that is known here: see values"
    return plan.table[found]


def _converted(value: float, unit: str, quantity: Quantity) -> float | str:
    if quantity.unit.startswith("{") and (unit in _COUNTS or not unit):
        return value
    return convert(value, _UNITS.get(unit, unit), quantity) if unit else "has no unit: give it in units"


def _parser(options: Mapping[str, Any]) -> Callable[[str, bytes], Frame | Noise]:
    chosen = settle(OPTIONS, options)
    table = table_among(options)
    for option in ("values", "units"):
        for quantity, text in chosen[option].items():
            check_quantity(option, quantity, table)
            if not isinstance(text, str) or not text:
                raise OptionError(
                    LocalizedMessage(
                        "{option}.{name}: {text} is no text; write it in quotes",
                        option=option, name=quantity, text=repr(text)[:80],
                    )
                )  # fmt: skip
    named = check_channels(
        chosen["channels"],
        lambda channel: bool(channel),
        LocalizedMessage("write the device's name, all of the record's name that stands before its last part"),
    )
    plan = Plan(chosen["values"], chosen["units"], bool(named), table)
    return lambda _topic, payload: parse(payload, plan)


DIALECT = MqttDialect(
    name="senml",
    title=LocalizedMessage("SenML in JSON and CBOR (RFC 8428)"),
    options=OPTIONS,
    parser=_parser,
    channels=True,
    models={"senml_cbor": {}, "senml_json": {}},
    guide=Guide(
        wiring="any device that publishes application/senml+json or senml+cbor; the first byte tells which",
        quirks="relative times count back from arrival; a value without a unit is left out unless `units` says it, and "
        "one in a unit of another kind always; several devices in one pack are told apart by `channels`",
        topic="sensors/air-1/senml",
    ),
)
