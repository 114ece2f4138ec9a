"""What devices call the things they measure: the one table from a name to a quantity, and the unit it is in.

meant("PM2.5") ─► Meant("pm2_5", "ug/m3")     meant("tvoc") ─► Meant("voc", "")     meant("Nitrogen Dioxide") ─► None
    "": of this name nobody can tell the unit

meant_at_end("bme280_temperature") ─► Meant("temperature", "Cel")      meant_at_end("cpu_temperature") ─► None

The unit is what a device means that names none. What else a dialect's own keys are, it says itself. Rain and people who
came in are not here: one device counts them since its last message, another since it was switched on.
"""

import re
from collections.abc import Collection, Mapping
from typing import Any, NamedTuple

from firmware_bridge.family import OptionError, check_quantity
from firmware_bridge.unit_option import check_unit
from i18n.message import LocalizedMessage
from wire import QuantityTable
from wire.units import convert


class Meant(NamedTuple):
    """A quantity, and the unit that is meant where none is named; "" where nobody can tell."""

    quantity: str
    unit: str


_ROWS = (
    # quantity, unit, names as `plain` has them
    ("temperature", "Cel", "temperature temp temperature_c temp_c air_temperature air_temp ambient_temperature atmp"),
    ("humidity", "%", "humidity hum rel_humidity relative_humidity air_humidity humidity_percent rhum rh"),
    ("pressure", "hPa", "pressure air_pressure atmospheric_pressure barometric_pressure barometer baro press"),
    ("co2", "[ppm]", "co2 carbon_dioxide carbondioxide rco2 co2_ppm co2_concentration co2_value scd30_co2"),
    ("co", "", "co carbon_monoxide carbonmonoxide"),
    ("no2", "", "no2 nitrogen_dioxide"),
    ("o3", "", "o3 ozone"),
    ("so2", "", "so2 sulfur_dioxide sulphur_dioxide"),
    ("voc", "", "voc tvoc volatile_organic_compounds"),
    ("formaldehyde", "", "formaldehyde formaldehyd hcho ch2o formaldehyde_concentration"),
    ("voc_index", "{index}", "voc_index vocindex tvoc_index tvocindex sgp41_voc sgp40_voc"),
    ("nox_index", "{index}", "nox_index noxindex sgp41_nox"),
    ("noise", "dB[SPL]", "noise noise_level sound_level sound_pressure_level laeq noise_laeq leq la_eq"),
    ("wind_speed", "", "wind_speed windspeed"),
    ("wind_gust", "", "wind_gust windgust gust_speed wind_gust_speed"),
    ("wind_direction", "deg", "wind_direction winddirection wind_dir"),
    ("illuminance", "lx", "illuminance illuminance_lux lux light_level ambient_light brightness_lux light_lux"),
    ("solar_radiation", "W/m2", "solar_radiation solar_irradiance irradiance"),
    ("uv_index", "{UVI}", "uv_index uvindex uvi"),
    ("rain_rate", "mm/h", "rain_rate rainrate rain_intensity rain_per_hour precipitation_rate precipitation_intensity"),
    ("water_level", "", "water_level waterlevel river_level liquid_level"),
    ("water_temperature", "Cel", "water_temperature water_temp"),
    ("distance", "", "distance distance_to_water ultrasonic_distance"),
    ("flow_velocity", "", "flow_velocity water_velocity"),
    ("occupancy", "{person}", "occupancy occupancy_count people people_count peoplecount number_of_people persons"),
    ("battery", "%", "battery battery_level battery_percent battery_percentage"),
    ("battery_voltage", "V", "battery_voltage batt_voltage vbat"),
    ("signal", "dB{mW}", "rssi signal wifi_signal wifi_signal_strength signal_strength wifi_rssi wifi_signal_db"),
    ("link_quality", "{LQI}", "linkquality link_quality lqi"),
)  # fmt: skip

_SIZES = {"pm1": "1 01 1_0", "pm2_5": "25 02 2_5 02_5 2p5", "pm4": "4 4_0", "pm10": "10 10_0"}
_PM = ("pm{}", "pm_{}", "particulate_matter_{}")
_OF_PM = ("", "_m", "_concentration", "_m_concentration", "_weight_concentration", "_m_weight_concentration")
"""Behind the size: the m of µm, and what ESPHome's examples call it."""

