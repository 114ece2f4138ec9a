"""What a network server's codec has made of a payload, a document of JSON, as fields.

{"temperature": 23.8, "air": {"co2": 936}, "level": "7.5 ft"}    temperature 23.8 · air.co2 936 · level 7.5 in "ft"
{"history": [{"timestamp": 1693530747, "period_in": 11}]}        period_in 11, kept, at its own time
"""

import re
from typing import Any

from firmware_bridge.device_json import number
from firmware_bridge.payloads.field import PayloadField

_MOST_FIELDS = 200
_DEEPEST = 6
_WITH_UNIT = re.compile(r"\s*([+-]?[0-9.]+(?:[eE][+-]?[0-9]+)?)\s*([^\s0-9].{0,15})?\s*")


def fields_of(document: Any) -> list[PayloadField]:
    """The numbers in a document, by their names, with dots where they are nested."""
    found: list[PayloadField] = []
    _gather(document, "", None, found, kept=False)
    return found


def _gather(document: Any, path: str, time_s: int | None, found: list[PayloadField], *, kept: bool) -> None:
    if len(found) >= _MOST_FIELDS or path.count(".") > _DEEPEST:
        return
    if type(document) is dict:
        own = number(document.get("timestamp")) if kept else None
        time_s = int(own) if isinstance(own, float) else time_s
        for key, value in document.items():
            name = f"{path}.{key}" if path else str(key)
            if not (kept and key == "timestamp"):
                _gather(value, name[:200], time_s, found, kept=kept)
    elif type(document) is list:
        is_history = path == "history"
        for at, item in enumerate(document[:_MOST_FIELDS]):
            _gather(item, "" if is_history or not path else f"{path}.{at}", time_s, found, kept=kept or is_history)
    elif path == "position" and document == "tilt":
        found.append(PayloadField("tilt", 1.0, time_s, kept))
    elif type(document) is not bool:
        with_unit = _WITH_UNIT.fullmatch(document) if type(document) is str else None
        value = number(with_unit[1] if with_unit else document)
        if isinstance(value, float):
            found.append(PayloadField(path, value, time_s, kept, (with_unit and with_unit[2]) or ""))
