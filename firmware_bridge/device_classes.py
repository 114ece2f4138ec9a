"""Home Assistant's words for what a sensor measures, its device classes: read by a dialect, written by the gateway.

meant_by("pm25") ─► "pm2_5"          class_of("pm2_5") ─► "pm25"
meant_by("distance") ─► "distance"   class_of("water_level") ─► "distance": the name beside it says that it is water
meant_by("pm4") ─► "pm4"             class_of("pm4") ─► None: an older Home Assistant refuses a sensor of that class

Source: homeassistant/components/sensor/const.py of home-assistant/core, 2024.3 and 2026.11.
"""

_MEANT = {
    "temperature": "temperature", "humidity": "humidity", "atmospheric_pressure": "pressure", "pressure": "pressure",
    "pm1": "pm1", "pm25": "pm2_5", "pm4": "pm4", "pm10": "pm10", "carbon_dioxide": "co2", "carbon_monoxide": "co",
    "nitrogen_dioxide": "no2", "ozone": "o3", "sulphur_dioxide": "so2", "volatile_organic_compounds": "voc",
    "volatile_organic_compounds_parts": "voc", "illuminance": "illuminance", "irradiance": "solar_radiation",
    "wind_speed": "wind_speed", "wind_direction": "wind_direction", "precipitation_intensity": "rain_rate",
    "distance": "distance", "sound_pressure": "noise", "battery": "battery", "signal_strength": "signal",
    "volume_flow_rate": "flow",
}  # fmt: skip
_NOT_WRITTEN = frozenset({
    "pressure", "volatile_organic_compounds_parts",  # another one is closer
    "pm4", "wind_direction",  # a Home Assistant of 2024 does not know them
    "carbon_monoxide", "volume_flow_rate",  # nor these in µg/m³ and m³/s
})  # fmt: skip
_WIDER = {
    "water_level": "distance", "water_temperature": "temperature", "wind_gust": "wind_speed", "flow_velocity": "speed",
    "rainfall": "precipitation", "battery_voltage": "voltage", "solar_voltage": "voltage",
    "signal_to_noise": "signal_strength",
    "dwell": "duration", "spool_age": "duration", "uptime": "duration", "disk_free": "data_size",
    "memory_used": "data_size", "noise_bytes": "data_size", "cpu_temperature": "temperature",
}  # fmt: skip
"""The class of what only its name tells from others of that class."""
_CLASSES = {quantity: name for name, quantity in _MEANT.items() if name not in _NOT_WRITTEN} | _WIDER
_CLOSER = frozenset({
    ("water_temperature", "temperature"), ("water_level", "distance"), ("wind_gust", "wind_speed"),
    ("flow_velocity", "wind_speed"),
})  # fmt: skip


def meant_by(device_class: str) -> str | None:
    """The quantity that a class means by itself; None where it means none."""
    return _MEANT.get(device_class)


def class_of(quantity: str) -> str | None:
    """The class of a quantity in the unit that it has here; None where not every Home Assistant has one."""
    return _CLASSES.get(quantity)


def is_closer(by_name: str | None, by_class: str) -> bool:
    """Whether the quantity that a name means says more than the one that the class beside it means."""
    return (by_name, by_class) in _CLOSER
