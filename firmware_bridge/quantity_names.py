"""Which quantity a message means that names a value and tells its unit: by the names, else by the unit.

["value", "Level"] in m ─► water_level     ["airTemperature-2"] ─► temperature     ["value"] in %RH ─► humidity
["setpoint", "temperature"] ─► None: the first name that says anything counts, and nobody guesses what it is

What names.py knows holds here too. Beside it are short names that mean something only because the unit is told.
"""

import re
from collections.abc import Iterable
from functools import lru_cache

from firmware_bridge.family import Option
from firmware_bridge.names import Meant, meant, meant_at_end, plain
from i18n.message import LocalizedMessage
from wire import QuantityTable
from wire.units import code_of

UNITS = Option(
    "units",
    dict,
    LocalizedMessage('the unit of a quantity that is announced without one: {{ temperature = "°F" }}'),
    default={},
)

_SHORT = {
    "t": "temperature", "tmp": "temperature", "suhu": "temperature",
    "kelembapan": "humidity", "level": "water_level", "stage": "water_level", "water_depth": "water_level",
    "water_height": "water_level", "river_stage": "water_level", "tinggi_muka_air": "water_level", "dist": "distance",
    "flow": "flow", "discharge": "flow", "flow_rate": "flow", "volume_flow_rate": "flow", "water_flow": "flow",
    "wind_gusts": "wind_gust", "sound_pressure": "noise", "snr": "signal_to_noise", "lsnr": "signal_to_noise",
    "batt": "battery", "bat": "battery", "vbatt": "battery_voltage", "eco2": "co2", "h": "humidity",
    "light": "illuminance", "luminosity": "illuminance", "wind": "wind_speed", "winddir": "wind_direction",
    "uv": "uv_index", "sound": "noise", "spl": "noise",
}  # fmt: skip
_TELLING_UNITS = {
    "Cel": "temperature", "[degF]": "temperature", "hPa": "pressure", "mbar": "pressure", "[in_i'Hg]": "pressure",
    "lx": "illuminance", "mm/h": "rain_rate", "m3/s": "flow", "dB[SPL]": "noise", "dB{mW}": "signal",
}  # fmt: skip
_OF_HUMIDITY = frozenset({"%rh", "% rh", "%r.h."})
_SAYS_NOTHING = frozenset({
    "", "value", "val", "v", "state", "status", "sensor", "measured", "measurement", "measure", "reading", "data",
    "current", "analog", "float", "property",
})  # fmt: skip
_HUMP = re.compile(r"(?<=[a-z])(?=[A-Z])")
_NUMBERED = re.compile(r"([a-z_]{4,})_[0-9]{1,2}")
_LONGEST = 80
_LONGEST_UNIT = 40
MOST_KEPT = 64
"""Answers that are kept, for a device asks the same with each message."""


def quantity_called(name: str) -> str | None:
    """The quantity that `name` alone means; None where it is none, or nobody can tell."""
    humps = _HUMP.sub("_", name[:_LONGEST])
    for text in dict.fromkeys((name[:_LONGEST], humps)):
        found = meant(text) or meant_at_end(text)
        if found is not None:
            return found.quantity
    words = plain(humps)
    if words in _SHORT:
        return _SHORT[words]
    numbered = _NUMBERED.fullmatch(words)
    return quantity_called(numbered[1]) if numbered else None


def quantity_of(names: Iterable[str], unit: str) -> str | None:
    """The quantity that the first of `names` that says anything means, else the unit; None where nobody can tell.

    Names that belong together (an id, and what people call it) stand in one text with a line break between them.
    """
    return _quantity_of(tuple(name[: 2 * _LONGEST] for name in names), unit[:_LONGEST_UNIT])


@lru_cache(maxsize=MOST_KEPT)
def _quantity_of(names: tuple[str, ...], unit: str) -> str | None:
    for name in names:
        spoken = [part for part in name.split("\n") if not _says_nothing(part)]
        if spoken:
            return next(filter(None, map(quantity_called, spoken)), None)
    if unit.strip().casefold() in _OF_HUMIDITY:
        return "humidity"
    return _TELLING_UNITS.get(code_of(unit) or "") if unit else None


def with_its_usual_unit(quantity: str, table: QuantityTable) -> Meant:
    """A quantity with the unit that devices mean which name none."""
    return meant(quantity) or Meant(quantity, table[quantity].unit if table[quantity].unit.startswith("{") else "")


def _says_nothing(name: str) -> bool:
    return all(word in _SAYS_NOTHING or word.isdecimal() for word in plain(name).split("_"))
