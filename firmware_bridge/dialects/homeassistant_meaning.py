"""Which quantity a sensor of Home Assistant is: its device_class says it, or its name more closely, or neither does.

{"dev_cla": "pm25"} ─► pm2_5      {"dev_cla": "distance", "name": "Water level"} ─► water_level
{"dev_cla": "temperature", "name": "CPU temperature"} ─► None, as of what its path calls ESP32 or DewPoint
"""

from firmware_bridge.device_classes import is_closer, meant_by
from firmware_bridge.dialects.homeassistant_config import Entity
from firmware_bridge.names import is_of_something_else
from firmware_bridge.quantity_names import quantity_called, quantity_of

_HARMLESS = frozenset({"quality", "level", "index", "status", "percent"})
OF_THE_DEVICE = frozenset({"battery", "battery_voltage", "signal", "signal_to_noise", "link_quality"})
_COUNTS_UP = frozenset({"total", "total_increasing"})
_COUNTED = frozenset({"rainfall", "people_in", "people_out"})


def quantity_announced(entity: Entity) -> str | None:
    """The quantity that a name says, or the class beside it; None where it is something else, or nobody can tell."""
    by_class = meant_by(entity.device_class)
    for text in (entity.name, " ".join(entity.path[:-1]), *entity.path[-1:]):
        if is_of_something_else(text, but=_HARMLESS) and quantity_called(text) is None:
            return by_class if by_class in OF_THE_DEVICE else None
    texts = [text for text in (entity.name, entity.object_id, *entity.path[-1:]) if text]
    by_name = next(filter(None, map(quantity_called, texts)), None)
    if by_class is not None:
        return by_name if is_closer(by_name, by_class) else by_class
    return by_name or quantity_of(texts[:1], entity.unit)


def why_only_a_count(quantity: str, entity: Entity) -> str:
    """Why a sensor that counts up since some start gives no amount; "" where it does not."""
    if quantity in _COUNTED and entity.state_class in _COUNTS_UP:
        return f"counts up since some start ({entity.state_class}), which is no {quantity} of a while"
    return ""
