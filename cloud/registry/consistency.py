"""Checks of a city file across its tables: an id twice, a site that is not there, a quantity that nobody declared.

It works on tables as TOML gives them and skips whatever has the wrong form, which the models in city_file.py report:
so both kinds of mistake are listed at once.
"""

import difflib
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from cloud.registry.city_quantities import problems_of_quantities
from i18n.message import LocalizedMessage
from wire import HEALTH_QUANTITIES, MEASURED
from wire.quantity_table import BUILT_IN_DOMAINS

KINDS = ("domains", "quantities", "sites", "gateways", "sensors")
Tables = Mapping[str, list[Any]]
"""The arrays of tables of a city file, by their key."""

Problem = tuple[str, LocalizedMessage]
"""The key that a sentence is about, such as sensors[3].twin, and the sentence."""

# key in a table -> the kind of table that it names
_NAMES_A = {
    "gateways": {"site": "sites"},
    "sensors": {"site": "sites", "gateway": "gateways", "twin": "sensors", "next_downstream": "sensors"},
}


def consistency_problems(tables: Tables) -> Iterator[Problem]:
    """Yield the key and the sentence of each problem."""
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


def _of_rivers(tables: Tables) -> Iterator[Problem]:
    """Water runs from gauge to gauge, and not in a ring."""
    rows = {row["id"]: row for _, row in _rows(tables, "sensors") if isinstance(row.get("id"), str)}
    named = {name: row.get("next_downstream") for name, row in rows.items()}
    below = {name: gauge for name, gauge in named.items() if isinstance(gauge, str) and gauge in rows}
    rings: set[str] = set()
    for number, name in _ids(tables, "sensors").items():
        key = f"sensors[{number}].next_downstream"
        if name not in below:
            continue
        for gauge in (name, below[name]):
            if not _measures_water(rows[gauge]):
                yield (
                    key,
                    LocalizedMessage(
                        "{below!r}: {gauge} measures no water_level; name two gauges, or take it out",
                        below=below[name],
                        gauge=gauge,
                    ),
                )
        ring = _ring(name, below)
        if ring and name not in rings:
            rings.update(ring)
            yield (
                key,
                LocalizedMessage(
                    "{below!r}: the water would run in a ring, {ring}; take out the one nearest to the sea",
                    below=below[name],
                    ring=" → ".join([*ring, name]),
                ),
            )


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


def _twice(kind: str, ids: Mapping[int, str]) -> Iterator[Problem]:
    first: dict[str, int] = {}
    for number, name in ids.items():
        before = first.setdefault(name, number)
        if before != number:
            yield (
                f"{kind}[{number}].id",
                LocalizedMessage(
                    "{name!r}: {other} has this id already; write another", name=name, other=f"{kind}[{before}]"
                ),
            )


def _dangling(key: str, name: object, kind: str, known: Collection[str]) -> Iterator[Problem]:
    if isinstance(name, str) and name not in known:
        close = difflib.get_close_matches(name, known, n=1)
        if close:
            yield (
                key,
                LocalizedMessage(
                    "{name!r}: there is none of that id; did you mean {close}?", name=name, close=close[0]
                ),
            )
        else:
            yield (
                key,
                LocalizedMessage("{name!r}: there is none of that id; add it to [[{kind}]]", name=name, kind=kind),
            )


def _of_domain(key: str, name: object, known: Sequence[str]) -> Iterator[Problem]:
    if isinstance(name, str) and name not in known:
        close = difflib.get_close_matches(name, known, n=1)
        values = {"name": name, "known": close[0] if close else ", ".join(known)}
        yield (
            key,
            LocalizedMessage("{name!r}: no such domain; write {known}", **values)
            if close
            else LocalizedMessage("{name!r}: no such domain; write one of {known}", **values),
        )


def _unknown_quantities(key: str, sensor: dict[str, Any], sensed: Collection[str]) -> Iterator[Problem]:
    quantities = sensor.get("quantities")
    for number, name in enumerate(quantities if isinstance(quantities, list) else ()):
        if isinstance(name, str) and name not in sensed:
            close = difflib.get_close_matches(name, sensed, n=1)
            told = (
                LocalizedMessage("{name!r}: no such quantity; write {close}", name=name, close=close[0])
                if close
                else LocalizedMessage(
                    "{name!r}: no such quantity; add it to [[quantities]], or write one that is in docs/cloud.md",
                    name=name,
                )
            )
            yield f"{key}.quantities[{number}]", told


def _of_sensor(key: str, sensor: dict[str, Any], gateways: Collection[str]) -> Iterator[Problem]:
    if sensor.get("twin") is not None and sensor.get("twin") == sensor.get("id"):
        itself = LocalizedMessage(
            "{name!r}: is the sensor itself; name the one beside it, or take it out", name=sensor["twin"]
        )
        yield f"{key}.twin", itself
    if isinstance(sensor.get("id"), str) and sensor["id"] in gateways:
        taken = LocalizedMessage(
            "{name!r}: a gateway has this id, and is a sensor by itself; write another", name=sensor["id"]
        )
        yield f"{key}.id", taken
    quantities, calibration = sensor.get("quantities"), sensor.get("calibration", {})
    if not isinstance(quantities, list) or not isinstance(calibration, dict):
        return
    for number, name in enumerate(quantities):
        if name in quantities[:number]:
            yield f"{key}.quantities[{number}]", LocalizedMessage("{name!r} stands here twice; take one out", name=name)
    for name in calibration:
        if name not in quantities:
            yield (
                f"{key}.calibration.{name}",
                LocalizedMessage("the sensor does not measure it; add it to quantities or take it out here"),
            )
