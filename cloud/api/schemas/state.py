"""What there is and how it does: health, sites, sensors, gateways.

{"status":"ok","newest_age_s":{"flood":0.8,"air":1.1,"footfall":null},"components":{"broker":{"status":"ok",…},…}}
"""

from typing import Literal

from pydantic import Field

from cloud.api.schemas.base import AnswerModel, Time
from wire import Clock, HourOf, SourceStatus, Stamped, Worse


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


class SpoolAnswer(AnswerModel):
    """Readings that wait on the gateway's disk, and what it had to give up since the spool was made."""

    depth: int
    oldest: Time | None = Field(validation_alias="oldest_ms")
    oldest_age_s: float | None
    lost: int
    bytes: int
    max_bytes: int
    problem: str


class SourceAnswer(AnswerModel):
    """One source of readings on a gateway, and its counts since the agent started.

    `heard_bytes`, `frames` and `refused` are null where an older agent does not count them.
    """

    name: str
    status: SourceStatus = Field(validation_alias="state")
    detail: str = Field(description="a sentence on where the readings stop; empty where they do not")
    heard_bytes: int | None = Field(description="bytes that came, whatever they were")
    frames: int | None = Field(description="frames, or messages, found in them")
    readings: int = Field(description="readings made of these")
    refused: int | None = Field(description="of the readings, those that the cloud refused")
    noise_bytes: int = Field(description="bytes that were nothing")
    last: Time | None = Field(validation_alias="last_ms")


class StatusAnswer(AnswerModel):
    """What the gateway said of itself at `time`."""

    time: Time = Field(validation_alias="time_ms")
    version: str
    boot: str
    clock: Clock
    spool: SpoolAnswer
    sources: list[SourceAnswer]
    notes: list[str] = Field(
        description="sentences on what somebody should look at, though the gateway runs; 20 at most"
    )


class StreamAnswer(AnswerModel):
    """The account of one stream: seq `first` to `last` seen; `missing` are neither received nor declared lost."""

    stream: str
    first: int
    last: int
    received: int
    missing: int
    declared_lost: int


class AccountAnswer(AnswerModel):
    """What came of the gateway's readings, over all its streams."""

    received: int
    duplicates: int
    missing: int
    declared_lost: int
    uncounted: int = Field(description="ranges that cannot be, since the server began: too far ahead, or too long")
    streams: list[StreamAnswer]


class GatewayAnswer(AnswerModel):
    """A gateway; `status` is null until it has said something."""

    id: str
    name: str
    site: str
    online: bool = Field(description="It said so, and it is heard: not merely the last word that the broker keeps")
    shares_id: bool = Field(description="Two agents take turns under this id: a cloned card, or one started twice")
    status: StatusAnswer | None
    account: AccountAnswer
