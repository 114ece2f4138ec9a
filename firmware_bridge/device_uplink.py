"""What the dialects of LoRaWAN network servers share: an uplink becomes readings, whatever server it came through.

    DeviceUplink("24e124…", data=05 cc 0200 0100)  + decoder = "vs121"                  ─► people_in 2, people_out 1
    DeviceUplink(…, decoded={"temperature": 23.8})                                      ─► temperature 23.8 Cel
    DeviceUplink(…, decoded={"Level": "7.5 ft"})  + values = { water_level = "Level" }  ─► water_level 228.6 cm

A payload goes to the decoder that is configured, or that the server names (its device profile); only where there is
none, the server's own decoding is read. What a device counts in all (rain, people where counts = "total") is kept, of
each device, to tell what it added, over a restart of the gateway too; the first total of all adds nothing.
"""

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from firmware_bridge.distance import reading
from firmware_bridge.family import Option, check_channels, settle, table_among
from firmware_bridge.payloads import device_within, payload_decoder
from firmware_bridge.payloads.codec_document import fields_of
from firmware_bridge.payloads.field import Payload, PayloadField
from firmware_bridge.payloads.meanings import NO_READINGS, RANK, UNITS_OF_MAKER, Meaning, meaning_of, plain
from firmware_bridge.sample import Frame, Noise, Sample
from firmware_bridge.uplink_devices import UplinkDevices
from firmware_bridge.uplink_message import DeviceUplink
from firmware_bridge.uplink_options import OPTIONS, checked_units, device_chosen, named_fields
from firmware_bridge.uplink_totals import ADDED_UP, FieldValue
from i18n.message import LocalizedMessage
from wire.units import convert

_MOST_NOTES = 8
_EARLIEST_S = 946_684_800
"""A device's time before the year 2000 is that of a clock that was never set."""
_AHEAD_S, _BEHIND_S = 60, 86_400
"""How far the time of a device may be from that of the server, before its clock is a wrong one."""
_MOST_CELLS_V = 6


class UplinkReader:
    """Reads uplinks by the options of a source."""

    def __init__(self, options: Mapping[str, Any], own: tuple[Option, ...] = OPTIONS) -> None:
        chosen = settle(own, options)
        self._table = table_among(options)
        self._decoder = device_chosen(chosen["decoder"])
        self._values = named_fields(chosen["values"], self._table)
        self._units = checked_units(chosen["units"], self._table)
        self._counts_totals = chosen["counts"] == "total"
        self._height_cm = chosen["mounting_height_cm"]
        self._channels = check_channels(
            chosen["channels"], bool, LocalizedMessage("write a device's EUI or name, or a part such as line_1")
        )
        self.devices = UplinkDevices()

    def read(self, uplink: DeviceUplink, size: int) -> Frame | Noise:
        """The readings of an uplink; `size` is that of its message."""
        device = self.devices.of(uplink.device)
        if device.is_again(uplink):
            return Frame((), f"uplink {uplink.counter} of {uplink.device[:40]} came a second time")
        kind = self._decoder or next(filter(None, map(device_within, uplink.hints)), "")
        payload = _payload_of(uplink, kind)
        if payload.problem:
            return Noise(size, payload.problem)
        notes = [note for note in (uplink.note, payload.note) if note]
        values = self._meant(payload.fields, kind, notes)
        values = device.totals.replaced(values, payload.fields, notes, counts_people=self._counts_totals)
        samples, others = self._samples(uplink, [*values, *self._signal(uplink)], payload.fields, notes)
        kept = bool(payload.fields) and all(field.kept for field in payload.fields)
        if not values and not notes:
            notes.append("no field that is known here: name those that are meant in values")
        return Frame(samples, "; ".join(notes[:_MOST_NOTES]), others, kept)

    def _meant(self, fields: tuple[PayloadField, ...], kind: str, notes: list[str]) -> list[FieldValue]:
        maker = "lpp" if kind.endswith("lpp") else "milesight" if kind else ""
        values = []
        for field in fields:
            reason = NO_READINGS.get(plain(field.name))
            if reason and not self._values:
                notes.append(f"{field.name} {reason}")
            for meaning in self._meanings(field, maker):
                value = self._value(meaning, field, is_of_a_maker=bool(maker))
                if isinstance(value, str):
                    notes.append(f"{field.name} {value}")
                else:
                    values.append(FieldValue(meaning, field, value))
        return values

    def _meanings(self, field: PayloadField, maker: str) -> list[Meaning]:
        if self._values:
            known = meaning_of(field.name)
            total_bits = 0 if known is None else known.total_bits
            return [
                Meaning(quantity, field.unit or self._units.get(quantity) or self._table[quantity].unit, "", total_bits)
                for name, quantity in self._values
                if name == field.name
            ]
        meaning = meaning_of(field.name)
        if meaning is None:
            return []
        of_maker = UNITS_OF_MAKER.get(maker, {}).get(meaning.quantity, "")
        unit = field.unit or self._units.get(meaning.quantity) or meaning.unit or of_maker
        return [meaning._replace(unit=unit)]

    def _value(self, meaning: Meaning, field: PayloadField, *, is_of_a_maker: bool) -> float | str:
        """The value in the unit of its quantity, or why there is none."""
        if field.kept and (field.time_s or 0) < _EARLIEST_S:
            return "has no time: the device kept it while its clock was not set"
        if not meaning.unit:
            return "is in no unit that is known here: name it in units"
        if meaning.quantity == "battery" and not is_of_a_maker and field.value % 1 and field.value < _MOST_CELLS_V:
            return f"{field.value:g} may be volts as well as per cent: name it in values"
        return convert(field.value, meaning.unit, self._table[meaning.quantity])

    def _signal(self, uplink: DeviceUplink) -> list[FieldValue]:
        return [FieldValue(Meaning(field.name, ""), field, field.value) for field in uplink.signal]

    def _samples(
        self, uplink: DeviceUplink, values: list[FieldValue], fields: tuple[PayloadField, ...], notes: list[str]
    ) -> tuple[tuple[Sample, ...], tuple[Sample, ...]]:
        if not self._channels:
            values = _lines_added_up(values, notes)
        is_tilted = any(field.name == "tilt" and field.value == 1 for field in fields)
        if is_tilted:
            notes.append("sensor is tilted: its distance is none to the surface")
        samples: list[Sample] = []
        others: list[Sample] = []
        several = {} if self._channels else _chosen(values)
        left_out: dict[str, None] = {}
        for value in values:
            sample = self._sample(uplink, value)
            chosen, own = several.get(_key(value), ""), _own(value)
            if chosen:
                sample = msgspec.structs.replace(sample, own_id=own[:64])
            if chosen and chosen != own:
                left_out[value.field.name] = None
            among = others if chosen and chosen != own else samples
            among.append(sample)
            if sample.quantity == "distance" and self._height_cm is not None and not is_tilted:
                level = reading(sample.value, self._height_cm).samples[-1].value
                among.append(msgspec.structs.replace(sample, quantity="water_level", value=level))
        if left_out:
            notes.append(f"{', '.join(left_out)[:120]} left out: channels or values choose among several")
        return tuple(samples), tuple(others)

    def _sample(self, uplink: DeviceUplink, value: FieldValue) -> Sample:
        return Sample(
            value.meaning.quantity,
            value.value,
            self._channel(uplink, value.meaning.part),
            _time_of(value.field, uplink.time_ms),
        )

    def _channel(self, uplink: DeviceUplink, part: str) -> str:
        """The channel that the settings name: of the part of this device, of the part, or of the device."""
        if not self._channels:
            return ""
        devices = [name for name in (uplink.device, uplink.device.upper(), uplink.name) if name]
        ways = [f"{device}/{part}" for device in devices if part] + ([part] if part else devices)
        return next((way for way in ways if way in self._channels), part or uplink.device)


