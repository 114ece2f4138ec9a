"""Names of sites, sensors and gateways from the file of the city, for dashboards that know ids alone.

[[sites]] id = "army-dock"  name = "Pantai Army Dock"   ─►   names.site["army-dock"] -> "Pantai Army Dock"
"""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from dashboards.kit.city import CityNames
from wire import QUANTITIES

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
    sensors = city.get("sensors", [])[:MOST]
    return CityNames(
        site=_by_id(city.get("sites", [])),
        sensor=_by_id(sensors),
        gateway=_by_id(city.get("gateways", [])),
        domains={row["id"]: _domains(row.get("quantities", [])) for row in sensors},
    )


def _by_id(rows: list[dict[str, Any]]) -> dict[str, str]:
    return {row["id"]: str(row.get("name") or row["id"]) for row in rows[:MOST]}


def _domains(quantities: list[str]) -> frozenset[str]:
    return frozenset(str(QUANTITIES[name].domain) for name in quantities if name in QUANTITIES)
