"""What is sent and answered about handover notes.

{"id":3,"at":"2026-11-24T22:00:00.000Z","author":"ani","text":"The pump leaks.","alarms":[17],"open_alarms":1, …}
"""

from pydantic import BaseModel, Field

from cloud.api.schemas.base import AnswerModel, RequestBody, Time
from cloud.handover.notes import LONGEST_TEXT


class HandoverNoteAnswer(AnswerModel):
    """What a shift has written for the next one."""

    id: int
    at: Time = Field(validation_alias="at_ms")
    author: str
    text: str
    alarms: list[int] = Field(description="the worst alarms that were open then, 20 at most")
    open_alarms: int = Field(description="how many were open")
    read: Time | None = Field(validation_alias="read_ms", description="null: nobody has ticked it as read")
    read_by: str | None


class HandoverPage(BaseModel):
    """A page of notes, the newest first; `next_before_id` is the `before_id` of the next page, null at the end."""

    notes: list[HandoverNoteAnswer]
    next_before_id: int | None


class NewHandoverNote(RequestBody):
    """A note to write."""

    text: str = Field(max_length=2 * LONGEST_TEXT, description="2,000 characters at most, on as many lines as it takes")
