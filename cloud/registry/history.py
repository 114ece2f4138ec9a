"""What the dated facts say of each sensor and gateway over time, beside what the city file says of the present.

history.mounting_height_cm(river).at(time_ms) -> 450        history.now(river, now_ms) -> the sensor as it is today

Tags of stored readings are what was *believed* at the reading's own time of its site and gateway: no correction that
comes later may change them, or a reading that is sent again would be stored beside itself.
"""

from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from cloud.registry.facts import CITY, Eras, Facts, always
from cloud.registry.records import NO_CALIBRATION, Calibration, Gateway, Sensor
from rules.ispu import P14_2020

SITE, GATEWAY, MOUNTING_HEIGHT = "site", "gateway", "mounting_height_cm"
OFFICIAL_ISPU = "ispu_table"
_CALIBRATION = "calibration."
_OVER_WATER = ("distance", "water_level")


def calibration_of(quantity: str) -> str:
    """What the calibration of a quantity is called among facts: calibration.water_level."""
    return f"{_CALIBRATION}{quantity}"


def calibrated_quantity(what: str) -> str | None:
    """The quantity whose calibration `what` is; None where it is something else."""
    return what.removeprefix(_CALIBRATION) if what.startswith(_CALIBRATION) else None


def subject_of(record: Sensor | Gateway) -> str:
    """What a sensor or a gateway is called among facts: sensor:river, gateway:gw-daruba."""
    is_gateway = isinstance(record, Gateway) or record.id == record.gateway
    return f"gateway:{record.id}" if is_gateway else f"sensor:{record.id}"


class FactHistory:
    """The facts of the registry as the values of each sensor and gateway over time."""

    def __init__(self, facts: Facts) -> None:
        self._facts = facts

    def site(self, record: Sensor | Gateway) -> Eras:
        """Where it stood."""
        return self._facts.held(subject_of(record), SITE) or always(record.site)

    def gateway(self, sensor: Sensor) -> Eras:
        """Behind which gateway it stood."""
        return self._facts.held(subject_of(sensor), GATEWAY) or always(sensor.gateway)

    def site_tag(self, record: Sensor | Gateway) -> Eras:
        """Where it was believed to stand, when it was."""
        return self._facts.believed(subject_of(record), SITE) or always(record.site)

    def gateway_tag(self, sensor: Sensor) -> Eras:
        """Behind which gateway it was believed to stand, when it was."""
        return self._facts.believed(subject_of(sensor), GATEWAY) or always(sensor.gateway)

    def mounting_height_cm(self, sensor: Sensor) -> Eras:
        """How high it hung over the gauge's zero; None: over no water."""
        return self._facts.held(subject_of(sensor), MOUNTING_HEIGHT) or always(sensor.mounting_height_cm)

    def calibration(self, sensor: Sensor, quantity: str) -> Eras:
        """How its readings of a quantity were calibrated."""
        held = self._facts.held(subject_of(sensor), calibration_of(quantity))
        if held is None:
            return always(sensor.calibration.get(quantity, NO_CALIBRATION))
        return Eras(zip(held.starts_ms, map(calibration_from, held.values), strict=True))

    def ispu_table(self) -> Eras:
        """Which version of ISPU's table was official, by its key."""
        return self._facts.held(CITY, OFFICIAL_ISPU) or always(P14_2020.key)

    def sensor_at(self, sensor: Sensor, time_ms: int) -> Sensor:
        """A sensor of the city file as it was at `time_ms` (UTC)."""
        calibration = dict(self._calibrations(sensor, time_ms))
        return msgspec.structs.replace(
            sensor,
            site=self.site(sensor).at(time_ms),
            gateway=self.gateway(sensor).at(time_ms),
            mounting_height_cm=self.mounting_height_cm(sensor).at(time_ms),
            calibration=calibration,
        )

    def with_level(self, sensor: Sensor) -> Sensor:
        """A sensor with both distance and level where it ever hung at a known height over water, and says one of them.

        Of the distance the level is computed, whether the city file names both or one.
        """
        if not set(_OVER_WATER).intersection(sensor.quantities) or not any(self.mounting_height_cm(sensor).values):
            return sensor
        missing = (quantity for quantity in _OVER_WATER if quantity not in sensor.quantities)
        return msgspec.structs.replace(sensor, quantities=(*sensor.quantities, *missing))

    def gateway_at(self, gateway: Gateway, time_ms: int) -> Gateway:
        """A gateway of the city file as it was at `time_ms` (UTC)."""
        return msgspec.structs.replace(gateway, site=self.site(gateway).at(time_ms))

    def _calibrations(self, sensor: Sensor, time_ms: int) -> Iterator[tuple[str, Calibration]]:
        for quantity in sensor.quantities:
            given = self.calibration(sensor, quantity).at(time_ms)
            if given != NO_CALIBRATION or quantity in sensor.calibration:
                yield quantity, given


def filed_values(record: Sensor | Gateway) -> dict[str, Any]:
    """What the city file says of a gateway or sensor that has a date, by the name of the fact."""
    if isinstance(record, Gateway):
        return {SITE: record.site}
    calibrations = {
        calibration_of(quantity): value_of(record.calibration.get(quantity, NO_CALIBRATION))
        for quantity in record.quantities
    }
    return {SITE: record.site, GATEWAY: record.gateway, MOUNTING_HEIGHT: record.mounting_height_cm, **calibrations}


def older_words(records: Iterable[Sensor | Gateway], facts: Facts, now_ms: int) -> Iterator[str]:
    """What the city file still says though something else holds: sensor:river mounting_height_cm 450, holds 420."""
    known = {fact.subject for fact in facts.all()}
    for record in records:
        subject = subject_of(record)
        for what, value in filed_values(record).items() if subject in known and not record.retired else ():
            held = facts.held(subject, what)
            if held is not None and held.at(now_ms) != value:
                yield f"{subject} {what} {value}, holds {held.at(now_ms)}"


def value_of(calibration: Calibration) -> dict[str, float]:
    """A calibration as a fact has it."""
    return {"scale": calibration.scale, "offset": calibration.offset}


def calibration_from(value: dict[str, float]) -> Calibration:
    """A fact's value as a calibration."""
    return Calibration(float(value["scale"]), float(value["offset"]))
