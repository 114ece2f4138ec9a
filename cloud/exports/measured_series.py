"""Which series there are at a site or of a sensor: those of which anything is stored, measured or computed.

measured_of_site(registry, newest, "daruba") == [("river", "water_level"), ("air", "pm2_5"), ("daruba", "ispu"), …]
"""

from cloud.readings.newest import Newest
from cloud.registry.snapshot import Registry


def measured_of_site(registry: Registry, newest: Newest, site: str) -> list[tuple[str, str]]:
    """The series of its sensors in their order, then what is computed for the whole site; gateways' own health not."""
    sensors = [one.id for one in registry.sensors_at(site) if one.id != one.gateway]
    return [series for name in (*sensors, site) for series in measured_of_sensor(newest, name)]


def measured_of_sensor(newest: Newest, sensor: str) -> list[tuple[str, str]]:
    """The series of one sensor, by name."""
    return sorted((reading.sensor, reading.quantity) for reading in newest.of_sensors([sensor]))