_BY_NAME = {name: Meant(quantity, unit) for quantity, unit, names in _ROWS for name in names.split()} | {
    begin.format(size) + end: Meant(quantity, "ug/m3")
    for quantity, sizes in _SIZES.items()
    for size in sizes.split()
    for begin in _PM
    for end in _OF_PM
}
_OF_SOMETHING_ELSE = frozenset((
    "cpu", "core", "chip", "board", "internal", "esp", "esp32", "esp8266", "mcu", "processor", "device", "pcb",
    "system", "dew", "dewpoint", "target", "setpoint", "set", "min", "max", "minimum", "maximum", "mean",
    "average", "avg", "offset", "calibration", "raw", "error", "threshold", "limit", "alarm", "low", "high",
    "delta", "difference", "count", "total", "counter", "sum", "today", "yesterday", "heat", "feels", "apparent",
    "absolute", "water", "soil", "leaf", "cell", "voltage", "index", "quality", "level", "status", "percent",
    "baseline", "battery", "gpu", "motor", "engine", "pump", "oven", "fridge", "freezer", "pool", "heater", "boiler",
    "inverter", "radiator", "valve", "case", "enclosure",
))  # fmt: skip
"""A word before a name that makes it the name of something else."""
_LONGEST = 80


def plain(name: str) -> str:
    """A name in small letters and digits, with one _ for all else between them: "PM 2.5" is pm_2_5."""
    return re.sub(r"[^0-9a-z]+", "_", name[: 2 * _LONGEST].casefold()).strip("_")


def meant(name: str) -> Meant | None:
    """What a name means; None where it is no quantity, or nobody can tell."""
    return _BY_NAME.get(plain(name))


def meant_at_end(name: str) -> Meant | None:
    """What a name means that may begin with a place or a chip: the longest known name at its end."""
    words = plain(name).split("_")
    if len(words) > _LONGEST // 4:
        return None
    for at in range(len(words)):
        found = _BY_NAME.get("_".join(words[at:]))
        if found is not None:
            return None if _OF_SOMETHING_ELSE.intersection(words[:at]) else found
    return None


def is_of_something_else(name: str, *, but: Collection[str] = ()) -> bool:
    """Whether a word of a name, `but` for some, makes it that of something else than the thing that is measured."""
    return any(word in _OF_SOMETHING_ELSE and word not in but for word in plain(name).split("_"))


_PRESSURES = (("hPa", 300.0, 1_200.0), ("kPa", 30.0, 120.0), ("Pa", 30_000.0, 120_000.0))


def unit_of_air_pressure(value: float) -> str:
    """The unit of an air pressure that comes without one: on Earth there is only one that it can be; "" is none."""
    return next((unit for unit, low, high in _PRESSURES if low <= value <= high), "")


def in_its_unit(known: Meant, value: float, table: QuantityTable, *, told: str = "") -> float | str:
    """The value in the unit of its quantity, from the unit that is `told` or else meant; or why there is none."""
    quantity = table[known.quantity]
    if told:
        return convert(value, told, quantity)
    if quantity.name == "pressure":
        unit = unit_of_air_pressure(value)
        return convert(value, unit, quantity) if unit else f"of {value:g} is no air pressure in hPa, kPa or Pa"
    if known.unit:
        return convert(value, known.unit, quantity)
    return f"has no unit that could be known; set it: units = {{ {quantity.name} = … }}"


def check_units(given: Mapping[str, Any], table: QuantityTable) -> dict[str, str]:
    """The option `units` of a dialect, by quantity; OptionError for what is no quantity, or no unit of it."""
    for quantity, unit in given.items():
        check_unit(f"units.{quantity}", unit, table[check_quantity("units", quantity, table)])
    return dict(given)


def check_values(given: Mapping[str, Any], table: QuantityTable) -> dict[str, Meant]:
    """The option `values` of a dialect, which names a device's own name for a quantity: what each such name means."""
    named: dict[str, Meant] = {}
    for quantity, name in given.items():
        row = table[check_quantity("values", quantity, table)]
        if not isinstance(name, str) or not name:
            raise OptionError(
                LocalizedMessage(
                    "values.{name}: {key} is no name; write one in quotes", name=quantity, key=repr(name)[:80]
                )
            )
        known = meant(quantity)
        named[name] = Meant(quantity, known.unit if known is not None else row.unit)
    return named
