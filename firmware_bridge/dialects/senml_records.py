"""The records of a SenML pack, each with its base fields resolved (RFC 8428, 4.6); JSON and CBOR alike.

[{"bn":"urn:dev:mac:1/","bt":1700000000,"bu":"Cel","n":"temp","v":21.5},{"t":10,"n":"temp","v":22}]
 ──► Record("urn:dev:mac:1/temp", "temp", "Cel", 21.5, 1700000000.0), Record(…, 22.0, 1700000010.0)

A record that cannot be read costs itself; a base field that cannot be read costs what builds on it.
"""

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

import msgspec

from firmware_bridge.device_json import number

LABELS: dict[Any, str] = {
    -1: "bver", -2: "bn", -3: "bt", -4: "bu", -5: "bv", -6: "bs",
    0: "n", 1: "u", 2: "v", 3: "vs", 4: "vb", 5: "s", 6: "t", 7: "ut", 8: "vd",
}  # fmt: skip
VERSION = 10
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9:./_-]*")
_LONGEST_NAME = 256
LATEST_S = 2**43
"""Beyond any date, and few enough that milliseconds are whole."""


class Record(msgspec.Struct, frozen=True):
    """A record with its base fields resolved; `own` is its n, before which bn stands in `name`."""

    name: str
    own: str
    unit: str
    value: float
    time_s: float


def wrong_version(record: Mapping[str, Any]) -> str:
    """What is wrong with the version of a record: a later one may mean all that is here otherwise."""
    version = record.get("bver", VERSION)
    if type(version) is not int or version < 1:
        return f"is {repr(version)[:40]}, which is no version"
    return f"is {version}, and versions up to {VERSION} are known here" if version > VERSION else ""


class _Bad(msgspec.Struct, frozen=True):
    """A base field that cannot be used: no record that builds on it can be."""

    why: str


def resolved(records: list[dict[str, Any]]) -> Iterator[Record | str]:
    """Each record that has a number, or why it gives no reading; records of base fields alone give nothing."""
    base: dict[str, Any] = {}
    for record in records:
        for label, read in (("bn", _text), ("bt", _number), ("bu", _text), ("bv", _number)):
            if label in record:
                given = read(record[label])
                base[label] = _Bad(f"{label} {given.why}") if isinstance(given, _Bad) else given
        strange = next((key for key in record if type(key) is str and key.endswith("_")), None)
        if strange is not None:
            if strange.startswith("b"):
                base["bn"] = _Bad(f"builds on {strange[:40]}, which must be understood and is not")
            yield f"{_shown(record, base)} has {strange[:40]}, which must be understood and is not"
        elif record.keys() & {"v", "vs", "vb", "vd", "s"}:
            yield _record(record, base)


def _record(record: Mapping[str, Any], base: Mapping[str, Any]) -> Record | str:
    wrong = [key for key in ("v", "vs", "vb", "vd") if key in record]
    shown = _shown(record, base)
    if wrong != ["v"]:
        kinds = ", ".join(wrong or ["s"])
        return f"{shown} has {kinds}: {'which of them is it' if len(wrong) > 1 else 'no number that is a reading'}"
    own, base_name = _text(record.get("n", "")), base.get("bn", "")
    unit = _text(record["u"]) if "u" in record else base.get("bu", "")
    numbers = [_number(record["v"]), base.get("bv", 0.0), _number(record.get("t", 0)), base.get("bt", 0.0)]
    for part in (own, base_name, unit, *numbers):
        if isinstance(part, _Bad):
            return f"{shown} {part.why}"
    name = f"{base_name}{own}"
    if len(name) > _LONGEST_NAME or not _NAME.fullmatch(name):
        return f"{name[:60]!r} is no name of SenML"
    value, time_s = _sum(*numbers[:2]), sum(numbers[2:])
    if isinstance(number(value), str) or abs(time_s) > LATEST_S:
        return f"{shown} adds up to no number, or to a time beyond any date"
    return Record(name, own, unit, value, time_s)


def _sum(value: float, base: float) -> float:
    """The sum without the digits that only arithmetic has put there."""
    return float(f"{value + base:.12g}") if base else value


def _shown(record: Mapping[str, Any], base: Mapping[str, Any]) -> str:
    parts = (base.get("bn", ""), record.get("n", ""))
    return "".join(part for part in parts if isinstance(part, str))[-60:] or "a record"


def _text(value: Any) -> Any:
    return value if type(value) is str else _Bad("is no text")


def _number(value: Any) -> Any:
    found = number(float(value) if isinstance(value, Decimal) else value)
    return _Bad(found) if isinstance(found, str) else found
