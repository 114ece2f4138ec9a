"""What is sent and answered about gateways: what they say, what is wanted of them, what they are asked.

{"id":"gw-daruba","state":"online","version":"1.2.0","spool_days":3.1,"config":{"state":"in_force","desired":7,…},…}
"""

from typing import Annotated, Any, Literal

import msgspec
from pydantic import AfterValidator, BeforeValidator, Field

from cloud.api.schemas.base import AnswerModel, RequestBody, Time
from cloud.broker.bundle_login import BUNDLE_DAYS
from cloud.care.commands import CommandState
from cloud.core.printable import PrintableText, Sentence, encodable
from cloud.gateways.connection_state import ConnectionState
from wire import Clock, Leaving, SourceStatus
from wire.gateway_config import ConfigState
from wire.gateway_update import UpdateState


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


class LastWordAnswer(AnswerModel):
    """Why the gateway may soon be silent, or is: as it said before that happened."""

    reason: Leaving
    since: Time = Field(validation_alias="at_ms")


class NewestUpdateAnswer(AnswerModel):
    """The newest update of the gateway's program: to which version, how far it is, and why where it did not go well."""

    version: str
    state: UpdateState
    reason: str
    time: Time | None = Field(validation_alias="time_ms")


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
    last_word: LastWordAnswer | None
    update: NewestUpdateAnswer | None


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


class ReportAnswer(AnswerModel):
    """What a gateway made of what the city wants: `desired` is the newest revision that came, 0 is edge.toml alone."""

    desired: int
    in_force: int
    state: ConfigState
    reason: str = Field(description="why the desired one is not in force")
    passed_over: list[str] = Field(description="what of it is not known there, or is edge.toml's alone")
    time: Time | None = Field(validation_alias="time_ms")


class GatewayAnswer(AnswerModel):
    """A gateway; `status` is null until it has said something, `config` until it has reported."""

    id: str
    name: str
    site: str
    online: bool = Field(description="It said so, and it is heard: not merely the last word that the broker keeps")
    state: ConnectionState = Field(description="late: online, and its next word is overdue")
    shares_id: bool = Field(description="Two agents take turns under this id: a cloned card, or one started twice")
    version: str | None
    spool_days: float | None = Field(
        description="how long its spool still holds if nothing leaves it, at the rate of its readings; null: not known"
    )
    refused: int | None = Field(description="readings of its sources that were refused since its agent began")
    config: ReportAnswer | None
    status: StatusAnswer | None
    account: AccountAnswer


class ConfigAnswer(AnswerModel):
    """What the city wants of a gateway's settings, and what the gateway made of it."""

    gateway: str
    revision: int | None = Field(description="null: nothing was ever wanted of it, and edge.toml holds")
    settings: dict[str, Any] = Field(examples=[{"uplink": {"batch_s": 60}, "sources": {"river": {"silent_s": 900}}}])
    reported: ReportAnswer | None


class NewConfig(RequestBody):
    """All that the city is to want of a gateway's settings, in place of what it wants now; `word` is why."""

    settings: dict[str, dict[str, Any]] = Field(
        description="tables `uplink`, `health`, and `sources` and `outputs` by name; docs/edge.md has the keys",
        examples=[{"uplink": {"batch_s": 60}, "outputs": {"siren": {"from_severity": "severe"}}}],
    )
    word: Sentence


def _decoded(answer: object) -> object:
    return msgspec.json.decode(answer) if isinstance(answer, bytes) else answer


class CommandAnswer(AnswerModel):
    """A command to a gateway, and what became of it; `problem` is a sentence of the gateway."""

    key: str
    gateway: str
    command: str
    source: str
    asked_by: str
    asked: Time = Field(validation_alias="asked_ms")
    state: CommandState
    problem: str
    answer: Annotated[Any, BeforeValidator(_decoded)]
    answered: Time | None = Field(validation_alias="answered_ms")


class NewCommand(RequestBody):
    """What a gateway is to do; `source` is the name of one, for restart_source."""

    command: Literal["ping", "read_now", "diagnostics", "restart_source"]
    source: Annotated[PrintableText, Field(max_length=100)] = ""
    wait_s: Annotated[float, Field(ge=0, le=15, description="how long to wait for the answer")] = 5.0


class NewEnrolment(RequestBody):
    """Who is to be let in: `password` is that of the broker's administrator, used for this request and kept nowhere."""

    password: Annotated[str, Field(min_length=1, max_length=400), AfterValidator(encodable)]
    days: Annotated[int, Field(ge=1, le=366, description="how long the bundle is good")] = BUNDLE_DAYS
    again: bool = Field(False, description="the broker knows the gateway, and it begins anew on a new card")


class EnrolmentAnswer(AnswerModel):
    """A bundle, told this once: whoever has it unused has the gateway."""

    gateway: str
    username: str = Field(description="the lasting login that the bundle leads to")
    bundle: str = Field(description="the text for `siaga-edge enrol -`, which its QR code holds too")
    ends: str = Field(description="the day on which it ends unused, UTC", examples=["2026-12-13"])
    qr_png: str = Field(description="its QR code as a picture, in base64")
    qr_svg: str = Field(description="its QR code as a drawing")
