"""JSON as devices write it: numbers, numbers as text, NaN where a sensor has failed, texts with broken bytes.

{"value": "00545.7085", "pm": {"2_5": 12.3}, "t": NaN, "list": [{"v": 1}]}
        PATH  pm.2_5 ──► ("pm", "2_5")     list.0.v ──► ("list", "0", "v")     PMS5003.PM2\\.5 ──► ("PMS5003", "PM2.5")
        probes.id=28FF01.t ──► of the list `probes` the item whose "id" is "28FF01", wherever it stands
"""

import codecs
import re
from math import isfinite
from typing import Any

import msgspec

from firmware_bridge.sample import Noise

MAX_PAYLOAD = 256 * 1024
_MAX_NUMBER_TEXT = 64
_MOST = 1e300
"""Beyond it a conversion between units might not be finite."""

Path = tuple[str, ...]
_STEP = re.compile(r"((?:[^.\\]|\\.)+)(?:\.|$)")
_PLAIN_NUMBER = re.compile(r"[ \t\r\n]*[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?[ \t\r\n]*")
# A text is matched first. What C's printf and Python's json.dumps write for a number that is none stands between texts.
_TOKEN = re.compile(r'("(?>(?:[^"\\]|\\.)*)"?)|-?\b(?:nan|inf(?:inity)?)\b', re.IGNORECASE | re.DOTALL)
_IN_A_TEXT = re.compile(
    r"(\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|\\u(?![dD][89a-fA-F])[0-9a-fA-F]{4}|\\[\"\\/bfnrt])"
    r"|(\\u[dD][89a-fA-F][0-9a-fA-F]{2})|(\\)|[\0-\x1f]"  # half a pair | no escape | control characters
)
_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def read(payload: bytes) -> Any:
    """The document in `payload`, or Noise. A text in it that is broken costs no number beside it."""
    if len(payload) > MAX_PAYLOAD:
        return Noise(len(payload), f"message is longer than {MAX_PAYLOAD} bytes")
    try:
        return msgspec.json.decode(payload)
    except (ValueError, RecursionError) as error:  # msgspec's errors are ValueErrors
        return _read_mended(payload, error)


def _read_mended(payload: bytes, error: Exception) -> Any:
    text = _text_of(payload)
    for attempt in (text, text.partition("\0")[0]):
        try:
            return msgspec.json.decode(_TOKEN.sub(_mended, attempt).encode(errors="replace"))
        except (ValueError, RecursionError):
            continue
    return Noise(len(payload), f"message is not JSON: {str(error)[:120]}")


def _text_of(payload: bytes) -> str:
    """Text as devices send it: UTF-8 with bytes of Latin-1 in it, UTF-16, with a mark in front and NULs behind."""
    halves = len(payload) // 2
    if payload.startswith(_MARKS):
        return payload[: halves * 2].decode("utf-16", "replace").rstrip("\0\x1a\r\n\t ")
    for encoding, nuls in (("utf-16-le", payload[1::2]), ("utf-16-be", payload[::2])):
        if halves and nuls.count(0) > halves // 2 and payload[: 2 * halves].strip(b"\0"):
            return payload[: halves * 2].decode(encoding, "replace").rstrip("\0\x1a\r\n\t ")
    return payload.decode("utf-8-sig", _LATIN).rstrip("\0\x1a\r\n\t ")


def _mended(token: re.Match[str]) -> str:
    return '"nan"' if token[1] is None else _IN_A_TEXT.sub(_mended_in_a_text, token[1])


def _mended_in_a_text(found: re.Match[str]) -> str:
    kept, half, backslash = found.groups()
    if kept:
        return str(kept)
    return "\\ufffd" if half else "\\\\" if backslash else " "


def _as_latin_1(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return error.object[error.start : error.end].decode("latin-1"), error.end


_LATIN = "siaga-latin-1"
codecs.register_error(_LATIN, _as_latin_1)


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
        return _bounded(value)
    if kind is int:
        return float(value) if -(2**63) <= value <= 2**64 else "is too large"
    if kind is str:
        return _spelt(value)
    return "is missing" if value is None else "is not a number"


def _spelt(text: str) -> float | str:
    if len(text) > _MAX_NUMBER_TEXT or not _PLAIN_NUMBER.fullmatch(text):
        return "is not a number"
    return _bounded(float(text))


def _bounded(value: float) -> float | str:
    if abs(value) <= _MOST:
        return value
    return "is too large" if isfinite(value) else "is not finite"
