"""What there is and how it does: health, sites, sensors, quantities.

{"status":"ok","newest_age_s":{"flood":0.8,"air":1.1,"footfall":null},"components":{"broker":{"status":"ok",…},…}}
"""

from typing import Literal

from pydantic import Field

from cloud.api.schemas.base import AnswerModel
from wire import HourOf, Stamped, Worse


class ComponentHealth(AnswerModel):
    """How one part of the cloud is doing."""

    status: str
    detail: str


class HealthAnswer(AnswerModel):
    """How the cloud is doing; `newest_age_s` is null for a domain of which nothing has come yet."""

    status: Literal["ok", "degraded", "down"]
    newest_age_s: dict[str, float | None] = Field(examples=[{"flood": 0.8, "air": 1.1, "footfall": None}])
    components: dict[str, ComponentHealth]


class SiteAnswer(AnswerModel):
    """A place with sensors; `zone` is its IANA time zone."""

    id: str
    name: str
    place: str
    latitude: float
    longitude: float
    zone: str


class CalibrationAnswer(AnswerModel):
    """value stored = value measured * scale + offset."""

    scale: float
    offset: float


class SensorDeviceAnswer(AnswerModel):
    """What hangs there now."""

    serial: str
    model: str | None = None
    make: str | None = None


class SensorAnswer(AnswerModel):
    """A sensor as registered; `interval_s` is null where it has none, `mounting_height_cm` where it does not matter."""

    id: str
    name: str
    site: str
    gateway: str
    quantities: list[str]
    interval_s: float | None
    stamped: Stamped | None = Field(
        description="which end of the interval that a reading speaks for its time is; null where it is a moment"
    )
    mounting_height_cm: float | None
    sent_mounting_height_cm: float | None = Field(
        description="the height that its gateway reckons with, where that is another; the registry's counts"
    )
    calibration: dict[str, CalibrationAnswer]
    device: SensorDeviceAnswer | None = Field(description="what hangs there now; null where nobody has written it down")
    next_downstream: str | None = Field(
        description="the gauge that the water of this one reaches next; null where none was named"
    )


class DomainAnswer(AnswerModel):
    """What quantities are watched for; `own`: the city added it; `retired`: and has it no more."""

    id: str
    name: str = Field(validation_alias="english")
    name_id: str = Field(validation_alias="indonesian")
    category: str = Field(description="that of CAP", examples=["Met"])
    own: bool
    retired: bool


class QuantityAnswer(AnswerModel):
    """A quantity; `own`: the city added it, or it is computed of one that it added."""

    id: str = Field(validation_alias="name")
    domain: str
    name: str = Field(validation_alias="english")
    name_id: str = Field(validation_alias="indonesian")
    unit: str = Field(description="UCUM", examples=["cm", "ug/m3"])
    sign: str = Field(description="the unit as people read it; empty: that of its code")
    sign_id: str = Field(description="the same in Indonesian, where it is another")
    decimals: int
    low: float = Field(description="nothing below it can have been measured")
    high: float = Field(description="nor above it")
    hour: HourOf = Field(description="how its readings become one value of an hour")
    worse: Worse | None = Field(description="in which direction it gets worse; null: in neither")
    stamped: Stamped | None
    derived: bool = Field(description="computed by Siaga, never measured")
    own: bool
    retired: bool
