"""What becomes of a sensor in one act, as the facts to record together, and what stays that somebody should look at.

replaced: another device hangs there       device, and of the new one what is known: height, calibrations
moved:    behind another gateway, or to another site       gateway, site, and the same

The series goes on in both. A line that was fitted to the device before (`co_location`) ends with it.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from cloud.registry.air_corrections import HUMIDITY, correction_of
from cloud.registry.devices import DEVICE
from cloud.registry.history import GATEWAY, MOUNTING_HEIGHT, SITE, calibration_of
from cloud.registry.records import NO_CALIBRATION, Sensor
from cloud.registry.snapshot import Registry
from i18n.message import LocalizedMessage
from rules.corrections import CoLocation, UsEpa2021


class Mounting(msgspec.Struct, frozen=True):
    """How it hangs and is calibrated from then on, by the kind of fact: only what is known to be another."""

    values: Mapping[str, Any] = {}

    @classmethod
    def of(cls, *, heights: tuple[float | None, ...], calibrations: Mapping[str, Any]) -> "Mounting":
        """Make it of one height in cm (empty: as before), and of calibrations by quantity."""
        lines = {calibration_of(quantity): line for quantity, line in calibrations.items()}
        return cls(({MOUNTING_HEIGHT: heights[0]} if heights else {}) | lines)


def replacement(registry: Registry, sensor: Sensor, device: Any, mounting: Mounting, at_ms: int) -> dict[str, Any]:
    """Give the facts of another device at a sensor from `at_ms` (UTC) on."""
    fitted = {correction_of(quantity): None for quantity in _fitted(registry, sensor, at_ms)}
    return {DEVICE: device, **mounting.values, **fitted}


def move(*, site: str | None, gateway: str | None, mounting: Mounting) -> dict[str, Any]:
    """Give the facts of a sensor that went elsewhere; None: there it stays."""
    places = {what: value for what, value in ((SITE, site), (GATEWAY, gateway)) if value is not None}
    return {**places, **mounting.values}


def to_look_at(registry: Registry, sensor: Sensor, values: Mapping[str, Any], at_ms: int) -> Iterator[LocalizedMessage]:
    """Yield what still holds though `values` are recorded from `at_ms` on, and may not be right any more."""
    if DEVICE in values:
        yield from _of_the_device_before(registry, sensor, values, at_ms)
    if SITE in values or GATEWAY in values:
        yield from _left_behind(registry, sensor, values, at_ms)


def _fitted(registry: Registry, sensor: Sensor, at_ms: int) -> Iterator[str]:
    for quantity in sensor.quantities:
        held = registry.air_corrections.at(sensor.id, quantity, at_ms)
        if held is not None and isinstance(held.correction, CoLocation):
            yield quantity


def _of_the_device_before(
    registry: Registry, sensor: Sensor, values: Mapping[str, Any], at_ms: int
) -> Iterator[LocalizedMessage]:
    for quantity in sensor.quantities:
        line, what = registry.history.calibration(sensor, quantity).at(at_ms), calibration_of(quantity)
        if line != NO_CALIBRATION and what not in values:
            yield LocalizedMessage(
                "{what}: × {scale:g} {offset:+g} was put on the device before and still holds; record another where it "
                "was that device's own",
                what=what, scale=line.scale, offset=line.offset,
            )  # fmt: skip
    height = registry.history.mounting_height_cm(sensor).at(at_ms)
    if height is not None and MOUNTING_HEIGHT not in values:
        yield LocalizedMessage(
            "mounting_height_cm: {height:g} still holds; measure whether the device hangs as high as the one before",
            height=height,
        )
    for what in values:
        if values[what] is None and what not in (DEVICE, MOUNTING_HEIGHT):
            yield LocalizedMessage(
                "{what}: was fitted to the device before, and has ended; fit another when this one has stood beside "
                "the reference",
                what=what,
            )  # fmt: skip


def _left_behind(
    registry: Registry, sensor: Sensor, values: Mapping[str, Any], at_ms: int
) -> Iterator[LocalizedMessage]:
    """Whatever takes the sensor for one beside another that is elsewhere then."""
    history = registry.history
    place = (
        values.get(SITE, history.site(sensor).at(at_ms)), values.get(GATEWAY, history.gateway(sensor).at(at_ms))
    )  # fmt: skip
    for corrected, beside in _humidities(registry, sensor, at_ms):
        other = registry.sensor(beside if corrected == sensor.id else corrected)
        if other is not None and (history.site(other).at(at_ms), history.gateway(other).at(at_ms)) != place:
            yield LocalizedMessage(
                "sensor {corrected}: is corrected by the humidity of {beside}, which is not beside it any more; record "
                "another correction",
                corrected=corrected, beside=beside,
            )  # fmt: skip
    twin = None if sensor.twin is None else registry.sensor(sensor.twin)
    if twin is not None and history.site(twin).at(at_ms) != place[0]:
        yield LocalizedMessage(
            "sensor {sensor}: its twin {twin} is at another site and cannot measure the same; take it out of the "
            "registry, or move it too",
            sensor=sensor.id, twin=twin.id,
        )  # fmt: skip


def _humidities(registry: Registry, sensor: Sensor, at_ms: int) -> Iterator[tuple[str, str]]:
    """Yield (corrected sensor, sensor of its humidity) of those that hold and have to do with `sensor`."""
    corrections = registry.air_corrections
    corrected = {sensor.id, *(corrections.by_humidity_of(sensor.id) if HUMIDITY in sensor.quantities else ())}
    for name in sorted(corrected):
        for quantity in getattr(registry.sensor(name), "quantities", ()):
            held = corrections.at(name, quantity, at_ms)
            if held is None or not isinstance(held.correction, UsEpa2021) or held.correction.humidity is None:
                continue
            if sensor.id in (name, held.correction.humidity) and name != held.correction.humidity:
                yield name, held.correction.humidity
