"""The settings of a gateway that people set for the city: written, checked, read.

with_value({}, "uplink.batch_s=60") == {"uplink": {"batch_s": 60}}          "uplink.batch_s=" takes it back
{"outputs": {"siren": {"from_severity": "severe"}}} ─► LocalStage("siren", "severe")

What is wrong is said here where it can be known; the gateway checks all of it as edge.toml is, and has the last word.
"""

import math
import tomllib
from collections.abc import Iterator
from typing import Any

import msgspec

from wire import WireError, is_printable, printable
from wire.batch import MAX_INTEGER
from wire.city_settings import BY_HAND, keys_of
from wire.local_alarms import LocalAlarms, LocalStage, decode_local_alarms, encode_local_alarms

WantedSettings = dict[str, Any]
"""The parts `uplink`, `health`, `sources` and `outputs`; the last two by the names of sources and outputs."""


def with_value(settings: WantedSettings, written: str) -> WantedSettings:
    """The settings with one set by "KEY=VALUE", or taken back by "KEY="; WireError where it is neither."""
    key, equals, text = (part.strip() for part in written.partition("="))
    part, *names = key.split(".")
    if not equals or len(names) != BY_HAND.get(part) or not all(names):
        raise WireError(
            f"--set {written[:100]!r}: write uplink.KEY=VALUE, health.KEY=VALUE, sources.NAME.KEY=VALUE or "
            "outputs.NAME.KEY=VALUE, as in uplink.batch_s=60; KEY= takes it back"
        )
    changed: WantedSettings = msgspec.json.decode(msgspec.json.encode(settings))
    *above, last = (part, *names)
    table = changed
    for name in above:
        table = table.setdefault(name, {})
    if text:
        table[last] = _value(text)
    else:
        table.pop(last, None)
    return without_empty(changed)


def _value(text: str) -> object:
    """A value as TOML has it; else the text as it stands."""
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text


def without_empty(settings: WantedSettings) -> WantedSettings:
    """The settings without tables in which nothing is left."""
    named = {name: _kept(table) if BY_HAND.get(name) == 2 else table for name, table in settings.items()}
    return _kept(named)


def _kept(table: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in table.items() if value != {}}


def flat(settings: WantedSettings, above: str = "") -> list[tuple[str, object]]:
    """The settings one by one, by the names that set them: ("uplink.batch_s", 60)."""
    found: list[tuple[str, object]] = []
    for key, value in settings.items():
        name = f"{above}.{key}" if above else key
        found += flat(value, name) if isinstance(value, dict) else [(name, value)]
    return found


def check_wanted(settings: WantedSettings) -> None:
    """WireError where something in it is no setting of the city's."""
    for part, table in settings.items():
        if part not in BY_HAND:
            raise WireError(
                f"{printable(part)[:100]}: is no part that the city sets; write one of {', '.join(BY_HAND)}"
            )
        for place, keys in _tables(part, table):
            foreign = [key for key in keys if key not in keys_of(part)]
            if foreign:
                known = ", ".join(sorted(keys_of(part)))
                raise WireError(f"{place}.{foreign[0][:100]}: is no setting of the city's; here are {known}")
            for key, value in keys.items():
                if not _is_value(value):
                    raise WireError(
                        f"{place}.{key}: is no value; write a number, a text, true, false or a list of them"
                    )
    stages_of(settings)


def _is_value(value: object) -> bool:
    """Whether it can travel: what stands in a list stands in no other one."""
    return all(map(_is_scalar, value)) if isinstance(value, list) else _is_scalar(value)


def _is_scalar(value: object) -> bool:
    if isinstance(value, str):
        return is_printable(value)
    if isinstance(value, float):
        return math.isfinite(value)
    return isinstance(value, int) and abs(value) <= MAX_INTEGER


def _tables(part: str, table: object) -> Iterator[tuple[str, dict[str, Any]]]:
    """The innermost tables of a part, each with its place; WireError where it is built otherwise."""
    named = {part: table} if BY_HAND[part] == 1 else {f"{part}.{name}": each for name, each in _items(part, table)}
    for place, keys in named.items():
        yield place, dict(_items(place, keys))


def _items(place: str, table: object) -> Iterator[tuple[str, Any]]:
    if not isinstance(table, dict) or not all(map(is_printable, table)):
        raise WireError(f"{printable(place)[:200]}: is a table of keys and values; write it as one")
    yield from table.items()


def stages_of(settings: WantedSettings) -> tuple[LocalStage, ...]:
    """The stages of outputs; WireError where one is none."""
    outputs = settings.get("outputs", {})
    written = [{"output": name} | table for name, table in outputs.items()]
    try:
        stages = msgspec.convert(written, tuple[LocalStage, ...])
    except msgspec.ValidationError as error:
        raise WireError(f"outputs: {str(error)[:200]}") from None
    return decode_local_alarms(encode_local_alarms(LocalAlarms(outputs=stages))).outputs
