"""The options that the dialects of LoRaWAN network servers share, and their checks.

decoder = "em310-udl"   mounting_height_cm = 450   values = { water_level = "Level" }   units = { water_level = "ft" }
"""

from collections.abc import Mapping
from typing import Any

from firmware_bridge.distance import MOUNTING_HEIGHT
from firmware_bridge.family import Option, OptionError, check_quantity, nearest
from firmware_bridge.payloads import DEVICES, device_named
from firmware_bridge.unit_option import check_unit
from i18n.message import LocalizedMessage
from wire import QuantityTable

DECODER = Option(
    "decoder",
    str,
    LocalizedMessage(
        "the device whose payload is decoded here, such as vs121, em310-udl or lpp; without it, the one that the "
        "server names, else what the server has decoded"
    ),
    default="",
)
_VALUES = Option(
    "values",
    dict,
    LocalizedMessage('fields to read in place of those known by name: {{ water_level = "Level" }}'),
    default={},
)
_UNITS = Option(
    "units",
    dict,
    LocalizedMessage('the unit of each quantity that comes in another than its own: {{ distance = "mm" }}'),
    default={},
)
_COUNTS = Option(
    "counts",
    str,
    LocalizedMessage("of counters of people: those since the report before, or the growth of their totals"),
    default="period",
    choices=("period", "total"),
)
_CHANNELS = Option(
    "channels",
    dict,
    LocalizedMessage(
        'the sensor of each device, by its EUI or name, or of each part of one: {{ line_1 = "gate-1" }}; without it, '
        "lines are added up and the first region counts"
    ),
    default={},
)
OPTIONS = (DECODER, _VALUES, _UNITS, _COUNTS, MOUNTING_HEIGHT, _CHANNELS)


def device_chosen(written: str) -> str:
    """The device that `decoder` names, "" where it is left out."""
    device = device_named(written)
    if written and not device:
        raise OptionError(
            LocalizedMessage(
                "decoder: {name} is no device that can be decoded here; {advice}",
                name=repr(written[:60]), advice=nearest(written.casefold(), DEVICES),
            )
        )  # fmt: skip
    return device


def named_fields(given: Mapping[str, Any], table: QuantityTable) -> tuple[tuple[str, str], ...]:
    """Each field that is named, and its quantity."""
    for quantity, field in given.items():
        check_quantity("values", quantity, table)
        if not isinstance(field, str) or not field:
            raise OptionError(
                LocalizedMessage(
                    "values.{quantity}: {field} is no field's name; write it as the message has it",
                    quantity=quantity, field=repr(field)[:80],
                )
            )  # fmt: skip
    return tuple((field, quantity) for quantity, field in given.items())


def checked_units(given: Mapping[str, Any], table: QuantityTable) -> dict[str, str]:
    """The unit of each quantity that is named, as it is written."""
    for quantity, unit in given.items():
        check_quantity("units", quantity, table)
        check_unit(f"units.{quantity}", unit, table[quantity])
    return dict(given)
