"""What is sent when a sensor gets another device or another place, and what is answered.

{"device":{"serial":"B-03","model":"MB7389"},"mounting_height_cm":420,"valid_from":"2026-11-20T09:00:00+09:00","reason":"…"}
"""

from typing import Annotated, Any

from pydantic import Field, JsonValue

from cloud.api.schemas.base import AnswerModel
from cloud.api.schemas.facts import FactAnswer, Name, Word
from cloud.core.printable import GivenTime
from cloud.registry.sensor_changes import Mounting
from runtime.settings import Settings

MOST_CALIBRATIONS = 50


class _Change(Settings):
    """What both have: since when (empty: from now on), why, and how it hangs and is calibrated from then on.

    What is left out stays as it was; a `mounting_height_cm` of null says that it hangs over no water.
    """

    valid_from: GivenTime | None = None
    mounting_height_cm: float | None = Field(default=None, allow_inf_nan=False)
    calibration: Annotated[dict[Name, JsonValue], Field(max_length=MOST_CALIBRATIONS)] = Field(
        default={}, examples=[{"pm2_5": {"scale": 1.0, "offset": -2.5}}]
    )
    source: Word = ""
    reason: Word

    @property
    def mounting(self) -> Mounting:
        """What of it is recorded."""
        heights = (self.mounting_height_cm,) if "mounting_height_cm" in self.model_fields_set else ()
        return Mounting.of(heights=heights, calibrations=self.calibration)


class NewDevice(Settings):
    """The device that hangs there: its serial number, and make and model where they are known."""

    serial: Name
    model: Name | None = None
    make: Name | None = None

    def value(self) -> dict[str, Any]:
        """Give the value of the fact."""
        return self.model_dump(exclude_none=True)


class Replacement(_Change):
    """Another device takes the place of the one before; the series goes on."""

    device: NewDevice


class Move(_Change):
    """A sensor goes behind another gateway, to another site, or both; the series goes on."""

    gateway: Name | None = None
    site: Name | None = None


class SensorChangeAnswer(AnswerModel):
    """The facts that were recorded, each of which can be undone, and what somebody should look at besides."""

    facts: list[FactAnswer]
    to_look_at: list[str]
