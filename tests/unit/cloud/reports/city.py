"""The city of the console's tests as the reports see it, at noon."""

from typing import Any

from cloud.registry.records import City
from cloud.registry.snapshot import Registry
from cloud.reports.platform_snapshot import PlatformSnapshot
from cloud.reports.points import ReportPoint, lines_of
from tests.unit.cloud.api.morotai import GATEWAYS, SENSORS, SITES, ZONE
from tests.unit.cloud.console.alarms_made import NOON_MS

REGISTRY = Registry(city=City("Pulau Morotai", ZONE), sites=SITES, gateways=GATEWAYS, sensors=SENSORS)


def snapshot(*readings: Any, **parts: Any) -> PlatformSnapshot:
    return PlatformSnapshot(now_ms=NOON_MS, registry=REGISTRY, readings=readings, **parts)


def checked(points: list[ReportPoint]) -> list[ReportPoint]:
    """The points, which the table of measurements takes as they are."""
    assert len(lines_of(points)) == len(points)
    return points
