"""All dashboards of the project: one file each, in both languages.

document(look, "flood") -> {"uid": "siaga-id-flood", "panels": […], …}
"""

import json
from collections.abc import Callable
from typing import Any

from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models.dashboard import Dashboard

from dashboards import air, command, fleet, flood, footfall, ingest, own_domain, phone, sensor, site, wall
from dashboards.kit.names import OWN
from dashboards.kit.style import DashboardStyle

Document = dict[str, Any]
"""A dashboard as Grafana's JSON."""

BUILDERS: dict[str, Callable[[DashboardStyle], Dashboard]] = {
    "command": command.build,
    "flood": flood.build,
    "air": air.build,
    "footfall": footfall.build,
    "site": site.build,
    "sensor": sensor.build,
    "fleet": fleet.build,
    "ingest": ingest.build,
    "phone": phone.build,
    "wall-situation": wall.situation.build,
    "wall-flood": wall.flood.build,
    "wall-air": wall.air.build,
    "wall-footfall": wall.footfall.build,
}
"""Every dashboard of every city by its key in `TITLES`; own_domain.py has those of a city's own domains."""


def document(style: DashboardStyle, key: str) -> Document:
    """The dashboard `key` as Grafana's JSON."""
    own = key.removeprefix(OWN) if key.startswith(OWN) else None
    built = BUILDERS[key](style) if own is None else own_domain.build(style, own)
    made: Document = json.loads(json.dumps(built, cls=JSONEncoder))
    return made


def text_of(document: Document) -> str:
    """The JSON as it is kept in files: sorted, so that a difference shows what has changed and nothing else."""
    return json.dumps(document, indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def keys(style: DashboardStyle) -> list[str]:
    """The keys of all dashboards of a city, in the order of the links in their head."""
    return list(style.titles)
