"""The site, gateway, height and calibration of each sensor over time: from dated facts, else from the city file.

history.mounting_height_cm(river).at(time_ms) -> 450        history.now(river, now_ms) -> the sensor as it is today

The tags of a stored reading are its site and gateway as they were on record at the reading's own time. No later
correction may change them: a reading that is sent again would then be stored a second time, under other tags.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import msgspec

from cloud.registry.devices import DEVICE
from cloud.registry.facts import CITY, Facts, Timeline, constant
from cloud.registry.records import NO_CALIBRATION, Calibration, Gateway, Sensor
from i18n.message import LocalizedMessage
from rules.ispu import P14_2020

SITE, GATEWAY, MOUNTING_HEIGHT = "site", "gateway", "mounting_height_cm"
OFFICIAL_ISPU = "ispu_table"
_CALIBRATION = "calibration."
_SENSOR = "sensor:"
_OVER_WATER = ("distance", "water_level")


def calibration_of(quantity: str) -> str:
    """Name the fact of a quantity's calibration: calibration.water_level."""
    return f"{_CALIBRATION}{quantity}"


def calibrated_quantity(what: str) -> str | None:
    """Return the quantity whose calibration `what` is; None where it is another kind of fact."""
    return what.removeprefix(_CALIBRATION) if what.startswith(_CALIBRATION) else None


def subject_of(record: Sensor | Gateway) -> str:
    """Name a sensor or a gateway as the subject of facts: sensor:river, gateway:gw-daruba."""
    is_gateway = isinstance(record, Gateway) or record.id == record.gateway
    return f"gateway:{record.id}" if is_gateway else f"sensor:{record.id}"


class FactHistory:
    """The facts of the registry as the values of each sensor and gateway over time."""

    def __init__(self, facts: Facts) -> None:
        self._facts = facts

    def site(self, record: Sensor | Gateway) -> Timeline:
        """Return its sites over time."""
        return self._facts.timeline(subject_of(record), SITE) or constant(record.site)

    def gateway(self, sensor: Sensor) -> Timeline:
        """Return its gateways over time."""
        return self._facts.timeline(subject_of(sensor), GATEWAY) or constant(sensor.gateway)

    def site_tag(self, record: Sensor | Gateway) -> Timeline:
        """Return the site to tag a reading with, by the reading's time."""
        return self._facts.timeline_as_recorded(subject_of(record), SITE) or constant(record.site)

    def gateway_tag(self, sensor: Sensor) -> Timeline:
        """Return the gateway to tag a reading with, by the reading's time."""
        return self._facts.timeline_as_recorded(subject_of(sensor), GATEWAY) or constant(sensor.gateway)

    def mounting_height_cm(self, sensor: Sensor) -> Timeline:
        """Return its heights over the gauge's zero over time; None: over no water."""
        return self._facts.timeline(subject_of(sensor), MOUNTING_HEIGHT) or constant(sensor.mounting_height_cm)

    def device(self, sensor: Sensor) -> Timeline:
        """Return the devices that hung there over time; None where nobody knows which."""
        return self._facts.timeline(subject_of(sensor), DEVICE) or constant(None)

    def replacements(self) -> Mapping[str, Sequence[int]]:
        """Return when (UTC, ms) another device took its place at each sensor at which one ever did."""
        timelines = {
            subject: self._facts.timeline(subject, what) for subject, what in self._facts.subjects() if what == DEVICE
        }
        return {
            subject.removeprefix(_SENSOR): timeline.starts_ms[1:]
            for subject, timeline in timelines.items()
            if timeline is not None and len(timeline.starts_ms) > 1
        }

    def calibration(self, sensor: Sensor, quantity: str) -> Timeline:
        """Return the calibrations of a quantity over time."""
        found = self._facts.timeline(subject_of(sensor), calibration_of(quantity))
        if found is None:
            return constant(sensor.calibration.get(quantity, NO_CALIBRATION))
        return Timeline(zip(found.starts_ms, map(calibration_from, found.values), strict=True))

    def ispu_table(self) -> Timeline:
        """Return the keys of the official versions of ISPU's table over time."""
        return self._facts.timeline(CITY, OFFICIAL_ISPU) or constant(P14_2020.key)

    def sensor_at(self, sensor: Sensor, time_ms: int) -> Sensor:
        """Return a sensor of the city file as it was at `time_ms` (UTC)."""
        calibration = dict(self._calibrations(sensor, time_ms))
        return msgspec.structs.replace(
            sensor,
            site=self.site(sensor).at(time_ms),
            gateway=self.gateway(sensor).at(time_ms),
            mounting_height_cm=self.mounting_height_cm(sensor).at(time_ms),
            calibration=calibration,
        )

    def with_level(self, sensor: Sensor) -> Sensor:
        """Return a sensor with both distance and level where it measures one and ever had a known height over water.

        The level is computed from the distance, whether the city file names both or one.
        """
        if not set(_OVER_WATER).intersection(sensor.quantities) or not any(self.mounting_height_cm(sensor).values):
            return sensor
        missing = (quantity for quantity in _OVER_WATER if quantity not in sensor.quantities)
        return msgspec.structs.replace(sensor, quantities=(*sensor.quantities, *missing))

    def gateway_at(self, gateway: Gateway, time_ms: int) -> Gateway:
        """Return a gateway of the city file as it was at `time_ms` (UTC)."""
        return msgspec.structs.replace(gateway, site=self.site(gateway).at(time_ms))

    def _calibrations(self, sensor: Sensor, time_ms: int) -> Iterator[tuple[str, Calibration]]:
        for quantity in sensor.quantities:
            given = self.calibration(sensor, quantity).at(time_ms)
            if given != NO_CALIBRATION or quantity in sensor.calibration:
                yield quantity, given


def file_values(record: Sensor | Gateway) -> dict[str, Any]:
    """Return what the city file says of a gateway or sensor, by the kind of fact."""
    if isinstance(record, Gateway):
        return {SITE: record.site}
    calibrations = {
        calibration_of(quantity): value_of(record.calibration.get(quantity, NO_CALIBRATION))
        for quantity in record.quantities
    }
    return {SITE: record.site, GATEWAY: record.gateway, MOUNTING_HEIGHT: record.mounting_height_cm, **calibrations}


def outdated_entries(records: Iterable[Sensor | Gateway], facts: Facts, now_ms: int) -> Iterator[str]:
    """Yield where the city file says something else than holds: sensor:river mounting_height_cm 450, holds 420."""
    known = {fact.subject for fact in facts.all()}
    for record in records:
        subject = subject_of(record)
        for what, value in file_values(record).items() if subject in known and not record.retired else ():
            timeline = facts.timeline(subject, what)
            if timeline is not None and timeline.at(now_ms) != value:
                yield LocalizedMessage(
                    "{subject} {what} {value}, holds {held}",
                    subject=subject, what=what, value=str(value), held=str(timeline.at(now_ms)),
                )  # fmt: skip


def value_of(calibration: Calibration) -> dict[str, float]:
    """Encode a calibration as the value of a fact."""
    return {"scale": calibration.scale, "offset": calibration.offset}


def calibration_from(value: dict[str, float]) -> Calibration:
    """Decode the value of a fact as a calibration."""
    return Calibration(float(value["scale"]), float(value["offset"]))
