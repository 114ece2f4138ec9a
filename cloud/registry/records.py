"""The records of the registry:  a city has sites, a site has gateways and sensors.

City(name="Morotai", zone="Asia/Jayapura")
Site(id="daruba", name="Daruba river", place="Daruba", latitude=2.05, longitude=128.29, zone="Asia/Jayapura")
Gateway(id="gw-daruba", name="Daruba gateway", site="daruba")
Sensor(id="river-daruba-1", name="River", site="daruba", gateway="gw-daruba", quantities=("water_level",), …)
"""

from typing import TypeAlias

import msgspec

from wire import Stamped


class City(msgspec.Struct, frozen=True):
    """The city: its name, and the IANA time zone of sites that name none."""

    name: str
    zone: str


class Contact(msgspec.Struct, frozen=True):
    """Somebody to call about a site: who keeps the key, who lives beside the gauge."""

    name: str
    role: str = ""
    phone: str = ""
    email: str = ""


class Site(msgspec.Struct, frozen=True):
    """A place with sensors: WGS 84 degrees, and its IANA time zone.

    For visitors: `capacity` is how many may be there at once, `area_m2` where they are, `closes` the local hour at
    which nobody is left ("18:00"). For warnings: `polygon` has the corners (latitude, longitude) of the area meant.
    """

    id: str
    name: str
    place: str
    latitude: float
    longitude: float
    zone: str
    retired: bool = False
    capacity: int | None = None
    area_m2: float | None = None
    closes: str | None = None
    polygon: tuple[tuple[float, float], ...] = ()
    retired_ms: int | None = None
    contacts: tuple[Contact, ...] = ()


class Gateway(msgspec.Struct, frozen=True):
    """A gateway and the site at which it stands; retired when the city has it no more.

    `retired_ms` (UTC): since when it is, of those that are retired; None where nobody knows. So of sites and sensors.
    """

    id: str
    name: str
    site: str
    retired: bool = False
    retired_ms: int | None = None


class Calibration(msgspec.Struct, frozen=True):
    """A straight line: stored are `value * scale + offset`, in the quantity's unit."""

    scale: float = 1.0
    offset: float = 0.0

    def of(self, value: float) -> float:
        """Calibrate a value that was sent."""
        return value * self.scale + self.offset


NO_CALIBRATION = Calibration()


class Sensor(msgspec.Struct, frozen=True):
    """A sensor: what it measures, behind which gateway, how often (`interval_s`), and how it is mounted.

    Rules may be set for its `groups`; `twin` is the sensor beside it that should read the same. Since `valid_from_ms`
    (UTC) site, gateway, height and calibration are so, where the city file says when. `stamped`: which end of the
    interval that a reading speaks for its time is; None where it is a moment. `next_downstream`: the gauge that
    the water of this one reaches next.
    """

    id: str
    name: str
    site: str
    gateway: str
    quantities: tuple[str, ...]
    interval_s: float | None = None
    mounting_height_cm: float | None = None
    calibration: dict[str, Calibration] = {}
    retired: bool = False
    groups: tuple[str, ...] = ()
    twin: str | None = None
    valid_from_ms: int | None = None
    stamped: Stamped | None = None
    next_downstream: str | None = None
    retired_ms: int | None = None


Record: TypeAlias = Site | Gateway | Sensor
"""One of what the registry has many of."""