class UplinkParser:
    """A parser of messages that tell of one uplink each, which `parse` finds in them; it is `Remembering`."""

    def __init__(self, parse: Callable[[str, bytes, UplinkReader], Frame | Noise], reader: UplinkReader) -> None:
        self._parse = parse
        self._reader = reader
        self.news, self.recall = reader.devices.news, reader.devices.recall

    def __call__(self, topic: str, payload: bytes) -> Frame | Noise:
        """What a message means."""
        return self._parse(topic, payload, self._reader)


def _key(value: FieldValue) -> tuple[str, int | None]:
    return value.meaning.quantity, value.field.time_s


def _own(value: FieldValue) -> str:
    """What tells a value from others of its quantity: the part of the device, or the field."""
    return value.meaning.part or value.field.name


def _chosen(values: list[FieldValue]) -> dict[tuple[str, int | None], str]:
    """Of each quantity that several fields have at one time, the one that counts: the best known name, or the first."""
    best: dict[tuple[str, int | None], tuple[int, str]] = {}
    found: dict[tuple[str, int | None], set[str]] = {}
    for value in values:
        key, rank = _key(value), RANK.get(plain(value.field.name), len(RANK))
        found.setdefault(key, set()).add(_own(value))
        if key not in best or rank < best[key][0]:
            best[key] = rank, _own(value)
    return {key: best[key][1] for key, names in found.items() if len(names) > 1}


def _time_of(field: PayloadField, received_ms: int | None) -> int | None:
    """When a value was measured: what the device had not kept it sent at once, whatever its clock says."""
    if field.time_s is None:
        return received_ms
    if field.kept or received_ms is None:
        return field.time_s * 1_000 if field.kept or field.time_s >= _EARLIEST_S else None
    late_s = received_ms / 1_000 - field.time_s
    return field.time_s * 1_000 if -_AHEAD_S <= late_s <= _BEHIND_S else received_ms


def _payload_of(uplink: DeviceUplink, kind: str) -> Payload:
    if kind and uplink.data:
        return payload_decoder(kind)(uplink.data)
    fixed, decoded = fields_of(uplink.fixed), fields_of(uplink.decoded)
    if fixed or decoded:
        known = {meaning.quantity for field in fixed if (meaning := meaning_of(field.name)) is not None}
        more = [f for f in decoded if (meaning := meaning_of(f.name)) is None or meaning.quantity not in known]
        return Payload((*fixed, *more))
    if uplink.data:
        return Payload((), f"{len(uplink.data)} bytes that nothing decodes: set decoder, or a codec in the server")
    return Payload((), "uplink without data")


def _lines_added_up(values: list[FieldValue], notes: list[str]) -> list[FieldValue]:
    """Lines count at one device: where nobody tells them apart, what went over any of them is one count."""
    sums: dict[tuple[str, int | None], FieldValue] = {}
    parts: dict[str, None] = {}
    for value in values:
        if value.meaning.quantity in ADDED_UP:
            key = (value.meaning.quantity, value.field.time_s)
            before = sums.get(key)
            sums[key] = value if before is None else before._replace(value=before.value + value.value)
            if value.value and value.meaning.part:
                parts[value.meaning.part] = None
    if len(parts) > 1:
        notes.append(f"{', '.join(parts)} added up: channels tells them apart")
    rest = [value for value in values if value.meaning.quantity not in ADDED_UP]
    return [*sums.values(), *rest]
