"""Which correction holds of a sensor's air, by the dated facts `correction.QUANTITY`; the fact's id is its version.

corrections.at("air", "pm2_5", time_ms) -> DatedCorrection(17, UsEpa2021("cf_atm", humidity="weather"))
corrections.by_humidity_of("weather")   -> ("air",)
"""

from collections import defaultdict
from collections.abc import Collection

import msgspec

from cloud.registry.facts import Fact, Facts
from rules.corrections import Correction, UsEpa2021, correction_from

HUMIDITY = "humidity"
CORRECTED_BY_HUMIDITY = "pm2_5"
"""The only quantity of which a published correction needs the humidity."""
_CORRECTION = "correction."
_SENSOR = "sensor:"


def correction_of(quantity: str) -> str:
    """Name the fact of a quantity's correction: correction.pm2_5."""
    return f"{_CORRECTION}{quantity}"


def corrected_quantity(what: str) -> str | None:
    """Return the quantity whose correction `what` is; None where it is another kind of fact."""
    return what.removeprefix(_CORRECTION) if what.startswith(_CORRECTION) else None


class DatedCorrection(msgspec.Struct, frozen=True):
    """A correction, and the id of the fact that says so; None: one of a later release, which this one cannot read."""

    fact: int
    correction: Correction | None

    @property
    def name(self) -> str:
        """What it is called."""
        return "unknown" if self.correction is None else self.correction.name


class AirCorrections:
    """The corrections among `facts`."""

    def __init__(self, facts: Facts) -> None:
        self._facts = facts
        self._known = frozenset(
            (fact.subject.removeprefix(_SENSOR), quantity)
            for fact in facts.all() if (quantity := corrected_quantity(fact.what)) is not None
        )  # fmt: skip
        self._by_humidity: defaultdict[str, set[str]] = defaultdict(set)
        self._humidity: defaultdict[str, set[str]] = defaultdict(set)
        for sensor, quantity in self._known:
            for fact in facts.of(f"{_SENSOR}{sensor}", correction_of(quantity)):
                held = None if fact.undone_ms is not None else _of(fact)
                if held is not None and isinstance(held.correction, UsEpa2021):
                    beside = held.correction.humidity or sensor
                    self._by_humidity[beside].add(sensor)
                    self._humidity[sensor].add(beside)

    def at(self, sensor: str, quantity: str, time_ms: int) -> DatedCorrection | None:
        """Return what corrects a quantity of a sensor at `time_ms` (UTC), as known now."""
        if (sensor, quantity) not in self._known:
            return None
        fact = self._facts.fact_at(f"{_SENSOR}{sensor}", correction_of(quantity), time_ms)
        return None if fact is None else _of(fact)

    def by_fact(self, fact_id: int) -> DatedCorrection | None:
        """Return the correction that a fact says, undone or not; None where it says none."""
        fact = self._facts.fact(fact_id)
        return None if fact is None or corrected_quantity(fact.what) is None else _of(fact)

    def is_known(self, sensor: str, quantity: str) -> bool:
        """Say whether anything of a correction was ever recorded, undone or not."""
        return (sensor, quantity) in self._known

    def by_humidity_of(self, sensor: str) -> frozenset[str]:
        """Return the sensors whose PM2.5 is, was or will be corrected by the humidity that `sensor` measures."""
        return frozenset(self._by_humidity.get(sensor, ()))

    def correcting(self) -> Collection[str]:
        """Return the sensors by whose humidity the PM2.5 of any sensor is, was or will be corrected."""
        return self._by_humidity.keys()

    def humidity_of(self, sensor: str) -> frozenset[str]:
        """Return the sensors by whose humidity the PM2.5 of `sensor` is, was or will be corrected."""
        return frozenset(self._humidity.get(sensor, ()))


def _of(fact: Fact) -> DatedCorrection | None:
    if fact.value is None:
        return None
    try:
        return DatedCorrection(fact.id, correction_from(fact.value))
    except msgspec.ValidationError:
        return DatedCorrection(fact.id, None)
