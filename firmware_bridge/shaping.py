"""What a value goes through whose place a configuration names: is it a reading, in which unit, and can it be?

    "-999" ─no_reading─► none      "4,52" ─number─► 4.52 ─scale, offset─► 452 ─units─► 45.2 ─bounds─► a reading

    no_reading = { any = "-999", water_level = 9999 }     the sensor's ways to say that it has none
    scale = { water_level = -1 }    offset = { water_level = 450 }        a distance becomes a level: 450 - distance
    units = { temperature = "°F" }                        the unit that scale and offset lead to; left out: ours
    bounds = { water_level = [0, 600] }                   in the unit of the quantity; beyond them is no reading

A key is a quantity, or a field of it (temperature__inside, which goes before temperature).
"""

from collections.abc import Collection, Mapping
from math import isfinite
from typing import Any

import msgspec

from firmware_bridge.device_json import number
from firmware_bridge.family import Option, OptionError, check_quantity, nearest
from firmware_bridge.unit_option import check_unit
from i18n.message import LocalizedMessage
from wire import Quantity, QuantityTable
from wire.units import AS_IT_IS, Conversion

UNITS = Option(
    "units",
    dict,
    LocalizedMessage('the unit of each value that is not in that of its quantity: {{ temperature = "°F" }}'),
    default={},
)
SHAPING = (
    UNITS,
    Option("scale", dict, LocalizedMessage("what a value is multiplied by: {{ water_level = 0.1 }}"), default={}),
    Option("offset", dict, LocalizedMessage("what is added to it then: {{ water_level = 450 }}"), default={}),
    Option(
        "no_reading",
        dict,
        LocalizedMessage('values that say there is none: {{ any = "ERR", water_level = [-999, 9999] }}'),
        default={},
    ),
    Option(
        "bounds",
        dict,
        LocalizedMessage("lowest and highest value, in the unit of the quantity: {{ water_level = [0, 600] }}"),
        default={},
    ),
)
CHANNELS = Option(
    "channels",
    dict,
    LocalizedMessage('the sensor of each channel: {{ "inside" = "air-1" }}; others are left out'),
    default={},
)
ANY = "any"
_MOST_SENTINELS = 50


class Shape(msgspec.Struct, frozen=True):
    """How the value of one field becomes a reading of `quantity`, on `channel`."""

    quantity: str
    channel: str = ""
    scale: float = 1.0
    offset: float = 0.0
    convert: Conversion = AS_IT_IS
    texts: frozenset[str] = frozenset()
    numbers: frozenset[float] = frozenset()
    bounds: tuple[float, float] | None = None

    def read(self, written: Any, *, decimal: str = ".") -> float | str:
        """The reading that `written` stands for, or what is wrong with it, as the end of a sentence."""
        if type(written) is str:
            written = written.strip(" \t\r\n")
            if written.casefold() in self.texts:
                return "has no reading"
            if decimal == ",":
                written = "?" if "." in written else written.replace(",", ".")
        value = number(written)
        if isinstance(value, str):
            return value
        if value in self.numbers:
            return "has no reading"
        if self.scale != 1.0 or self.offset:
            value = float(f"{value * self.scale + self.offset:.10g}")
        value = self.convert(value)
        if not isfinite(value):
            return "is not finite"
        if self.bounds is not None and not self.bounds[0] <= value <= self.bounds[1]:
            return f"is {value:g}, beyond its bounds"
        return value


def field_of(key: str) -> tuple[str, str]:
    """The quantity and the channel that a key names: temperature__inside, temperature."""
    quantity, _, channel = key.partition("__")
    return quantity, channel_of(channel)


def channel_of(text: str) -> str:
    """A channel as the settings have it: a number without zeros before it."""
    text = text.strip()[:40]
    return str(int(text)) if text.isascii() and text.isdecimal() else text


def shapes_of(option: str, keys: Collection[str], chosen: Mapping[str, Any], table: QuantityTable) -> dict[str, Shape]:
    """The shape of each field of `option`, from the options of SHAPING; OptionError where one cannot be used."""
    for setting in SHAPING:
        for key in chosen.get(setting.name) or {}:
            if key not in keys and key not in {field_of(name)[0] for name in keys} and key != ANY:
                raise OptionError(
                    LocalizedMessage(
                        "{option}: is not among {fields}; {advice}",
                        option=f"{setting.name}.{str(key)[:80]}", fields=option, advice=nearest(key, keys),
                    )
                )  # fmt: skip
    return {key: _shape(option, key, chosen, table) for key in keys}


def _shape(option: str, key: str, chosen: Mapping[str, Any], table: QuantityTable) -> Shape:
    name, channel = field_of(key)
    quantity = table[check_quantity(option, name, table)]
    sentinels = [*_items(_of(chosen, "no_reading", ANY)), *_items(_of(chosen, "no_reading", key))]
    return Shape(
        name,
        channel,
        _number(chosen, "scale", key, 1.0),
        _number(chosen, "offset", key, 0.0),
        _unit(chosen, key, quantity),
        frozenset(str(item).strip().casefold() for item in sentinels),
        frozenset(value for item in sentinels if isinstance(value := number(item), float)),
        _bounds(chosen, key),
    )


def _of(chosen: Mapping[str, Any], setting: str, key: str) -> Any:
    """What a setting says of a field, or of its quantity, or of any."""
    given = chosen.get(setting) or {}
    return given.get(key, given.get(field_of(key)[0]))


def _items(given: Any) -> list[Any]:
    return [] if given is None else given[:_MOST_SENTINELS] if isinstance(given, list) else [given]


def _number(chosen: Mapping[str, Any], setting: str, key: str, default: float) -> float:
    given = _of(chosen, setting, key)
    if given is None:
        return default
    if isinstance(given, bool) or not isinstance(given, int | float) or not isfinite(given) or given == 0 != default:
        told = {"option": f"{setting}.{key}", "value": repr(given)[:40]}
        if default:
            raise OptionError(LocalizedMessage("{option}: {value}: write a number other than 0", **told))
        raise OptionError(LocalizedMessage("{option}: {value}: write a number", **told))
    return float(given)


def _unit(chosen: Mapping[str, Any], key: str, quantity: Quantity) -> Conversion:
    given = _of(chosen, "units", key)
    return AS_IT_IS if given is None else check_unit(f"units.{key}", given, quantity)


def _bounds(chosen: Mapping[str, Any], key: str) -> tuple[float, float] | None:
    given = _of(chosen, "bounds", key)
    if given is None:
        return None
    ends = [number(end) for end in given] if isinstance(given, list) else []
    if len(ends) == 2 and isinstance(ends[0], float) and isinstance(ends[1], float) and ends[0] <= ends[1]:
        return ends[0], ends[1]
    raise OptionError(
        LocalizedMessage(
            "{option}: {value}: write the lowest and the highest value: [0, 600]",
            option=f"bounds.{key}", value=repr(given)[:60],
        )
    )  # fmt: skip
