"""Which quantity a device means by what it calls a value; by its unit only where the name says nothing.

"air_temperature" "Temp" "temperature-2" ─► temperature     "PM2.5" "pm25" ─► pm2_5     "value" in %RH ─► humidity
"target_temperature" "setpoint" "soil moisture" ─► None: no guess, the settings must say what it is
"""

import re
from collections.abc import Iterable

from firmware_bridge.units import code_of

_NAMES: dict[str, tuple[str, ...]] = {
    # as plain letters and digits; what Home Assistant calls a device class is among them
    "water_level": ("level", "waterlevel", "riverlevel", "stage", "riverstage", "waterdepth", "waterheight"),
    "distance": ("dist",),
    "rainfall": ("rain", "precipitation", "precip", "rainamount"),
    "rain_rate": ("rainrate", "rainintensity", "precipitationintensity", "precipitationrate", "precipintensity"),
    "flow": ("discharge", "flowrate", "volumeflowrate", "waterflow"),
    "flow_velocity": ("watervelocity",),
    "water_temperature": ("watertemp", "tempwater", "temperaturewater", "rivertemperature"),
    "pm1": ("pm010",), "pm2_5": ("pm025",), "pm4": (), "pm10": ("pm100",),
    "co": ("carbonmonoxide",), "co2": ("carbondioxide", "eco2"), "no2": ("nitrogendioxide",), "o3": ("ozone",),
    "so2": ("sulphurdioxide", "sulfurdioxide"), "voc": ("tvoc", "volatileorganiccompounds"),
    "formaldehyde": ("hcho", "ch2o"), "voc_index": ("vocindex",), "nox_index": ("noxindex",),
    "temperature": ("t", "temp", "tmp", "tempc", "temperaturec", "airtemp", "drybulb", "suhu"),
    "humidity": ("h", "hum", "rh", "rhum", "relativehumidity", "relhum", "relhumidity", "airhumidity", "kelembapan"),
    "pressure": ("press", "barometricpressure", "atmosphericpressure", "atmospressure", "airpressure", "barometer",
                 "baro", "stationpressure"),
    "noise": ("noiselevel", "soundlevel", "soundpressure", "soundpressurelevel", "laeq", "leq", "spl", "loudness"),
    "wind_speed": ("windvelocity", "ws"), "wind_gust": ("gust", "windgustspeed", "gustspeed", "windspeedgust"),
    "wind_direction": ("winddir", "winddirectiondegrees", "wd"),
    "illuminance": ("lux", "light", "lightlevel", "illumination", "ambientlight"),
    "solar_radiation": ("solar", "irradiance", "globalradiation", "solarirradiance", "ghi", "pyranometer"),
    "uv_index": ("uv", "uvi"),
    "people_in": ("entries", "entered", "visitorsin", "countin"),
    "people_out": ("exits", "visitorsout", "countout"),
    "occupancy": ("peoplecount", "peoplepresent", "personspresent", "headcount"),
    "battery": ("batt", "bat", "batterylevel", "batterypercentage", "batterypercent", "soc"),
    "battery_voltage": ("batteryvolt", "batteryvolts", "battvoltage", "batvolt", "batv", "vbat", "vbatt"),
    "signal": ("rssi", "signalstrength", "wifisignal", "wifirssi", "signallevel"),
    "signal_to_noise": ("snr",), "link_quality": ("lqi", "linkquality"),
}  # fmt: skip
_QUANTITY_OF = {name: quantity for quantity, names in _NAMES.items() for name in (quantity.replace("_", ""), *names)}
_TELLING_UNITS = {
    "Cel": "temperature", "[degF]": "temperature", "hPa": "pressure", "mbar": "pressure", "[in_i'Hg]": "pressure",
    "lx": "illuminance", "mm/h": "rain_rate", "m3/s": "flow", "dB[SPL]": "noise", "dB{mW}": "signal",
}  # fmt: skip
_OF_HUMIDITY = frozenset({"%rh", "% rh", "%r.h."})
_SAYS_NOTHING = frozenset({
    "", "value", "val", "v", "state", "status", "sensor", "measured", "measurement", "reading", "data", "current",
    "analog", "float",
})  # fmt: skip
_ADDS_NOTHING = frozenset({
    "air", "ambient", "outdoor", "outdoors", "outside", "indoor", "indoors", "inside", "room", "sensor", "measured",
    "measurement", "current", "reading", "value", "actual", "external", "ext",
})  # fmt: skip
_PARTICLES = re.compile(r"pm[ _.-]?(?:(1)[._]0|0?(2)[._]5|(2)5|(1|4|10)(?:[._]0)?)(?:[ _-]?(?:atm|um|ug ?m3|mass))?")
_PM = {"1": "pm1", "2": "pm2_5", "4": "pm4", "10": "pm10"}
_WORD = re.compile(r"[a-z0-9]+")
_HUMP = re.compile(r"(?<=[a-z])(?=[A-Z])")
_LONGEST = 80


def quantity_called(name: str) -> str | None:
    """The quantity that `name` alone means."""
    text = _HUMP.sub(" ", name[:_LONGEST]).casefold().strip()
    particles = _PARTICLES.fullmatch(text)
    if particles:
        return _PM["".join(filter(None, particles.groups()))]
    words = _WORD.findall(text)
    rest = [word for word in words if word not in _ADDS_NOTHING]
    if len(rest) > 1 and rest[-1].isdecimal() and rest[0].isalpha() and len(rest[0]) > 3:
        rest.pop()  # temperature-2; the 2 of "CO 2" and the 5 of "pm100.5" stay
    return _QUANTITY_OF.get("".join(words)) or _QUANTITY_OF.get("".join(rest))


def quantity_of(names: Iterable[str], unit: str) -> str | None:
    """The quantity that the first of `names` that says anything means, else the unit; None where nobody can tell.

    Names that belong together (an id, and what people call it) stand in one text with a line break between them.
    """
    for name in names:
        spoken = [part for part in name.split("\n") if not _says_nothing(part)]
        if spoken:
            return next(filter(None, map(quantity_called, spoken)), None)
    if unit.strip().casefold() in _OF_HUMIDITY:
        return "humidity"
    return _TELLING_UNITS.get(code_of(unit) or "") if unit else None


def _says_nothing(name: str) -> bool:
    words = _WORD.findall(name.casefold())
    return all(word in _SAYS_NOTHING or word.isdecimal() for word in words)
