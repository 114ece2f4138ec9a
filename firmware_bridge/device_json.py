"""JSON as devices write it: numbers, numbers as text, NaN where a sensor has failed.

{"value": "00545.7085", "pm": {"2_5": 12.3}, "t": NaN, "list": [{"v": 1}]}
        PATH  pm.2_5 ──► ("pm", "2_5")     list.0.v ──► ("list", "0", "v")     PMS5003.PM2\\.5 ──► ("PMS5003", "PM2.5")
        probes.id=28FF01.t ──► of the list `probes` the item whose "id" is "28FF01", wherever it stands
"""

import re
from math import isfinite
from typing import Any

import msgspec

from firmware_bridge.sample import Noise

MAX_PAYLOAD = 256 * 1024
_MAX_NUMBER_TEXT = 64

Path = tuple[str, ...]
_STEP = re.compile(r"((?:[^.\\]|\\.)+)(?:\.|$)")
_PLAIN_NUMBER = re.compile(r"\s*[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?\s*")
# What C's printf and Python's json.dumps write for a number that is none; a text is matched first, and left alone.
_NOT_A_NUMBER = re.compile(rb'("(?>(?:[^"\\]|\\.)*)"?)|-?\b(?:nan|inf(?:inity)?)\b', re.IGNORECASE | re.DOTALL)


def read(payload: bytes) -> Any:
    """The document in `payload`, or Noise."""
    if len(payload) > MAX_PAYLOAD:
        return Noise(len(payload), f"message is longer than {MAX_PAYLOAD} bytes")
    try:
        return msgspec.json.decode(payload)
    except (ValueError, RecursionError) as error:  # msgspec's errors are ValueErrors
        return _read_without_nan(payload, error)


def _read_without_nan(payload: bytes, error: Exception) -> Any:
    mended = _NOT_A_NUMBER.sub(lambda found: found[1] or b'"nan"', payload)
    if mended == payload:
        return Noise(len(payload), f"message is not JSON: {str(error)[:120]}")
    try:
        return msgspec.json.decode(mended)
    except (ValueError, RecursionError):
        return Noise(len(payload), f"message is not JSON: {str(error)[:120]}")


def path_of(text: str) -> Path | None:
    """Take a dotted path apart, where `\\.` stands for a dot in a key; None if it is no path."""
    steps = _STEP.findall(text)
    whole = ".".join(steps) == text and not text.endswith(".")
    return tuple(re.sub(r"\\(.)", r"\1", step) for step in steps) if steps and whole else None


def find(document: Any, path: Path) -> Any:
    """What is at `path`; None where nothing is.

    A number in a path counts a list's items from 0; id=28FF01 is the item whose id that is, if there is just one.
    """
    for key in path:
        if type(document) is dict:
            document = document.get(key)
        elif type(document) is list and "=" in key:
            document = _item(document, *key.split("=", maxsplit=1))
        elif type(document) is list and key.isdecimal() and len(key) < 7 and int(key) < len(document):
            document = document[int(key)]
        else:
            return None
    return document


def _item(items: list[Any], key: str, value: str) -> Any:
    found = [item for item in items if type(item) is dict and str(item.get(key)) == value]
    return found[0] if len(found) == 1 else None


def number(value: Any) -> float | str:
    """The number that `value` is or spells; else what is wrong with it."""
    kind = type(value)
    if kind is float:
        return value if isfinite(value) else "is not finite"
    if kind is int:
        return float(value) if -(2**63) <= value <= 2**64 else "is too large"
    if kind is str:
        return _spelt(value)
    return "is missing" if value is None else "is not a number"


def _spelt(text: str) -> float | str:
    if len(text) > _MAX_NUMBER_TEXT or not _PLAIN_NUMBER.fullmatch(text):
        return "is not a number"
    value = float(text)
    return value if isfinite(value) else "is not finite"
