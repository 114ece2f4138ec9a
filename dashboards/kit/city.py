"""The names of a city's sites, sensors and gateways, by id, as dashboards are written with them.

names.of("site")["army-dock"] -> "Pantai Army Dock"
"""

import re
from collections.abc import Mapping

import msgspec

from wire import BUILT_IN, QuantityTable

KINDS = ("site", "sensor", "gateway")
"""The tags, and columns of tables, that hold ids."""


class CityNames(msgspec.Struct, frozen=True):
    """Names by id; `domains` are the measurements that each sensor's readings are in, `quantities` all of the city."""

    site: Mapping[str, str] = {}
    sensor: Mapping[str, str] = {}
    gateway: Mapping[str, str] = {}
    domains: Mapping[str, frozenset[str]] = {}
    quantities: QuantityTable = BUILT_IN

    def of(self, kind: str) -> Mapping[str, str]:
        """The names of a kind of `KINDS`."""
        # what is computed for a whole site has the site for its sensor
        return {"site": self.site, "sensor": {**self.site, **self.sensor}, "gateway": self.gateway}[kind]

    def in_query(self, kind: str, text: str) -> Mapping[str, str]:
        """Those that a query can answer with: a sensor is in the measurements of its domains."""
        if kind != "sensor":
            return self.of(kind)
        asked = set(re.findall(r'"(\w+)"', text))
        return {
            sensor: name
            for sensor, name in self.sensor.items()
            if self.domains[sensor] & asked or asked.isdisjoint(self.quantities.domains)
        }
