"""What the fields of LoRaWAN devices mean: one table for what our decoders give and for what a codec has decoded.

    "TempC_SHT"         ─► temperature, Cel             "line_2_period_in" ─► people_in of the part "line_2"
    "temperature_3"     ─► temperature of the part "3"  "distance"         ─► distance, in a unit that no name tells
    "air.temperature"   ─► temperature (the normalized payload of The Things Stack, whose units are fixed)

A name is looked up without capitals, underscores and hyphens; what is not here may be among
firmware_bridge/quantity_names.py. Sources: Milesight's codecs, Dragino's manuals, the
device repository's normalized payload (thethingsstack.dev/devices/normalized-payload).
"""

import re
from typing import NamedTuple

from firmware_bridge.quantity_names import quantity_called
from wire import MEASURED


class Meaning(NamedTuple):
    """The quantity of a field, and its `unit` ("" where the name does not tell); `part`: a line, region, channel.

    `total_bits`: the field is a total of so many bits, of which the growth is the quantity; 0: it is none.
    """

    quantity: str
    unit: str
    part: str = ""
    total_bits: int = 0


_PLAIN: dict[str, tuple[str, tuple[str, ...]]] = {
    # quantity: its unit, and the names that it goes by
    "temperature": ("Cel", ("temperature", "temp", "tempc", "tempcsht", "tempcds", "airtemperature", "temperaturec",
                            "ambienttemperature", "air.temperature", "temperaturesensor")),
    "humidity": ("%", ("humidity", "hum", "humsht", "rh", "relativehumidity", "airhumidity", "air.relativehumidity",
                       "humiditysensor")),
    "pressure": ("hPa", ("pressure", "barometricpressure", "airpressure", "barometer", "pressurehpa",
                         "atmosphericpressure", "air.pressure")),
    "co2": ("[ppm]", ("co2", "co2ppm", "carbondioxide", "air.co2")),
    "pm1": ("ug/m3", ("pm1", "pm1.0", "pm1p0")),
    "pm2_5": ("ug/m3", ("pm2.5", "pm25", "pm2p5")),
    "pm10": ("ug/m3", ("pm10", "pm10.0")),
    "voc": ("ug/m3", ("tvocugm3",)),
    "noise": ("dB[SPL]", ("laeq", "noise", "soundlevel")),
    "illuminance": ("lx", ("illumination", "illuminance", "luminosity", "lux", "ilumlx", "illlx", "lightintensity",
                           "air.lightintensity", "illuminancesensor")),
    "wind_speed": ("m/s", ("windspeed", "wind.speed")),
    "wind_direction": ("deg", ("winddirection", "wind.direction")),
    "rain_rate": ("mm/h", ("rain.intensity", "rainrate")),
    "solar_radiation": ("W/m2", ("solarradiation",)),
    "uv_index": ("{UVI}", ("uvindex",)),
    "water_temperature": ("Cel", ("watertemperature", "tempcwater", "water.temperature.current")),
    "water_level": ("cm", ("waterlevelcm", "waterdepthcm")),
    "people_in": ("{person}", ("peoplein", "periodin", "periodiccounterin", "linein")),
    "people_out": ("{person}", ("peopleout", "periodout", "periodiccounterout", "lineout")),
    "occupancy": ("{person}", ("peoplecountall", "occupancycount", "peoplecount")),
    "dwell": ("s", ("dwelltimeavg", "avgdwell")),
    "battery": ("%", ("battery", "batterymain", "batterylevel", "batterypercent", "batterypercentage")),
    "battery_voltage": ("V", ("batv", "batteryvoltage", "batvoltage", "vbat")),
}  # fmt: skip
_WITHOUT_UNIT = {
    "distance": ("distance", ""), "distancemm": ("distance", "mm"), "distancecm": ("distance", "cm"),
    "distancem": ("distance", "m"), "waterlevel": ("water_level", ""), "waterlevelmm": ("water_level", "mm"),
    "waterlevelm": ("water_level", "m"), "level": ("water_level", ""), "depth": ("water_level", ""), "o3": ("o3", ""),
    "hcho": ("formaldehyde", ""), "ch2o": ("formaldehyde", ""), "tvoc": ("voc", ""), "bat": ("battery_voltage", ""),
}  # fmt: skip
"""What everybody sends in a unit of his own, and so is no reading before somebody says which."""
_TOTALS = {
    "totalin": ("people_in", "{person}", 16), "totalout": ("people_out", "{person}", 16),
    "peopletotalin": ("people_in", "{person}", 16), "peopletotalout": ("people_out", "{person}", 16),
    "totalcounterin": ("people_in", "{person}", 32), "totalcounterout": ("people_out", "{person}", 32),
    "rainfalltotal": ("rainfall", "mm", 48), "rain.cumulative": ("rainfall", "mm", 48),
}  # fmt: skip

