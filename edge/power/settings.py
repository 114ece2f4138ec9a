"""[power] of edge.toml: which sources tell that the power goes; off where the table is missing.

source = "mains"                            the source whose power_failed tells that the mains is gone
battery = "solar"  going_down_v = 11.4      the source whose battery_voltage tells that the battery is at its end
"""

from collections.abc import Iterator, Sequence
from typing import Annotated

from pydantic import Field

from i18n.message import LocalizedMessage
from runtime.settings import Settings

_Name = Annotated[str, Field(min_length=1, max_length=100)]


class PowerSettings(Settings):
    """`source` tells `power_failed`; `battery` tells `battery_voltage`, of which `going_down_v` (V) is the end."""

    source: _Name | None = None
    battery: _Name | None = None
    going_down_v: Annotated[float, Field(gt=0, le=60)] | None = None


def mistakes_of_the_power(power: PowerSettings | None, sources: Sequence[str]) -> Iterator[LocalizedMessage]:
    """What contradicts itself, or the `sources`, which are those of the file by name."""
    if power is None:
        return
    if power.source is None and power.battery is None:
        yield LocalizedMessage(
            'power: names no source; write source = "…", whose power_failed tells, or battery = "…" with going_down_v'
        )
    for key in ("source", "battery"):
        name = getattr(power, key)
        if name is not None and name not in sources:
            yield LocalizedMessage("power.{key}: {name} is no source; write the name of one", key=key, name=repr(name))
    if (power.battery is None) != (power.going_down_v is None):
        yield LocalizedMessage("power: battery and going_down_v belong together; write both, or none")
