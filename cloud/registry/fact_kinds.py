"""What can be recorded as a dated fact, of what, and which values are possible.

mounting_height_cm      of a sensor     30 to 3500, or null where it hangs over no water
calibration.QUANTITY    of a sensor     {"scale": 1.0, "offset": -2.5}
correction.QUANTITY     of a sensor     {"correction": "us_epa_2021", "input": "cf_atm"}, or null: correction_checks.py
device                  of a sensor     {"make": "MaxBotix", "model": "MB7389", "serial": "A-17"}, or null: devices.py
site, gateway           of a sensor     the id of one in the city file;  site of a gateway too
ispu_table              of the city     the key of the version of ISPU's table that is official
"""

import math
from collections.abc import Callable, Iterator
from typing import Any

import msgspec

from cloud.registry.air_corrections import corrected_quantity, correction_of
from cloud.registry.correction_checks import correction_mistakes
from cloud.registry.devices import DEVICE, device_mistake
from cloud.registry.facts import CITY, Fact, Key
from cloud.registry.history import GATEWAY, MOUNTING_HEIGHT, OFFICIAL_ISPU, SITE, calibrated_quantity, calibration_of
from cloud.registry.records import NO_CALIBRATION, Gateway, Sensor
from cloud.registry.snapshot import Registry
from i18n.message import LocalizedMessage
from rules.ispu import P14_2020, TABLES
from rules.level import height_mistake
from wire import AIR_PARAMETERS
from wire.measurements import COMPUTED

Check = Callable[[Any, Registry], LocalizedMessage | None]
"""Returns why a value is not possible; None where it is."""


class FactKind(msgspec.Struct, frozen=True):
    """A kind of fact: of which kinds of subject, and the check of its value."""

    subjects: tuple[str, ...]
    check: Check


def _site(value: Any, registry: Registry) -> LocalizedMessage | None:
    if isinstance(value, str) and value in {site.id for site in registry.sites()}:
        return None
    return LocalizedMessage("value {value!r}: there is no such site; /api/v1/sites lists them", value=_short(value))


def _gateway(value: Any, registry: Registry) -> LocalizedMessage | None:
    if isinstance(value, str) and value in {gateway.id for gateway in registry.gateways()}:
        return None
    return LocalizedMessage(
        "value {value!r}: there is no such gateway; /api/v1/gateways lists them", value=_short(value)
    )


def _height(value: Any, _registry: Registry) -> LocalizedMessage | None:
    if value is None:
        return None
    if not _is_number(value):
        return LocalizedMessage(
            "value {value!r}: write the height in cm, or null where it hangs over no water", value=_short(value)
        )
    mistake = height_mistake(value)
    return None if mistake is None else LocalizedMessage("value {value:g}: {why}", value=value, why=mistake)


def _calibration(value: Any, _registry: Registry) -> LocalizedMessage | None:
    if not isinstance(value, dict) or value.keys() != {"scale", "offset"} or not all(map(_is_number, value.values())):
        return LocalizedMessage(
            "value {value!r}: write {example}", value=_short(value), example='{"scale": 1.0, "offset": -2.5}'
        )
    if value["scale"] == 0:
        return LocalizedMessage("value: a scale of 0 makes every value the same; write another")
    return None


def _device(value: Any, _registry: Registry) -> LocalizedMessage | None:
    return device_mistake(value)


def _ispu_table(value: Any, _registry: Registry) -> LocalizedMessage | None:
    if isinstance(value, str) and value in TABLES:
        return None
    return LocalizedMessage(
        "value {value!r}: there is no such version; write {known}", value=_short(value), known=", ".join(TABLES)
    )


KINDS = {
    MOUNTING_HEIGHT: FactKind(("sensor",), _height),
    SITE: FactKind(("sensor", "gateway"), _site),
    GATEWAY: FactKind(("sensor",), _gateway),
    DEVICE: FactKind(("sensor",), _device),
    OFFICIAL_ISPU: FactKind((CITY,), _ispu_table),
}
"""By the name of the fact; calibrations and corrections, one for each quantity of a sensor, are beside it."""
_OF_CALIBRATION = FactKind(("sensor",), _calibration)


def kinds_of(registry: Registry, subject: str) -> list[str]:
    """List the kinds of facts of a subject."""
    record = record_of(registry, subject)
    if record is None and subject != CITY:
        return []
    kind = subject.partition(":")[0]
    found = [what for what, row in KINDS.items() if kind in row.subjects]
    quantities = record.quantities if isinstance(record, Sensor) else ()
    found += [calibration_of(quantity) for quantity in quantities]
    return found + [correction_of(quantity) for quantity in quantities if quantity in AIR_PARAMETERS]


def problems_of(registry: Registry, key: Key, value: Any) -> Iterator[LocalizedMessage]:
    """Yield why a value cannot be recorded of a thing; nothing where it can."""
    subject, what = key
    possible = kinds_of(registry, subject)
    if not possible:
        yield LocalizedMessage(
            "subject {subject!r}: is nothing that facts are recorded of; write sensor:ID, gateway:ID or city",
            subject=subject[:80],
        )
    elif what not in possible:
        yield LocalizedMessage(
            "what {what!r}: cannot be recorded of {subject}; write one of {known}",
            what=what[:80], subject=subject, known=", ".join(possible),
        )  # fmt: skip
    elif (quantity := corrected_quantity(what)) is not None:
        sensor = record_of(registry, subject)
        if isinstance(sensor, Sensor):
            yield from correction_mistakes(value, registry, sensor, quantity)
    else:
        mistake = (_OF_CALIBRATION if calibrated_quantity(what) else KINDS[what]).check(value, registry)
        if mistake is not None:
            yield mistake


def baseline_of(registry: Registry, key: Key) -> Any:
    """Return the value of a thing without facts, as the city file has it."""
    if key == (CITY, OFFICIAL_ISPU):
        return P14_2020.key
    record, what = record_of(registry, key[0]), key[1]
    quantity = calibrated_quantity(what)
    if isinstance(record, Sensor) and quantity is not None:
        line = record.calibration.get(quantity, NO_CALIBRATION)
        return {"scale": line.scale, "offset": line.offset}
    return getattr(record, what, None)


def record_of(registry: Registry, subject: str) -> Sensor | Gateway | None:
    """Return the sensor or gateway that a subject names, retired or not; None where there is none."""
    kind, _colon, name = subject.partition(":")
    if kind == "gateway":
        return registry.gateway(name)
    sensor = registry.sensor(name) if kind == "sensor" else None
    return None if sensor is None or sensor.gateway in (COMPUTED, sensor.id) else sensor


def site_of(registry: Registry, subject: str) -> str | None:
    """Return the site of what a subject names; None where it belongs to none, or is not there."""
    record = record_of(registry, subject)
    return None if record is None else record.site


def visible_facts(
    registry: Registry, may_see: Callable[[str], bool], *, subject: str | None = None, what: str | None = None
) -> Iterator[Fact]:
    """Yield the facts at sites that somebody may see, the newest first; of one `subject`, `what` if asked."""
    sites: dict[str, bool] = {}
    for fact in reversed(registry.facts.all()):
        if subject not in (None, fact.subject) or what not in (None, fact.what):
            continue
        if fact.subject not in sites:
            site = site_of(registry, fact.subject)
            sites[fact.subject] = fact.subject == CITY or (site is not None and may_see(site))
        if sites[fact.subject]:
            yield fact


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _short(value: Any) -> str:
    return str(value)[:80]
