"""Dated facts as people read and write them: of what, which value, since when, who recorded it and whether it holds.

FactView(id=7, where="Daruba river bridge · River gauge", what="Mounting height", value="420 cm",
         since="20 Nov 09:00 WIT", recorded_by="ani: surveyed (survey 7)", state="holds", …)
"""

from collections.abc import Iterable, Mapping
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from msgspec import ValidationError

from cloud.access.principal import Principal
from cloud.console.view_models.typed_number import InvalidInput
from cloud.registry.air_corrections import corrected_quantity, correction_of
from cloud.registry.devices import DEVICE, device_text
from cloud.registry.fact_kinds import record_of, visible_facts
from cloud.registry.facts import SINCE_EVER_MS, Fact
from cloud.registry.history import (
    GATEWAY,
    MOUNTING_HEIGHT,
    OFFICIAL_ISPU,
    SITE,
    calibrated_quantity,
    calibration_of,
)
from cloud.registry.records import Gateway, Sensor
from cloud.registry.snapshot import Registry
from i18n import figures
from i18n.catalog import N_, Catalog
from rules.corrections import Linear, UsEpa2021, correction_from
from rules.ispu import TABLES
from wire import AIR_PARAMETERS, HEALTH_QUANTITIES, QuantityTable

MOST_SHOWN = 50
WHATS = {
    MOUNTING_HEIGHT: N_("Mounting height"),
    SITE: N_("Site"),
    GATEWAY: N_("Gateway"),
    DEVICE: N_("Device"),
    OFFICIAL_ISPU: N_("Official ISPU table"),
}
"""The facts that are neither calibrations nor corrections, by name."""


class FactView(msgspec.Struct, frozen=True):
    """One fact for the screen; `is_open`: it can be corrected and undone."""

    id: int
    where: str
    what: str
    value: str
    since: str
    recorded_by: str
    state: str
    holds: bool
    is_open: bool


def fact_views(
    _: Catalog, registry: Registry, principal: Principal, now_ms: int, zone: ZoneInfo, *,
    subject: str | None = None, before_id: int | None = None, limit: int = MOST_SHOWN,
) -> tuple[FactView, ...]:  # fmt: skip
    """The newest facts of what `principal` may see, of one `subject` and before one id if asked.

    That a sensor never hung over water is left out.
    """
    facts = (
        fact
        for fact in visible_facts(registry, principal.may_see, subject=subject)
        if not _says_nothing(fact) and (before_id is None or fact.id < before_id)
    )
    return tuple(_fact_view(_, registry, fact, now_ms, zone) for fact in islice(facts, limit))


def _says_nothing(fact: Fact) -> bool:
    return fact.what == MOUNTING_HEIGHT and fact.value is None and fact.valid_from_ms == SINCE_EVER_MS


def whats_of(_: Catalog, table: QuantityTable) -> list[tuple[str, str]]:
    """What can be recorded, as (name, words); which of what, the registry checks when it is tried."""
    sensed = [name for name in table.measured if name not in HEALTH_QUANTITIES]
    plain = [(what, _(words)) for what, words in WHATS.items()]
    named = [*map(calibration_of, sensed), *map(correction_of, AIR_PARAMETERS)]
    return plain + [(what, what_text(_, table, what)) for what in named]


def what_text(_: Catalog, table: QuantityTable, what: str) -> str:
    """The name of a fact in words."""
    quantity, corrected = calibrated_quantity(what), corrected_quantity(what)
    if corrected is not None:
        return _("Correction: {quantity}", quantity=figures.name_of(_, table.row(corrected)))
    if quantity is None:
        return _(WHATS[what]) if what in WHATS else what
    return _("Calibration: {quantity}", quantity=figures.name_of(_, table.row(quantity)))


def parse_value(_: Catalog, what: str, text: str) -> Any:
    """A value as it was written: "420", "1.02 -3" (scale and offset), "us_epa_2021 cf_atm", an id.

    InvalidInput where it is none.
    """
    given = text.strip()
    quantity = calibrated_quantity(what)
    if what == MOUNTING_HEIGHT:
        return _number(_, given) if given else None
    if what == DEVICE:
        return _device(given)
    if corrected_quantity(what) is not None:
        return _correction(_, given)
    if quantity is None:
        return given
    numbers = given.replace(";", " ").split()
    if len(numbers) != 2:
        raise InvalidInput(_("Write scale and offset with a space between them, as 1.02 -3."))
    return {"scale": _number(_, numbers[0]), "offset": _number(_, numbers[1])}


