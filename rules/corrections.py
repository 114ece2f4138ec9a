"""Corrections of the air, made of the mean of an hour: what is stored of a sensor stays as it is.

100 ug/m3 at 80 % humidity ─► us_epa_2021 (cf_atm) ─► 77.454        linear, co_location ─► 100 * slope + offset

us_epa_2021, of Plantower sensors in humid air, as EPA applies it to hours on the AirNow Fire and Smoke Map. Which piece
holds hangs on which of the sensor's two values is stored:
cf_1     Barkjohn, Gantt, Clements 2021, Atmos. Meas. Tech. 14, 4617, doi 10.5194/amt-14-4617-2021; from 570 ug/m3 on
         Barkjohn, Holder, Frederick, Clements 2022, Sensors 22, 9669, doi 10.3390/s22249669
cf_atm   EPA, Sensor data cleaning and correction: application on the AirNow Fire and Smoke Map, 2021, page 26
         (cfpub.epa.gov, si_public_record_report, dirEntryId 353088); firmware_bridge reads this one of Plantower

Below 30 ug/m3 both are the same line. What comes out below 0 is 0: there is no less than no dust.
"""

from collections.abc import Callable
from typing import Annotated, ClassVar, Literal

import msgspec

from rules.derived import LEAST_PERCENT

LEAST_SLOPE, MOST_SLOPE = 0.1, 10.0
"""A slope beyond these is no correction of a sensor that measures what it should: a unit, or a wire, is wrong."""


ShortText = Annotated[str, msgspec.Meta(max_length=80)]
PlantowerValue = Literal["cf_atm", "cf_1"]


def _line(pm: float, humidity: float, slope: float) -> float:
    return slope * pm - 0.0862 * humidity + 5.75


def _between(share: float, low: float, high: float) -> float:
    """From `low` to `high`, as far as `share` (0 to 1) says."""
    share = min(1.0, max(0.0, share))
    return low * (1 - share) + high * share


def _of_cf_1(pm: float, humidity: float) -> float:
    line, curve = _line(pm, humidity, 0.524), 4.21e-4 * pm * pm + 0.392 * pm + 3.44
    if pm < 570:
        return line
    return curve if pm >= 611 else _between(0.0244 * pm - 13.9, line, curve)


def _of_cf_atm(pm: float, humidity: float) -> float:
    if pm < 50:
        return _line(pm, humidity, _between(pm / 20 - 1.5, 0.524, 0.786))
    line, curve = _line(pm, humidity, 0.786), 8.84e-4 * pm * pm + 0.69 * pm + 2.966
    return _between(pm / 50 - 4.2, line, curve)


_US_EPA: dict[str, Callable[[float, float], float]] = {"cf_1": _of_cf_1, "cf_atm": _of_cf_atm}


class UsEpa2021(msgspec.Struct, frozen=True, tag_field="correction", tag="us_epa_2021", forbid_unknown_fields=True):
    """EPA's of PM2.5 by humidity: `input` says which of Plantower's values is stored, `humidity` whose it is.

    Without `humidity` it is the sensor's own: EPA fitted it to that inside of the housing, which is drier than outside.
    """

    name: ClassVar[str] = "us_epa_2021"
    input: PlantowerValue
    humidity: ShortText | None = None

    def of(self, mean: float, humidity: float) -> float:
        """Correct the mean of an hour in ug/m3 by its mean humidity in %."""
        return max(0.0, _US_EPA[self.input](mean, humidity))


class Linear(msgspec.Struct, frozen=True, tag_field="correction", tag="linear", forbid_unknown_fields=True):
    """A straight line, from wherever it is known."""

    name: ClassVar[str] = "linear"
    slope: float
    offset: float

    def of(self, mean: float, _humidity: float) -> float:
        """Correct the mean of an hour."""
        return max(0.0, mean * self.slope + self.offset)


class CoLocation(msgspec.Struct, frozen=True, tag_field="correction", tag="co_location", forbid_unknown_fields=True):
    """A straight line that was fitted to a `reference` beside the sensor: `n` hours, R2 and RMSE after the correction.

    The hours are those `since` and `until` which (ISO 8601) both stood there.
    """

    name: ClassVar[str] = "co_location"
    slope: float
    offset: float
    n: Annotated[int, msgspec.Meta(ge=2)]
    r2: Annotated[float, msgspec.Meta(le=1)]
    rmse: Annotated[float, msgspec.Meta(ge=0)]
    reference: ShortText
    since: ShortText
    until: ShortText

    def of(self, mean: float, _humidity: float) -> float:
        """Correct the mean of an hour."""
        return max(0.0, mean * self.slope + self.offset)


Correction = UsEpa2021 | Linear | CoLocation


def correction_from(value: object) -> Correction:
    """Decode the value of a fact; msgspec.ValidationError says what is wrong with it."""
    read: Correction = msgspec.convert(value, Correction)
    return read


class CorrectedHour(msgspec.Struct, frozen=True):
    """An hour after its correction: its mean, how much of it is known in %, and how much of what corrects it is.

    No mean where too little is known of either: an hour without its humidity is a gap, and never left uncorrected.
    """

    mean: float | None
    completeness: float
    known: float


def corrected(
    correction: Correction, mean: float | None, completeness: float, *, humidity: float | None, known: float
) -> CorrectedHour:
    """Correct the mean of an hour that is `completeness` % complete by the mean `humidity`, `known` to so many %."""
    if not isinstance(correction, UsEpa2021):
        humidity, known = 0.0, 100.0
    least = min(completeness, known)
    if mean is None or humidity is None or least < LEAST_PERCENT:
        return CorrectedHour(None, least, known)
    return CorrectedHour(correction.of(mean, humidity), least, known)
