"""What the API answers: one model for each route, as OpenAPI shows it.

[{"sensor":"river-daruba-1","site":"daruba","gateway":"gw-daruba","domain":"flood","quantity":"water_level",
  "value":132.4,"unit":"cm","time":"2026-11-24T03:10:00.000Z","age_s":0.8,"marks":[]}]
"""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from cloud.readings.contract import Aggregate
from rules.timing import Stamped
from wire import Clock, Domain, SourceStatus

Time = str
"""RFC 3339, UTC, milliseconds."""
_TIME = Field(description="RFC 3339, UTC, milliseconds", examples=["2026-11-24T03:10:00.000Z"])


class AnswerModel(BaseModel):
    """The base of every answer: all fields are always there."""

    model_config = ConfigDict(frozen=True, json_schema_serialization_defaults_required=True)


class ComponentHealth(AnswerModel):
    """How one part of the cloud is doing."""

    status: str
    detail: str


class HealthAnswer(AnswerModel):
    """How the cloud is doing; `newest_age_s` is null for a domain of which nothing has come yet."""

    status: Literal["ok", "degraded", "down"]
    newest_age_s: dict[Literal["flood", "air", "footfall"], float | None]
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


class SpoolAnswer(AnswerModel):
    """Readings that wait on the gateway's disk, and what it had to give up since the spool was made."""

    depth: int
    oldest: Time | None = _TIME
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
    status: SourceStatus
    detail: str = Field(description="a sentence on where the readings stop; empty where they do not")
    heard_bytes: int | None = Field(description="bytes that came, whatever they were")
    frames: int | None = Field(description="frames, or messages, found in them")
    readings: int = Field(description="readings made of these")
    refused: int | None = Field(description="of the readings, those that the cloud refused")
    noise_bytes: int = Field(description="bytes that were nothing")
    last: Time | None = _TIME


class StatusAnswer(AnswerModel):
    """What the gateway said of itself at `time`."""

    time: Time = _TIME
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


class LatestReading(AnswerModel):
    """The newest reading of a series; `marks` say what to know besides its value."""

    sensor: str
    site: str
    gateway: str
    domain: Domain
    quantity: str
    value: float
    unit: str = Field(description="UCUM", examples=["cm", "ug/m3"])
    time: Time = _TIME
    age_s: float
    marks: list[str]


class HistoryPoint(AnswerModel):
    """One value of a history; `time` is the start of its step where aggregated."""

    time: Time = _TIME
    value: float
    marks: list[str]


class HistoryAnswer(AnswerModel):
    """The readings with start <= time < end, oldest first."""

    sensor: str
    quantity: str
    unit: str = Field(description="UCUM", examples=["cm", "ug/m3"])
    start: Time = _TIME
    end: Time = _TIME
    every: str | None = Field(description="the step, where aggregated", examples=["10m"])
    agg: Aggregate | None = Field(description="how the readings of a step became one value")
    points: list[HistoryPoint]


class DeadLetterAnswer(AnswerModel):
    """Something that could not be stored; `raw` is text, or base64 where it is not UTF-8: `encoding` says which."""

    id: int
    time: Time = _TIME
    gateway: str
    reason: str
    sentence: str
    count: int = Field(description="times refused so far")
    encoding: Literal["text", "base64"]
    raw: str = Field(description="in a list only the first 4096 bytes; whole where one letter is asked for")
    raw_bytes: int = Field(description="how long the raw form is")
    replayed: Time | None = _TIME


class DiscardedAnswer(AnswerModel):
    """Readings of a gateway that were refused and not kept, since it had no room left among the dead letters."""

    gateway: str = Field(description="empty for all those together that the registry does not know")
    reason: str
    readings: int
    first: Time = _TIME
    last: Time = _TIME


class DeadLetterPage(AnswerModel):
    """Dead letters, newest first; `next_before_id` asks for the page after this one, null at the end."""

    open: int = Field(description="dead letters not replayed yet, on all pages")
    letters: list[DeadLetterAnswer]
    next_before_id: int | None
    discarded: list[DiscardedAnswer]


class ReplayAnswer(AnswerModel):
    """What became of a replayed dead letter."""

    stored: int
    refused: int
    sentence: str


class ReplayManyAnswer(AnswerModel):
    """What became of several dead letters; `next_after_id` asks for those after them, null where there are none."""

    letters: int
    stored: int
    refused: int
    next_after_id: int | None


class DiscardAnswer(AnswerModel):
    """How many dead letters were thrown away, and how many of those asked for are left for another request."""

    letters: int
    left: bool


class ProblemAnswer(AnswerModel):
    """An error, as RFC 9457 has it."""

    type: str = Field(examples=["urn:siaga:problem:bad-parameter"])
    title: str
    status: int
    detail: str = Field(description="one sentence: what, which value, what to do")
    instance: str
    problems: list[str] = Field(default=[], description="each mistake by itself, where there can be several")
