"""What lists of dashboards offer: sites and sensors by their names, as tags, which are found whatever the time range.

about_site    domain=flood, title="Jembatan Daruba|daruba-river"         a list shows what stands before the bar,
about_sensor  quantity=water_level, site=daruba-river, title="Tinggi air Daruba|river-daruba"      and asks for the id
"""

from collections.abc import Iterator

from cloud.registry.records import Sensor
from cloud.reports.platform_snapshot import PlatformSnapshot
from cloud.reports.points import ReportPoint
from wire import QuantityTable
from wire.measurements import EVERYWHERE, listed


def list_points(snapshot: PlatformSnapshot) -> Iterator[ReportPoint]:
    """Yield a point for each domain of a site that is measured, and for each quantity of a sensor."""
    sensors = snapshot.sensors()
    for site in snapshot.registry.sites():
        for domain in sorted(_domains(site.id, sensors, snapshot.registry.quantities)):
            tags = {"domain": domain, "title": listed(site.name, site.id)}
            yield ReportPoint("about_site", snapshot.now_ms, tags, {"name": site.name})
    for sensor in sensors:
        for quantity in sensor.quantities:
            tags = {"quantity": quantity, "site": sensor.site, "title": listed(sensor.name, sensor.id)}
            yield ReportPoint("about_sensor", snapshot.now_ms, tags, {"name": sensor.name})


def _domains(site: str, sensors: list[Sensor], table: QuantityTable) -> set[str]:
    """The domains that a site measures, and `all` where it measures any."""
    found = {str(table[name].domain) for sensor in sensors if sensor.site == site for name in sensor.quantities}
    return found | {EVERYWHERE} if found else found
