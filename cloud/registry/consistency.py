"""Checks of a city file across its tables: an id twice, a site that is not there, a quantity that nobody declared.

It works on tables as TOML gives them and skips whatever has the wrong form, which the models in city_file.py report:
so both kinds of mistake are listed at once.
"""

import difflib
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from cloud.registry.city_quantities import problems_of_quantities
from wire import HEALTH_QUANTITIES, MEASURED
from wire.quantity_table import BUILT_IN_DOMAINS

KINDS = ("domains", "quantities", "sites", "gateways", "sensors")
Tables = Mapping[str, list[Any]]
"""The arrays of tables of a city file, by their key."""

# key in a table -> the kind of table that it names
_NAMES_A = {
    "gateways": {"site": "sites"},
    "sensors": {"site": "sites", "gateway": "gateways", "twin": "sensors", "next_downstream": "sensors"},
}


def consistency_problems(tables: Tables) -> Iterator[str]:
    """Yield one sentence for each problem, which begins with its key."""
    ids = {kind: _ids(tables, kind) for kind in KINDS}
    # a city has thousands of sensors: each is looked up, none compared with all others
    known = {kind: dict.fromkeys(named.values()) for kind, named in ids.items()}
    for kind in KINDS:
        yield from _twice(kind, ids[kind])
    for kind, references in _NAMES_A.items():
        for number, row in _rows(tables, kind):
            for key, named in references.items():
                yield from _dangling(f"{kind}[{number}].{key}", row.get(key), named, known[named])
    domains = list(ids["domains"].values())
    for number, row in _rows(tables, "quantities"):
        yield from _of_domain(f"quantities[{number}].domain", row.get("domain"), [*BUILT_IN_DOMAINS, *domains])
    yield from problems_of_quantities(_rows(tables, "quantities"), domains)
    sensed = dict.fromkeys(name for name in MEASURED if name not in HEALTH_QUANTITIES) | known["quantities"]
    for number, sensor in _rows(tables, "sensors"):
        yield from _unknown_quantities(f"sensors[{number}]", sensor, sensed)
        yield from _of_sensor(f"sensors[{number}]", sensor, known["gateways"])
    yield from _of_rivers(tables)


def _of_rivers(tables: Tables) -> Iterator[str]:
    """Water runs from gauge to gauge, and not in a ring."""
    rows = {row["id"]: row for _, row in _rows(tables, "sensors") if isinstance(row.get("id"), str)}
    named = {name: row.get("next_downstream") for name, row in rows.items()}
    below = {name: gauge for name, gauge in named.items() if isinstance(gauge, str) and gauge in rows}
    rings: set[str] = set()
    for number, name in _ids(tables, "sensors").items():
        key = f"sensors[{number}].next_downstream: {below.get(name)!r}"
        if name not in below:
            continue
        for gauge in (name, below[name]):
            if not _measures_water(rows[gauge]):
                yield f"{key}: {gauge} measures no water_level; name two gauges, or take it out"
        ring = _ring(name, below)
        if ring and name not in rings:
            rings.update(ring)
            round_ = " → ".join([*ring, name])
            yield f"{key}: the water would run in a ring, {round_}; take out the one nearest to the sea"


def _ring(name: str, below: Mapping[str, str]) -> list[str]:
    """The gauges from `name` on until it comes again; empty where it does not."""
    passed, following = {name: None}, below.get(name)
    while following is not None and following not in passed:
        passed[following] = None
        following = below.get(following)
    return list(passed) if following == name else []


def _measures_water(sensor: Mapping[str, Any]) -> bool:
    quantities = sensor.get("quantities")
    if not isinstance(quantities, list):
        return True  # the model says what is wrong with them
    return "water_level" in quantities or ("distance" in quantities and sensor.get("mounting_height_cm") is not None)


def _rows(tables: Tables, kind: str) -> list[tuple[int, dict[str, Any]]]:
    return [(number, row) for number, row in enumerate(tables.get(kind, [])) if isinstance(row, dict)]


def _ids(tables: Tables, kind: str) -> dict[int, str]:
    return {number: row["id"] for number, row in _rows(tables, kind) if isinstance(row.get("id"), str)}


def _twice(kind: str, ids: Mapping[int, str]) -> Iterator[str]:
    first: dict[str, int] = {}
    for number, name in ids.items():
        before = first.setdefault(name, number)
        if before != number:
            yield f"{kind}[{number}].id: {name!r}: {kind}[{before}] has this id already; write another"


def _dangling(key: str, name: object, kind: str, known: Collection[str]) -> Iterator[str]:
    if isinstance(name, str) and name not in known:
        close = difflib.get_close_matches(name, known, n=1)
        advice = f"did you mean {close[0]}?" if close else f"add it to [[{kind}]]"
        yield f"{key}: {name!r}: there is none of that id; {advice}"


def _of_domain(key: str, name: object, known: Sequence[str]) -> Iterator[str]:
    if isinstance(name, str) and name not in known:
        close = difflib.get_close_matches(name, known, n=1)
        yield f"{key}: {name!r}: no such domain; write {close[0] if close else 'one of ' + ', '.join(known)}"


def _unknown_quantities(key: str, sensor: dict[str, Any], sensed: Collection[str]) -> Iterator[str]:
    quantities = sensor.get("quantities")
    for number, name in enumerate(quantities if isinstance(quantities, list) else ()):
        if isinstance(name, str) and name not in sensed:
            close = difflib.get_close_matches(name, sensed, n=1)
            advice = f"write {close[0]}" if close else "add it to [[quantities]], or write one that is in docs/cloud.md"
            yield f"{key}.quantities[{number}]: {name!r}: no such quantity; {advice}"


def _of_sensor(key: str, sensor: dict[str, Any], gateways: Collection[str]) -> Iterator[str]:
    if sensor.get("twin") is not None and sensor.get("twin") == sensor.get("id"):
        yield f"{key}.twin: {sensor['twin']!r}: is the sensor itself; name the one beside it, or take it out"
    if isinstance(sensor.get("id"), str) and sensor["id"] in gateways:
        yield f"{key}.id: {sensor['id']!r}: a gateway has this id, and is a sensor by itself; write another"
    quantities, calibration = sensor.get("quantities"), sensor.get("calibration", {})
    if not isinstance(quantities, list) or not isinstance(calibration, dict):
        return
    for number, name in enumerate(quantities):
        if name in quantities[:number]:
            yield f"{key}.quantities[{number}]: {name!r} stands here twice; take one out"
    for name in calibration:
        if name not in quantities:
            yield f"{key}.calibration.{name}: the sensor does not measure it; add it to quantities or take it out here"