MEANINGS: dict[str, Meaning] = {
    **{name: Meaning(quantity, unit) for quantity, (unit, names) in _PLAIN.items() for name in names},
    **{name: Meaning(quantity, unit) for name, (quantity, unit) in _WITHOUT_UNIT.items()},
    **{name: Meaning(quantity, unit, "", bits) for name, (quantity, unit, bits) in _TOTALS.items()},
}  # fmt: skip
"""By plain name; of a device that is several, the name of the part stands apart from it."""

RANK = {name: rank for rank, name in enumerate(MEANINGS)}
"""Of several names for one quantity the first counts: a probe at a cable (TempC_DS) comes behind what is built in."""

UNITS_OF_MAKER = {
    "milesight": {"distance": "mm", "water_level": "cm", "formaldehyde": "mg/m3", "o3": "[ppm]"},
    "lpp": {"distance": "m"},
}
"""Units that no name tells, by quantity, where it is known whose codec it was."""
NO_READINGS = {
    "alarmperiodin": "stands in an alarm, and comes again with the report of its period",
    "alarmperiodout": "stands in an alarm, and comes again with the report of its period",
    "tvociaq": "is a rating without a unit",
    "tvocppb": "is a mixing ratio of no one gas",
}
"""What is measured, and no quantity; with the reason."""

_BETWEEN_DIGITS = re.compile(r"(?<=[0-9])_(?=[0-9])")  # pm1_0 is no pm10
_LINE = re.compile(r"(line|region)_?([0-9]{1,2})_(.+)")
_CHANNEL = re.compile(r"(.+)[_.]([0-9]{1,3})")  # temperature_3; temperatureSensor.3 of ChirpStack 3
_OF_A_REGION = {"count": "occupancy", "avg_dwell": "dwell"}


_OF_NO_ONE_UNIT = frozenset({
    "water_level", "distance", "flow", "flow_velocity", "rain_rate", "co", "no2", "o3", "so2", "hc", "voc",
    "formaldehyde", "battery_voltage",
})  # fmt: skip
_OF_NO_ONE_WAY = frozenset({"people_in", "people_out", "rainfall", "signal", "signal_to_noise", "link_quality"})
"""What one codec gives as a total and another as what was added, or as its own and not the server's."""


def plain(name: str) -> str:
    """A field's name as the table has it."""
    return "".join(letter for letter in _BETWEEN_DIGITS.sub(".", name.casefold()) if letter not in "_- ()")


def meaning_of(name: str) -> Meaning | None:
    """What a field of this name means; None where it is no quantity that is known here."""
    found = MEANINGS.get(plain(name))
    if found is not None:
        return found
    lowered = name.casefold()
    if part := _LINE.fullmatch(lowered):
        kind, number, rest = part.groups()
        if kind == "region":
            quantity = _OF_A_REGION.get(rest)
            return (
                Meaning(quantity, "s" if rest == "avg_dwell" else "{person}", f"region_{number}") if quantity else None
            )
        inner = MEANINGS.get(plain(rest))
        if inner is None or not inner.quantity.startswith("people_"):
            return None
        return inner._replace(part=f"line_{number}", total_bits=32 if inner.total_bits else 0)
    if part := _CHANNEL.fullmatch(lowered):
        inner = MEANINGS.get(plain(part[1]))
        return inner._replace(part=part[2]) if inner and not inner.total_bits else None
    called = quantity_called(name)
    if called is None or called in _OF_NO_ONE_WAY:
        return None
    return Meaning(called, "" if called in _OF_NO_ONE_UNIT else MEASURED[called].unit)
