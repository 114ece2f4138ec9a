"""Readings: the newest of every series, and the history of one.

[{"sensor":"river-daruba-1","site":"daruba","gateway":"gw-daruba","domain":"flood","quantity":"water_level",
  "value":132.4,"unit":"cm","time":"2026-11-24T03:10:00.000Z","age_s":0.8,"marks":[]}]
"""

from typing import Annotated

from pydantic import BeforeValidator, Field

from cloud.api.schemas.base import AnswerModel, Time
from cloud.readings.contract import Aggregate
from rules.marks import names_of

Marks = Annotated[list[str], BeforeValidator(names_of)]
"""What to know of a value besides it, by name."""


class LatestReading(AnswerModel):
    """The newest reading of a series; `marks` say what to know besides its value."""

    sensor: str
    site: str
    gateway: str
    domain: str
    quantity: str
    value: float
    unit: str = Field(description="UCUM", examples=["cm", "ug/m3"])
    time: Time = Field(validation_alias="time_ms")
    age_s: float
    marks: Marks


class HistoryPoint(AnswerModel):
    """One value of a history; `time` is the start of its step where aggregated."""

    time: Time = Field(validation_alias="time_ms")
    value: float
    marks: Marks


class RemovedBefore(AnswerModel):
    """What a store has of old times no more, where that is in what was asked for; null where all is there."""

    readings_kept_from: Time | None = Field(
        default=None,
        description="before it readings were removed, and minutes and hours alone stand for them (points=)",
    )
    minutes_kept_from: Time | None = Field(default=None, description="before it hours alone are kept")
    hours_kept_from: Time | None = Field(default=None, description="before it nothing is kept any more")


class HistoryAnswer(RemovedBefore):
    """The readings with start <= time < end, oldest first."""

    sensor: str
    quantity: str
    unit: str = Field(description="UCUM", examples=["cm", "ug/m3"])
    start: Time = Field(validation_alias="start_ms")
    end: Time = Field(validation_alias="end_ms")
    every: str | None = Field(description="the step, where aggregated", examples=["10m"])
    agg: Aggregate | None = Field(description="how the readings of a step became one value")
    points: list[HistoryPoint]


class BucketPoint(AnswerModel):
    """The readings of one step, which begins at `time`; `min`, `max`, `mean`, `last` are those of the believed ones."""

    time: Time = Field(validation_alias="time_ms")
    count: int = Field(description="readings that are believed")
    min: float | None
    max: float | None
    mean: float | None
    last: float | None
    first_time: Time = Field(validation_alias="first_ms", description="of the first reading in it, doubted or not")
    last_time: Time = Field(validation_alias="last_ms", description="of the last one")
    doubted: int = Field(description="readings whose marks say that they are not believed; they are in no other value")
    doubted_min: float | None
    doubted_max: float | None
    marks: Marks = Field(description="the marks of all readings in it")


class BucketsAnswer(RemovedBefore):
    """The readings with start <= time < end as at most as many points as were asked for, oldest first.

    A step without readings has no point: it is a gap. Before `minutes_kept_from` an hour is one point at its beginning.
    """

    sensor: str
    quantity: str
    unit: str = Field(description="UCUM", examples=["cm", "ug/m3"])
    start: Time = Field(validation_alias="start_ms")
    end: Time = Field(validation_alias="end_ms")
    every: str = Field(description="the step", examples=["6h"])
    buckets: list[BucketPoint]
