"""What is sent and answered about channels and duty.

{"name":"telegram","kind":"telegram","status":"ok","detail":"messages that wait: 0","last_success":"2026-11-24T…Z", …}
"""

from typing import Annotated

from pydantic import Field

from cloud.api.schemas.base import AnswerModel, RequestBody, Time
from cloud.core.printable import GivenTime, Id

_GIVEN = Field(description="RFC 3339 with an offset, or epoch milliseconds", examples=["2026-11-24T19:00:00+09:00"])


class ChannelAnswer(AnswerModel):
    """A channel, and how it does; `last_proven` is when it last took a test alarm, null for never.

    A channel of commands (kind mqtt) is proven only when a device has answered the test: `last_answer` is when one did.
    """

    name: str
    kind: str
    use: str = Field(examples=["on trial", "in use"])
    owner: str = Field(description="where it is changed", examples=["cloud.toml", "registry"])
    status: str
    detail: str
    waiting: int = Field(description="messages that wait for it")
    waiting_since: Time | None = Field(validation_alias="oldest_ms")
    last_success: Time | None = Field(validation_alias="sent_ms")
    last_failure: Time | None = Field(validation_alias="failed_ms")
    last_proven: Time | None = Field(validation_alias="self_tested_ms")
    last_answer: Time | None = Field(validation_alias="answered_ms")


class ChannelsAnswer(AnswerModel):
    """All channels; `last_proven` is when the chain last brought a test alarm to somebody."""

    morning_test: str | None = Field(description="the hour of the city at which a test alarm goes out by itself")
    last_proven: Time | None
    channels: list[ChannelAnswer]


class ChannelTestAnswer(AnswerModel):
    """What came of the test of a channel."""

    sent: bool
    sentence: str


class TestAlarmAnswer(AnswerModel):
    """The test alarm that is on its way."""

    alarm: int


class DutyAnswer(AnswerModel):
    """Somebody's duty; rank 1 is called first."""

    id: int
    person: str
    rank: int
    start: Time = Field(validation_alias="from_ms")
    end: Time = Field(validation_alias="until_ms")


class NewDuty(RequestBody):
    """A duty to add."""

    person: Id
    rank: int = Field(1, description="1 is called first")
    start: Annotated[GivenTime, _GIVEN]
    end: Annotated[GivenTime, _GIVEN]
