"""Names of sites, sensors and gateways from the file of the city, for dashboards that know ids alone; its quantities.

[[sites]] id = "army-dock"  name = "Pantai Army Dock"   ─►   names.site["army-dock"] -> "Pantai Army Dock"
"""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from dashboards.kit.city import CityNames
from wire import DomainRow, HourOf, Quantity, QuantityTable

MOST = 200
"""Names of a kind that a dashboard carries: each is a step of each chart. A larger city shows ids beyond."""


class CityFileUnusable(Exception):
    """One sentence on what is wrong with the file, without its name."""


def read_names(path: Path) -> CityNames:
    """The names in a city file; CityFileUnusable says why it has none."""
    try:
        city = tomllib.loads(path.read_text(encoding="utf-8"))
        return _names(city)
    except OSError as error:
        raise CityFileUnusable(f"{error.strerror}; name the city's file, or none") from None
    except ValueError as error:
        raise CityFileUnusable(f"this is no TOML ({error}); name the city's file, or none") from None
    except (KeyError, TypeError, AttributeError):
        raise CityFileUnusable("this is no city's file: every site, sensor and gateway needs an id") from None


def _names(city: Mapping[str, Any]) -> CityNames:
    sensors, table = city.get("sensors", [])[:MOST], _table(city)
    return CityNames(
        site=_by_id(city.get("sites", [])),
        sensor=_by_id(sensors),
        gateway=_by_id(city.get("gateways", [])),
        domains={row["id"]: _domains(row.get("quantities", []), table) for row in sensors},
        quantities=table,
    )


def _by_id(rows: list[dict[str, Any]]) -> dict[str, str]:
    return {row["id"]: str(row.get("name") or row["id"]) for row in rows[:MOST]}


def _domains(quantities: list[str], table: QuantityTable) -> frozenset[str]:
    return frozenset(str(table[name].domain) for name in quantities if name in table)


def _table(city: Mapping[str, Any]) -> QuantityTable:
    """The quantities of the city: its file is the cloud's to check, and here only what is shown matters."""
    domains = [DomainRow(row["id"], str(row["name"]), str(row["name_id"])) for row in city.get("domains", [])]
    return QuantityTable(domains, map(_quantity, city.get("quantities", [])))


def _quantity(row: Mapping[str, Any]) -> Quantity:
    return Quantity(
        row["id"], row["domain"], str(row["unit"]), int(row.get("decimals", 1)), float(row["low"]), float(row["high"]),
        str(row["name"]), str(row["name_id"]), hour=HourOf(row.get("hour", "mean")),
        sign=str(row.get("sign", "")), sign_id=str(row.get("sign_id", "")),
    )  # fmt: skip
