"""Dead letters: what could not be stored, what was not kept of it, and what became of another try.

{"id":119,"time":"2026-11-24T03:10:00.000Z","gateway":"gw-daruba","reason":"unknown_sensor","sentence":"…","raw":"…",…}
"""

from typing import Annotated, Literal

from pydantic import Field

from cloud.api.parameters import LARGEST_ROW_ID
from cloud.api.schemas.base import AnswerModel, Time
from cloud.ingest.dead_letters import LONGEST_WORD, MOST_REPLAYED
from runtime.settings import Settings


class DeadLetterAnswer(AnswerModel):
    """Something that could not be stored; `raw` is text, or base64 where it is not UTF-8: `encoding` says which."""

    id: int
    time: Time = Field(validation_alias="time_ms")
    gateway: str
    reason: str
    sentence: str
    count: int = Field(description="times refused so far")
    encoding: Literal["text", "base64"]
    raw: str = Field(description="in a list only the first 4096 bytes; whole where one letter is asked for")
    raw_bytes: int = Field(validation_alias="raw_size", description="how long the raw form is")
    replayed: Time | None = Field(validation_alias="replayed_ms")


class DiscardedAnswer(AnswerModel):
    """Readings of a gateway that were refused and not kept, since it had no room left among the dead letters."""

    gateway: str = Field(description="empty for all those together that the registry does not know")
    reason: str
    readings: int
    first: Time = Field(validation_alias="first_ms")
    last: Time = Field(validation_alias="last_ms")


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


class ReplayMany(Settings):
    """Which letters to try again, from the one after `after_id` on, and why."""

    gateway: Annotated[str, Field(max_length=64)] | None = None
    reason: Annotated[str, Field(max_length=32)] | None = None
    word: Annotated[str, Field(min_length=1, max_length=LONGEST_WORD)]
    after_id: Annotated[int, Field(ge=0, le=LARGEST_ROW_ID)] = 0
    limit: Annotated[int, Field(ge=1, le=MOST_REPLAYED)] = MOST_REPLAYED
