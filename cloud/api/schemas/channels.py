"""Channels as they are edited: records, what is sent to add or change one, and what people changed.

{"name":"phone","kind":"telegram","use":"on trial","owner":"registry","steps":[1],"settings":{"token":"kept",…},…}
"""

from typing import Annotated, Literal

from pydantic import Field, JsonValue

from cloud.api.schemas.base import AnswerModel, Time
from cloud.core.printable import Id, Sentence
from cloud.notify.channel_registry.editing import differences
from cloud.notify.channel_registry.records import ChannelRecord, ChannelUse, revision_of, shown_keys
from cloud.notify.channel_registry.rows import ChannelChange
from cloud.notify.channels.settings import ChannelSettings
from runtime.settings import Settings

MOST_KEYS = 30
Keys = Annotated[
    dict[Id, JsonValue],
    Field(max_length=MOST_KEYS, description="keys and secrets of its kind, as docs/notifications.md has them"),
]


class ChannelRecordAnswer(AnswerModel):
    """A channel as it is kept now; `revision` goes into If-Match of the next change. Secrets say "kept"."""

    name: str
    kind: str
    use: ChannelUse
    owner: Literal["registry", "cloud.toml"] = Field(description="where it is changed")
    revision: str | None = Field(description="null where it is changed in cloud.toml")
    steps: list[int] = Field(description="the steps of [[notify.steps]] that name it, from 1")
    settings: dict[str, JsonValue]


class ChangedChannelAnswer(AnswerModel):
    """A channel after a change; `change` is null where nothing differed."""

    record: ChannelRecordAnswer
    change: int | None


class ChannelEditAnswer(AnswerModel):
    """One act of somebody; `differs` has each key with what it was and is, of a secret that it was replaced."""

    id: int
    time: Time = Field(validation_alias="at_ms")
    author: str
    action: str = Field(examples=["add", "edit", "retire", "restore", "undo"])
    reason: str
    channel: str
    undoes: int | None
    undone_by: int | None
    differs: dict[str, tuple[JsonValue, JsonValue]]


class ChannelEditPage(AnswerModel):
    """Changes, the newest first; `next_before_id` asks for the next page, and is null on one that is empty."""

    changes: list[ChannelEditAnswer]
    next_before_id: int | None


class NewChannel(Settings):
    """A channel to add."""

    name: Id
    kind: Id
    settings: Keys
    reason: Sentence = ""


class ChannelUpdate(Settings):
    """What to change of a channel."""

    settings: Keys = Field(default_factory=dict)
    use: Literal["on trial", "in use"] | None = None
    reason: Sentence = ""


def channel_record_answer(record: ChannelRecord, *, steps: list[int]) -> ChannelRecordAnswer:
    """Answer with a channel of the registry."""
    return ChannelRecordAnswer(
        name=record.name, kind=record.kind, use=record.use, owner="registry", revision=revision_of(record),
        steps=steps, settings=shown_keys(record),
    )  # fmt: skip


def file_channel_answer(channel: ChannelSettings, *, steps: list[int]) -> ChannelRecordAnswer:
    """Answer with a channel of cloud.toml, of which the rest stands there."""
    return ChannelRecordAnswer(
        name=channel.name, kind=channel.kind, use="in use", owner="cloud.toml", revision=None, steps=steps, settings={}
    )


def channel_edit_answer(change: ChannelChange) -> ChannelEditAnswer:
    """Answer with a change."""
    return ChannelEditAnswer.of(change, differs=differences(change))
