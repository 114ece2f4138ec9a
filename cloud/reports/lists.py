"""What lists of dashboards offer: sites and sensors by their names, as tags, which are found whatever the time range.

about_site    domain=flood, title="Jembatan Daruba|daruba-river"         a list shows what stands before the bar,
about_sensor  quantity=water_level, site=daruba-river, title="Tinggi air Daruba|river-daruba"      and asks for the id
about_gauge   site=daruba-river, sensor=river-daruba title="Tinggi air Daruba|river-daruba"    its newest counts

Gauges stand in the order of their rivers. A tag with their places would stay when these change, so they are told by the
times of the points, each a millisecond before that of the gauge above it: the store gives the newest first. They count
from the full hour, so that several ingesters, each with its own gauges, agree; a new order is seen within an hour.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping

from cloud.registry.records import Sensor
from cloud.registry.rivers import gauges_downstream
from cloud.reports.platform_snapshot import PlatformSnapshot
from cloud.reports.points import ReportPoint
from wire import QuantityTable
from wire.measurements import EVERYWHERE, LIST_S, listed


def list_points(snapshot: PlatformSnapshot) -> Iterator[ReportPoint]:
    """Yield a point for each domain of a site that is measured, for each quantity of a sensor, and for each gauge."""
    sensors = snapshot.sensors()
    domains = _domains(sensors, snapshot.registry.quantities)
    for site in snapshot.registry.sites():
        for domain in sorted(domains[site.id]):
            tags = {"domain": domain, "title": listed(site.name, site.id)}
            yield ReportPoint("about_site", snapshot.now_ms, tags, {"name": site.name})
    for sensor in sensors:
        for quantity in sensor.quantities:
            tags = {"quantity": quantity, "site": sensor.site, "title": listed(sensor.name, sensor.id)}
            yield ReportPoint("about_sensor", snapshot.now_ms, tags, {"name": sensor.name})
    yield from _gauges(snapshot)


def _gauges(snapshot: PlatformSnapshot) -> Iterator[ReportPoint]:
    hour_ms = snapshot.now_ms - snapshot.now_ms % (LIST_S * 1_000)
    for place, gauge in enumerate(gauges_downstream(snapshot.registry.sensors())):
        if snapshot.is_own(gauge.gateway):
            title = listed(gauge.name, gauge.id)
            yield ReportPoint(
                "about_gauge", hour_ms - place, {"sensor": gauge.id, "site": gauge.site}, {"title": title}
            )


def _domains(sensors: Iterable[Sensor], table: QuantityTable) -> Mapping[str, Collection[str]]:
    """The domains that each site measures, and `all` where it measures any."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    for sensor in sensors:
        found[sensor.site].update(str(table[name].domain) for name in sensor.quantities)
    for domains in found.values():
        if domains:
            domains.add(EVERYWHERE)
    return found
