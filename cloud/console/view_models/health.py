"""How the cloud is doing, part by part, in words that its reader knows.

PartView("bad", "broker", name="Connection to the broker", said="broker 10.0.0.7:8883: connection refused")
"""

from zoneinfo import ZoneInfo

import msgspec

from cloud.core.component_names import name_of
from cloud.core.health import Component, Condition, Health
from i18n import figures
from i18n.catalog import Catalog

LEVELS = {Condition.OK: "ok", Condition.DEGRADED: "warn", Condition.DOWN: "bad"}


class PartView(msgspec.Struct, frozen=True):
    """A part of the cloud: how it is, what documents and metrics call it, what it is called here, what it says."""

    level: str
    id: str
    name: str
    said: str


def part_views(_: Catalog, health: Health, zone: ZoneInfo) -> tuple[PartView, ...]:
    """Every part, the worst first, and each of a kind by its name; moments by the clock of `zone`."""
    parts = (_part(_, name, component, zone) for name, component in health.components.items())
    worst_first = list(reversed(LEVELS.values()))
    return tuple(sorted(parts, key=lambda part: (worst_first.index(part.level), part.name.casefold(), part.id)))


def _part(_: Catalog, component_id: str, component: Component, zone: ZoneInfo) -> PartView:
    said = figures.said_at(_, component.detail, zone)
    return PartView(LEVELS[component.status], component_id, _.said(name_of(component_id)), said)