def _device(text: str) -> Any:
    """A device as it was written: "B-03; MB7389; MaxBotix", the serial number first; None where nothing was."""
    serial, *named = (part.strip() for part in text.split(";", 2))
    return {"serial": serial} | dict(zip(("model", "make"), named, strict=False)) if text else None


def _correction(_: Catalog, text: str) -> Any:
    """A correction as it was written: "us_epa_2021 cf_atm weather-1", "linear 0.52 3.1", "none"."""
    name, *words = text.split() or ["none"]
    if name == "none" and not words:
        return None
    if name == "us_epa_2021" and 1 <= len(words) <= 2:
        return {"correction": name} | dict(zip(("input", "humidity"), words, strict=False))
    if name == "linear" and len(words) == 2:
        return {"correction": name, "slope": _number(_, words[0]), "offset": _number(_, words[1])}
    raise InvalidInput(
        _("Write us_epa_2021 cf_atm (or cf_1), then the sensor of the humidity if another; linear 0.52 3.1; or none.")
    )


def _number(_: Catalog, text: str) -> float:
    try:
        return float(text.replace(",", "."))
    except ValueError:
        raise InvalidInput(_("Write a number.")) from None


def _fact_view(_: Catalog, registry: Registry, fact: Fact, now_ms: int, zone: ZoneInfo) -> FactView:
    record = record_of(registry, fact.subject)
    holding = registry.facts.fact_at(fact.subject, fact.what, now_ms)
    holds = holding is not None and holding.id == fact.id
    source = f" ({fact.source})" if fact.source else ""
    return FactView(
        id=fact.id,
        where=registry.city.name if record is None else _place(registry, record),
        what=what_text(_, registry.quantities, fact.what),
        value=_value_text(_, registry, fact),
        since=_("since ever") if fact.valid_from_ms <= SINCE_EVER_MS else _moment(_, fact.valid_from_ms, zone),
        recorded_by=f"{fact.author}: {fact.reason}{source}" if fact.reason else f"{fact.author}{source}",
        state=_state(_, fact, holds=holds, now_ms=now_ms),
        holds=holds,
        is_open=fact.undone_ms is None,
    )


def _state(_: Catalog, fact: Fact, *, holds: bool, now_ms: int) -> str:
    computing = "" if fact.due_ms is None else " · " + _("being computed")
    if fact.undone_ms is not None:
        return _("undone by {name}", name=fact.undone_by or "") + computing
    if fact.valid_from_ms > now_ms:
        return _("to come")
    return (_("holds") if holds else _("held before")) + computing


def _value_text(_: Catalog, registry: Registry, fact: Fact) -> str:
    value = fact.value
    if fact.what == MOUNTING_HEIGHT:
        return _("over no water") if value is None else f"{value:g} cm"
    if fact.what == DEVICE:
        return device_text(value) or _("unknown")
    if corrected_quantity(fact.what) is not None:
        return _correction_text(_, value)
    if isinstance(value, Mapping):
        return f"× {value.get('scale', 1.0):g} {value.get('offset', 0.0):+g}"
    if fact.what == OFFICIAL_ISPU and value in TABLES:
        return f"{TABLES[value].name} ({_(STATUSES[TABLES[value].status])})"
    site = registry.site(str(value)) if fact.what == SITE else None
    return str(value) if site is None else site.name


def _correction_text(_: Catalog, value: Any) -> str:
    """A correction as it can be written again, and how well a fitted one fits."""
    if value is None:
        return _("none")
    try:
        correction = correction_from(value)
    except ValidationError:  # of a later release
        return str(value)
    if isinstance(correction, UsEpa2021):
        return " ".join(filter(None, (correction.name, correction.input, correction.humidity)))
    line = f"{correction.name} {correction.slope:g} {correction.offset:g}"
    if isinstance(correction, Linear):
        return line
    return f"{line} ({correction.reference}, n {correction.n}, R² {correction.r2:.2f}, RMSE {correction.rmse:.1f})"


STATUSES = {"regulation": N_("regulation"), "observed": N_("observed")}


def _place(registry: Registry, record: Sensor | Gateway) -> str:
    site = registry.site(record.site)
    return f"{record.site if site is None else site.name} · {record.name}"


def _moment(_: Catalog, time_ms: int, zone: ZoneInfo) -> str:
    return f"{figures.minute(_, time_ms, zone)} {figures.zone_name(time_ms, zone)}"


def troubles_of(_: Catalog, problems: Iterable[tuple[Sensor, Any]], principal: Principal) -> tuple[str, ...]:
    """The sentences on heights that do not fit, of sensors at sites that `principal` may see."""
    return tuple(_.said(sentence) for sensor, sentence in problems if principal.may_see(sensor.site))
