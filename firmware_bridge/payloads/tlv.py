"""Milesight's payloads: a channel, a type and little-endian data, again and again, without a length.

    01 75 64 | 03 82 1e 00 | 20 ce 7b3af164 1e00         {"0175": "battery:B", "0382": "distance:H!"}
    battery    distance      history: its time, and what it was then

The data of each channel and type is written as the fields that Milesight's own codec makes of it: a name, a character
of Python's `struct`, and a divisor ("temperature:h/10"). "!" after a character marks measurements of which the
highest three values say that there is none, "-" data that is no reading. Since nothing says how long unknown data is,
a payload is read up to the first channel that a device has not.

Source: the tables of telemetry in the READMEs of github.com/Milesight-IoT/SensorDecoders (e79c9d8b).
"""

import re
import struct
from collections.abc import Mapping
from typing import NamedTuple

from firmware_bridge.payloads.field import Payload, PayloadField

HISTORY = "timestamp:I "
"""How a record of the past begins."""
ATTRIBUTES = {
    # what a device says of itself, after it has joined
    "ff01": "-:B", "ff08": "-:6s", "ff09": "-:H", "ff0a": "-:H", "ff0b": "-:B", "ff0f": "-:B", "ff16": "-:8s",
    "ff1f": "-:I", "fffe": "-:B", "ffff": "-:H",
}  # fmt: skip
BATTERY = {"0175": "battery:B"}
_ANSWERS = (0xF8, 0xF9, 0xFE, 0xFF)
_MOST_FIELDS = 500
_ITEM = re.compile(r"(?P<name>[a-z0-9_-]+):(?P<character>[0-9]*[a-zA-Z])(?P<may_fail>!?)(?:/(?P<divisor>[0-9]+))?")
_NOTHING_MEASURED = {"H": 0xFFFD, "I": 0xFFFFFFFD, "B": 0xFD, "h": 0x7FFD}
"""From here up an integer says that nothing was measured: disabled, no target, sensor failed."""


class _Item(NamedTuple):
    name: str
    divisor: int
    fails_from: int | None


class TlvRecord(NamedTuple):
    """How the data of a channel is packed; `kinds`: by a byte at its end, what follows is packed otherwise."""

    packed: struct.Struct
    items: tuple[_Item, ...]
    kinds: Mapping[int, "TlvRecord"] = {}
    is_kept: bool = False


class TlvDevice:
    """Reads the payloads of one kind of device by its table."""

    def __init__(
        self, title: str, channels: Mapping[str, str], histories: Mapping[str, str | Mapping[int, str]] | None = None
    ) -> None:
        """`histories`: records of the past, their fields, or those of each kind that the byte behind the time tells."""
        self._title = title
        self._records = {
            **{bytes.fromhex(key): _record(fields) for key, fields in (ATTRIBUTES | dict(channels)).items()},
            **{bytes.fromhex(key): _history(fields) for key, fields in (histories or {}).items()},
        }

    def __call__(self, payload: bytes) -> Payload:
        """Read a payload."""
        data = _without_cellular_header(payload)
        fields: list[PayloadField] = []
        notes: list[str] = []
        at = 0
        while at < len(data) and len(fields) < _MOST_FIELDS:
            key = data[at : at + 2]
            record = self._records.get(key)
            if record is None:
                if at == 0 and key[0] not in _ANSWERS:
                    return Payload((), "", f"payload begins with {key.hex()}, which no {self._title} sends: is it one?")
                what = "the answer to a command" if key[0] in _ANSWERS else f"data that no {self._title} sends"
                notes.append(f"{key.hex()} at byte {at} is {what}: not read from there on")
                break
            end = _add_record(record, data, at + 2, fields, notes)
            if end < 0:
                notes.append(f"payload ends within the data of {key.hex()}")
                break
            at = end
        return Payload(_with_its_time(fields), "; ".join(notes)) if data else Payload((), "", "payload is empty")


def _record(fields: str, *, is_kept: bool = False) -> TlvRecord:
    items, characters = [], "<"
    for text in fields.split():
        found = _ITEM.fullmatch(text)
        if found is None:
            raise ValueError(f"{text!r} is no field: write name:character")
        characters += found["character"]
        fails_from = _NOTHING_MEASURED[found["character"]] if found["may_fail"] else None
        items.append(_Item(found["name"], int(found["divisor"] or 1), fails_from))
    return TlvRecord(struct.Struct(characters), tuple(items), {}, is_kept)


def _history(fields: str | Mapping[int, str]) -> TlvRecord:
    if isinstance(fields, str):
        return _record(HISTORY + fields, is_kept=True)
    kinds = {kind: _record(text, is_kept=True) for kind, text in fields.items()}
    return _record(HISTORY + "kind:B", is_kept=True)._replace(kinds=kinds)


def _add_record(record: TlvRecord, data: bytes, at: int, fields: list[PayloadField], notes: list[str]) -> int:
    """Add the fields of the record at `at`; where it ends, or -1 where the data ends within it."""
    end = at + record.packed.size
    if end > len(data):
        return -1
    values = dict(zip(record.items, record.packed.unpack_from(data, at), strict=True))
    time_s = next((value for item, value in values.items() if record.is_kept and item.name == "timestamp"), None)
    if record.kinds:
        [kind] = [value for item, value in values.items() if item.name == "kind"]
        inner = record.kinds.get(kind)
        if inner is None:
            notes.append(f"history of the unknown kind {kind}: not read from there on")
            return len(data)
        found: list[PayloadField] = []
        end = _add_record(inner._replace(is_kept=False), data, end, found, notes)
        fields += [PayloadField(field.name, field.value, time_s, kept=True) for field in found]
        return end
    region = next((value for item, value in values.items() if item.name == "region"), 0)
    for item, value in values.items():
        if item.name in ("-", "region", "kind") or (time_s is not None and item.name == "timestamp"):
            continue
        name = f"region_{region}_{item.name}" if region else item.name
        if item.fails_from is not None and value >= item.fails_from:
            notes.append(f"{name} was not measured")
        else:
            fields.append(PayloadField(name, value / item.divisor, time_s, kept=time_s is not None))
    return end


def _with_its_time(fields: list[PayloadField]) -> tuple[PayloadField, ...]:
    """A time beside what is measured is that of all of it."""
    time_s = next((int(field.value) for field in fields if field.name == "timestamp"), None)
    if time_s is None:
        return tuple(fields)
    return tuple(
        field if field.kept else PayloadField(field.name, field.value, time_s)
        for field in fields if field.name != "timestamp"
    )  # fmt: skip


_HEADER = struct.Struct(">BHHBHB4s4s16s15s15s20sBH")


def _without_cellular_header(payload: bytes) -> bytes:
    """What a device with a SIM card puts before the same data: its length, versions, serial number, IMEI and so on."""
    if len(payload) >= _HEADER.size and payload[0] == 2:
        _, _, length, *_, data_length = _HEADER.unpack_from(payload)
        if length + 5 == len(payload) and _HEADER.size + data_length == len(payload):
            return payload[_HEADER.size :]
    return payload
