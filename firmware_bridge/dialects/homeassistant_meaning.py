"""Which quantity a sensor of Home Assistant is: its device_class says it, or its name more closely, or neither does.

{"dev_cla": "pm25"} ─► pm2_5      {"dev_cla": "distance", "name": "Water level"} ─► water_level
{"dev_cla": "temperature", "name": "CPU temperature"} ─► None, as of what its path calls ESP32 or DewPoint
"""

from firmware_bridge.dialects.homeassistant_config import Entity
from firmware_bridge.names import is_of_something_else
from firmware_bridge.quantity_names import quantity_called, quantity_of

DEVICE_CLASSES = {
    "temperature": "temperature", "humidity": "humidity", "pressure": "pressure", "atmospheric_pressure": "pressure",
    "pm1": "pm1", "pm25": "pm2_5", "pm4": "pm4", "pm10": "pm10", "carbon_dioxide": "co2", "carbon_monoxide": "co",
    "nitrogen_dioxide": "no2", "ozone": "o3", "sulphur_dioxide": "so2", "volatile_organic_compounds": "voc",
    "volatile_organic_compounds_parts": "voc", "illuminance": "illuminance", "irradiance": "solar_radiation",
    "wind_speed": "wind_speed", "wind_direction": "wind_direction", "precipitation_intensity": "rain_rate",
    "distance": "distance", "sound_pressure": "noise", "battery": "battery", "signal_strength": "signal",
    "volume_flow_rate": "flow",
}  # fmt: skip
_CLOSER = frozenset({
    ("water_temperature", "temperature"), ("water_level", "distance"), ("wind_gust", "wind_speed"),
    ("flow_velocity", "wind_speed"),
})  # fmt: skip
"""Where a name says more than the class beside it."""
_HARMLESS = frozenset({"quality", "level", "index", "status", "percent"})
OF_THE_DEVICE = frozenset({"battery", "battery_voltage", "signal", "signal_to_noise", "link_quality"})
_COUNTS_UP = frozenset({"total", "total_increasing"})
_COUNTED = frozenset({"rainfall", "people_in", "people_out"})


def quantity_announced(entity: Entity) -> str | None:
    """The quantity that a name says, or the class beside it; None where it is something else, or nobody can tell."""
    by_class = DEVICE_CLASSES.get(entity.device_class)
    for text in (entity.name, " ".join(entity.path[:-1]), *entity.path[-1:]):
        if is_of_something_else(text, but=_HARMLESS) and quantity_called(text) is None:
            return by_class if by_class in OF_THE_DEVICE else None
    texts = [text for text in (entity.name, entity.object_id, *entity.path[-1:]) if text]
    by_name = next(filter(None, map(quantity_called, texts)), None)
    if by_class is not None:
        return by_name if (by_name, by_class) in _CLOSER else by_class
    return by_name or quantity_of(texts[:1], entity.unit)


def why_only_a_count(quantity: str, entity: Entity) -> str:
    """Why a sensor that counts up since some start gives no amount; "" where it does not."""
    if quantity in _COUNTED and entity.state_class in _COUNTS_UP:
        return f"counts up since some start ({entity.state_class}), which is no {quantity} of a while"
    return ""
