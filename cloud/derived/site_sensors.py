"""Which sensors stand, or once stood, at which site and behind which gateway, sorted once for each registry edition.

river: daruba until Tuesday, then dodola        at(daruba), at(dodola) -> [river, …]        hours go to where it stood
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence

from cloud.derived.recompute_queue import Hours, Key
from cloud.registry.facts import Timeline
from cloud.registry.records import Sensor, Site
from cloud.registry.snapshot import Registry
from wire.durations import HOUR_MS

Stood = Callable[[Sensor, int], bool]
"""Whether a sensor stood at the site in question in the hour that ended at a time (UTC, ms)."""


class SiteSensors:
    """The sensors of `registry` by site and by gateway, with those that moved."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._edition: int | None = None
        self._by_site: defaultdict[str, list[Sensor]] = defaultdict(list)
        self._by_gateway: defaultdict[str, list[Sensor]] = defaultdict(list)
        self._sites_of: dict[str, list[str]] = {}
        self._gateways_of: dict[str, list[str]] = {}
        self._moved: dict[str, Timeline] = {}

    def at(self, site: Site) -> Sequence[Sensor]:
        """The sensors that stand at a site, or once stood there."""
        self._refresh()
        return self._by_site[site.id]

    def behind(self, gateway: str) -> Sequence[Sensor]:
        """The sensors that send, or once sent, through a gateway."""
        self._refresh()
        return self._by_gateway[gateway]

    def has_moved(self, sensor: Sensor) -> bool:
        """Whether a sensor stood at several sites."""
        self._refresh()
        return sensor.id in self._moved

    def by_site(self, keys: Iterable[Key]) -> Mapping[str, list[Key]]:
        """Sort series by the sites at which their sensors stand, or once stood."""
        self._refresh()
        found: defaultdict[str, list[Key]] = defaultdict(list)
        for key in keys:
            for site in self._sites_of.get(key[0], ()):
                found[site].append(key)
        return found

    def stood_at(self, site: Site) -> Stood:
        """Ask whether one of the sensors `at` a site stood there in the hour that ended at a time (UTC, ms)."""
        self._refresh()
        moved = self._moved  # the others have stood there always
        return lambda sensor, end_ms: sensor.id not in moved or bool(moved[sensor.id].at(end_ms - 1) == site.id)

    def apart(self, sites: Sequence[Site], most: int) -> Iterator[Sequence[Site]]:
        """Part sites into groups of at most `most` that share no sensor: what moved is computed site after site."""
        self._refresh()
        shared = {name for sensor in self._moved.values() for name in sensor.values}
        alone = [site for site in sites if site.id not in shared]
        for first in range(0, len(alone), most):
            yield alone[first : first + most]
        yield from ([site] for site in sites if site.id in shared)

    def split(self, hours: Hours, site: Site) -> tuple[Hours, Hours]:
        """Of hours of series those in which the sensors stood at `site`, and those in which they stood elsewhere."""
        self._refresh()
        here, elsewhere = dict(hours), dict[Key, set[int]]()
        moved = [key for key in hours if key[0] in self._moved] if self._moved else []
        others = {each.id for each in self._registry.sites()} - {site.id} if moved else set()
        for key in moved:
            noted = here.pop(key)
            elsewhere[key] = self._stood_in(key[0], noted, others)
            if stood := self._stood_in(key[0], noted, {site.id}):
                here[key] = stood
        return here, elsewhere

    def _stood_in(self, sensor: str, hours: Collection[int], sites: Collection[str]) -> set[int]:
        return {hour for hour in hours if self._moved[sensor].at(hour * HOUR_MS) in sites}

    def _refresh(self) -> None:
        if self._edition == self._registry.edition:
            return
        changed = self._registry.changed_since(self._edition)
        self._edition = self._registry.edition
        if changed is None:
            self._by_site, self._by_gateway, self._sites_of = defaultdict(list), defaultdict(list), {}
            self._gateways_of, self._moved = {}, {}
            for sensor in self._registry.sensors():
                self._add(sensor)
            return
        for name in changed:
            self._remove(name)
            if self._registry.has_sensor(name) and (found := self._registry.sensor(name)) is not None:
                self._add(found)

    def _add(self, sensor: Sensor) -> None:
        sites, gateways = self._registry.history.site(sensor), self._registry.history.gateway(sensor).values
        if len(sites.values) > 1:
            self._moved[sensor.id] = sites
        self._sites_of[sensor.id] = list(dict.fromkeys(sites.values))
        self._gateways_of[sensor.id] = list(dict.fromkeys((sensor.gateway, *gateways)))
        for name in self._sites_of[sensor.id]:
            self._by_site[name].append(sensor)
        for name in self._gateways_of[sensor.id]:
            self._by_gateway[name].append(sensor)

    def _remove(self, sensor: str) -> None:
        self._moved.pop(sensor, None)
        for name in self._sites_of.pop(sensor, ()):
            self._by_site[name] = [each for each in self._by_site[name] if each.id != sensor]
        for name in self._gateways_of.pop(sensor, ()):
            self._by_gateway[name] = [each for each in self._by_gateway[name] if each.id != sensor]
