"""What the fields of a line of text, or of a row, mean.

{"time": "1764392400", "channel": "7", "temperature": "23,4"} ─► Frame((Sample("temperature", 23.4, "7", …),))

time, date      the device's own time: of both, with a blank between
channel         the sensor behind the line; a field may name its own: temperature__inside
"""

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from firmware_bridge.device_time import ReadTime, time_reader
from firmware_bridge.family import QUANTITIES_KNOWN, Option, OptionError, check_channels, table_among
from firmware_bridge.sample import Frame, Sample
from firmware_bridge.shaping import Shape, channel_of, shapes_of
from firmware_bridge.timestamps import or_noted
from i18n.message import LocalizedMessage

SEPARATOR = Option(
    "separator",
    str,
    LocalizedMessage('what stands between columns: a character, "tab", or "blanks" for any number of them'),
    default=",",
)
DECIMAL = Option("decimal", str, LocalizedMessage("the decimal sign"), default=".", choices=(".", ","))
NO_QUANTITY = ("time", "date", "channel")
Fields = Mapping[str, str | None]


class FieldsPlan(msgspec.Struct, frozen=True):
    """The options that say what fields mean, ready for use."""

    shapes: Mapping[str, Shape]
    read_time: ReadTime
    decimal: str
    channels: frozenset[str]

    def read(self, fields: Fields) -> Frame:
        """The readings of one line; what is none is noted."""
        notes: list[str] = []
        time_ms = self._time(fields, notes)
        named = channel_of(fields.get("channel") or "")
        samples = tuple(self._samples(fields, named, time_ms, notes))
        return Frame(samples, "; ".join(notes)[:300] or ("" if samples else "none of the fields is there"))

    def _time(self, fields: Fields, notes: list[str]) -> int | None:
        written = [fields[key] for key in ("date", "time") if key in fields]
        if not written:
            return None
        return or_noted(self.read_time(" ".join(text.strip() for text in written if text) or None), "time", notes)

    def _samples(self, fields: Fields, named: str, time_ms: int | None, notes: list[str]) -> Iterator[Sample]:
        for key, shape in self.shapes.items():
            written = fields.get(key)
            if written is None:
                continue  # an optional group
            channel = shape.channel or named
            value = shape.read(written, decimal=self.decimal)
            if self.channels and channel not in self.channels:
                notes.append(f"channel {channel!r} has no sensor: name it in channels")
            elif isinstance(value, str):
                notes.append(f"{key} {value}")
            else:
                yield Sample(shape.quantity, value, channel, time_ms)


def channels_of(named: Mapping[Any, Any]) -> frozenset[str]:
    """The channels that have a sensor; none where all may have one."""
    known = check_channels(named, lambda channel: 0 < len(channel) <= 40, LocalizedMessage("write 1 to 40 characters"))
    return frozenset(map(channel_of, known))


def check_told_apart(channels: frozenset[str], options: Mapping[str, Any], *, by_fields: bool) -> None:
    """OptionError where a gateway would take several sensors for one; `siaga-edge decode` shows them all."""
    if by_fields and not channels and QUANTITIES_KNOWN in options:
        raise OptionError(
            LocalizedMessage('channels: is missing; name the sensor of each channel: {{ "inside" = "air-1" }}')
        )


def fields_plan(option: str, keys: list[str], chosen: Mapping[str, Any], options: Mapping[str, Any]) -> FieldsPlan:
    """What the fields `keys` of `option` mean; OptionError where one is no quantity, or a setting cannot be used."""
    shapes = shapes_of(option, [key for key in keys if key not in NO_QUANTITY], chosen, table_among(options))
    if not shapes:
        raise OptionError(LocalizedMessage("{option}: names no quantity; name one, such as water_level", option=option))
    channels = channels_of(chosen["channels"])
    has_channels = "channel" in keys or any(shape.channel for shape in shapes.values())
    check_told_apart(channels, options, by_fields=has_channels)
    return FieldsPlan(shapes, time_reader(chosen), chosen["decimal"], channels)
