"""Whether the value of a fact can correct the air of a sensor; if not, a sentence with what to write.

None   {"correction": "us_epa_2021", "input": "cf_atm"}   {"correction": "linear", "slope": 0.52, "offset": 3.1}
"""

import math
from collections.abc import Iterator
from typing import Any

import msgspec

from cloud.registry.air_corrections import CORRECTED_BY_HUMIDITY, HUMIDITY
from cloud.registry.records import Sensor
from cloud.registry.snapshot import Registry
from i18n.message import LocalizedMessage
from rules.corrections import LEAST_SLOPE, MOST_SLOPE, UsEpa2021, correction_from

US_EPA, LINEAR = (
    '{"correction": "us_epa_2021", "input": "cf_atm"}',
    '{"correction": "linear", "slope": 0.52, "offset": 3.1}',
)
"""What may be written, and null for none."""


def correction_mistakes(value: Any, registry: Registry, sensor: Sensor, quantity: str) -> Iterator[LocalizedMessage]:
    """Yield why a value cannot correct a quantity of a sensor."""
    if value is None:
        return
    try:
        correction = correction_from(value)
    except msgspec.ValidationError as error:
        yield LocalizedMessage(
            "value {value!r}: is no correction ({why}); write {us_epa}, {linear}, or null for none",
            value=str(value)[:80], why=str(error), us_epa=US_EPA, linear=LINEAR,
        )  # fmt: skip
        return
    if isinstance(correction, UsEpa2021):
        yield from _of_us_epa(correction, registry, sensor, quantity)
    elif not (LEAST_SLOPE <= correction.slope <= MOST_SLOPE and math.isfinite(correction.offset)):
        yield LocalizedMessage(
            "value: slope {slope:g} and offset {offset:g} correct nothing; write a slope of {low:g} to {high:g}",
            slope=correction.slope, offset=correction.offset, low=LEAST_SLOPE, high=MOST_SLOPE,
        )  # fmt: skip


def _of_us_epa(correction: UsEpa2021, registry: Registry, sensor: Sensor, quantity: str) -> Iterator[LocalizedMessage]:
    if quantity != CORRECTED_BY_HUMIDITY:
        yield LocalizedMessage(
            "value: us_epa_2021 is for {right} alone, and not for {quantity}; write {linear}",
            right=CORRECTED_BY_HUMIDITY, quantity=quantity, linear=LINEAR,
        )  # fmt: skip
        return
    name = correction.humidity or sensor.id
    beside = registry.sensor(name) if registry.has_sensor(name) else None
    if beside is None or HUMIDITY not in beside.quantities:
        yield LocalizedMessage(
            'value: {name} measures no humidity, which us_epa_2021 needs; add "humidity": "ID" of a sensor that does',
            name=name[:80],
        )
    elif (beside.site, beside.gateway) != (sensor.site, sensor.gateway):
        yield LocalizedMessage(
            "value: {name} is not at the site and behind the gateway of {sensor}; name one beside it",
            name=name, sensor=sensor.id,
        )  # fmt: skip
