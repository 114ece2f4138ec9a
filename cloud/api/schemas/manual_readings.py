"""Readings by people as they are sent, and what became of each.

{"now":"…","readings":[{"key":"5f0c…","sensor":"river","quantity":"water_level","time":"…","value":132}]}
"""

from typing import Annotated

from pydantic import Field, FiniteFloat, StringConstraints

from cloud.api.schemas.base import AnswerModel, RequestBody, Time
from cloud.core.printable import GivenTime, Wanted
from cloud.ingest.manual.records import EntryState

MOST_ENTRIES = 50
Key = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{8,64}$")]


class NewManualReading(RequestBody):
    """A reading by whoever sends it, in the unit of its quantity; `key` is its own, so that it is kept once."""

    key: Key = Field(examples=["0d5c2f1e-7a54-4c19-9b0e-6f1d2c3b4a59"])
    sensor: Wanted
    quantity: Wanted
    time: GivenTime = Field(description="when it was read, by the clock that `now` is of")
    value: FiniteFloat
    sure: bool = Field(False, description="keep it though it is unlikely: the person has looked again")


class NewManualReadings(RequestBody):
    """Readings that are sent together; `now` is the time by the sender's clock, and puts theirs right."""

    now: GivenTime
    person: Wanted | None = Field(None, description="refuse all of it if somebody else is logged in")
    readings: list[NewManualReading] = Field(min_length=1, max_length=MOST_ENTRIES)


class ManualReadingAnswer(AnswerModel):
    """A reading by a person."""

    id: int
    person: str
    sensor: str
    quantity: str
    time: Time = Field(validation_alias="time_ms")
    value: float
    unit: str = Field(description="UCUM", examples=["cm"])
    entered: Time = Field(validation_alias="entered_ms")
    counts_from: Time | None = Field(
        validation_alias="counts_from_ms", description="since when it counted in place of its sensor; null: it did not"
    )
    counts_until: Time | None = Field(validation_alias="counts_until_ms", description="until when, at most")
    withdrawn: Time | None = Field(validation_alias="withdrawn_ms", description="when it was taken back")
    withdrawn_by: str | None


class ManualEntryAnswer(AnswerModel):
    """What became of one; `sentence` says why it is not kept."""

    key: str
    state: EntryState
    sentence: str | None
    reading: ManualReadingAnswer | None
