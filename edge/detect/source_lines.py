"""The lines of edge.toml for what was found on a line.

[[sources]]
name = "sds011"
family = "sds011"
port = "/dev/serial/by-id/usb-1a86_USB_Serial-if00-port0"
sensor = "air-1"                       # the name that the city has for it
"""

import json
import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import msgspec

from edge.detect.found import DeviceFound
from edge.detect.text_guess import columns_in, newest_line
from firmware_bridge.catalog import SERIAL_FAMILIES
from firmware_bridge.family import settle

_CALLED = {
    "air": ("pm2_5", "pm10", "pm1", "pm100", "co2", "formaldehyde"),
    "level": ("water_level", "distance"),
    "rain": ("rainfall", "rain_rate"),
    "people": ("people_in", "people_out", "occupancy"),
    "weather": ("wind_speed", "wind_direction", "temperature", "humidity", "pressure"),
}  # fmt: skip
_BARE = re.compile(r"[A-Za-z0-9_-]+")


class ProposedSource(msgspec.Struct, frozen=True):
    """A source: the keys of its table, and comments that stand behind some of them. `hints` are lines of comment."""

    table: Mapping[str, Any]
    comments: Mapping[str, str] = {}
    hints: Sequence[str] = ()
    is_whole: bool = True
    """False: something in it must be said by a person first, so all of it is written as a comment."""

    def lines(self) -> str:
        """As TOML, ended by a line break."""
        keys = [
            _with_comment(f"{key} = {toml_value(value)}", self.comments.get(key)) for key, value in self.table.items()
        ]
        rows = ["[[sources]]", *keys, *(f"# {hint}" for hint in self.hints)]
        return "\n".join(rows if self.is_whole else [row if row.startswith("#") else f"# {row}" for row in rows]) + "\n"


def _with_comment(row: str, comment: str | None) -> str:
    return f"{row:<39}# {comment}" if comment else row


def toml_value(value: Any) -> str:
    """A text, number, truth, list or table as TOML has it, on one line."""
    if isinstance(value, Mapping):
        pairs = (
            f"{key if _BARE.fullmatch(key) else json.dumps(key)} = {toml_value(one)}" for key, one in value.items()
        )
        return "{ " + ", ".join(pairs) + " }" if value else "{ }"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(toml_value, value)) + "]"
    return f"'{value}'" if isinstance(value, str) and "\\" in value and "'" not in value else json.dumps(value)


def proposed(
    devices: Sequence[DeviceFound], port: str, taken: Collection[str], *, sensors: Mapping[str, str] | None = None
) -> ProposedSource:
    """The source of what is on one port; `sensors` are names by the channel, "" for a device without any."""
    device, names = devices[0], dict(sensors or {})
    used = {*taken, *names.values()}
    table: dict[str, Any] = {"name": free_name(device.family, taken), "family": device.family, "port": port}
    channels = _channels(devices)
    for channel in channels or [""]:
        if channel not in names:
            names[channel] = free_name(_kind(devices, channel), used, numbered=True)
            used.add(names[channel])
    if not channels:
        table["sensor"] = names[""]
    if device.baud is not None and device.baud != _usual_baud(device):
        table["baud"] = device.baud
    table |= _options(devices)
    if channels:
        table["channels"] = {channel: names[channel] for channel in channels}
    comments = {"sensor": "the name that the city has for it", "channels": "the name that the city has for each"}
    if device.labels:
        comments["model"] = "as the label says" + (f"; or {', '.join(device.alike[:5])}" if device.alike else "")
    return ProposedSource(table, comments, _hints(devices), is_whole=_is_whole(devices))


def of_text(
    heard: bytes, options: Mapping[str, Any] | None, port: str, baud: int | None, taken: Collection[str]
) -> ProposedSource:
    """The source of lines that no family writes; a beginning for a person where their names mean nothing."""
    table: dict[str, Any] = {
        "name": free_name("text", taken), "family": "generic", "port": port,
        "sensor": free_name("text", taken, numbered=True),
    }  # fmt: skip
    if baud is not None and baud != SERIAL_FAMILIES["generic"].baud:
        table["baud"] = baud
    if options is not None:
        return ProposedSource({**table, **options}, {"sensor": "the name that the city has for it"})
    line = newest_line(heard)
    shown = ", ".join(f"{at}: {column.strip()!r}" for at, column in enumerate(columns_in(line), start=1))
    hints = ("columns = { water_level = 1 }", f"say which column is which quantity: {shown}")
    return ProposedSource(table, {}, hints, is_whole=False)


def free_name(name: str, taken: Collection[str], *, numbered: bool = False) -> str:
    """A name that nobody has yet: `river`, then `river-2`; numbered ones begin with 1."""
    tried = [name] if not numbered else []
    return next(one for one in [*tried, *(f"{name}-{at}" for at in range(2 - numbered, 1_000))] if one not in taken)


def _kind(devices: Sequence[DeviceFound], channel: str) -> str:
    said = {
        sample.quantity for device in devices for sample in device.samples
        if channel in ("", sample.channel, str(device.options.get("address")))
    }  # fmt: skip
    known = said or set(SERIAL_FAMILIES[devices[0].family].quantities[:1])
    return next(
        (kind for kind, quantities in _CALLED.items() if known & set(quantities)), devices[0].family.replace("_", "-")
    )


def _usual_baud(device: DeviceFound) -> int:
    family = SERIAL_FAMILIES[device.family]
    return family.baud_with({**settle(family.options, device.options)})


def _channels(devices: Sequence[DeviceFound]) -> list[str]:
    if len(devices) > 1:
        return [str(device.options["address"]) for device in devices]
    return sorted({sample.channel for sample in devices[0].samples if sample.channel})


def _options(devices: Sequence[DeviceFound]) -> dict[str, Any]:
    if len(devices) > 1:
        return {"devices": {str(device.options["address"]): device.options.get("model", "?") for device in devices}}
    return dict(devices[0].options)


def _is_whole(devices: Sequence[DeviceFound]) -> bool:
    asked = [device for device in devices if device.family == "modbus"]
    return all("model" in device.options for device in asked)


def _hints(devices: Sequence[DeviceFound]) -> list[str]:
    hints: list[str] = []
    if any(sample.quantity == "distance" for device in devices for sample in device.samples):
        hints.append(
            "mounting_height_cm = 450            # cm from the sensor down to the gauge's zero: makes water_level"
        )
    if devices[0].family == "toa5":
        hints.append('zone = "+09:00"                     # of the logger\'s times; needed')
    if not _is_whole(devices):
        hints.append('model = "…"                         # or map = …, see docs/modbus.md')
    return hints
