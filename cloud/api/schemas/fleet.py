"""What is sent and answered about versions of gateways and rollouts.

{"id":7,"version":"1.2.0","batch":5,"state":"running","reason":"","counts":{"waiting":40,"asked":5,"confirmed":15},…}
"""

from typing import Annotated, Self

from pydantic import Field

from cloud.api.schemas.base import AnswerModel, RequestBody, Time
from cloud.core.printable import Id, PrintableText
from cloud.updates.rollout import MOST_IN_A_BATCH, MemberState, RolloutProgress, RolloutState
from wire.gateway_update import MAX_VERSION_LENGTH, UpdateState

MOST_NAMED = 1_000
Version = Annotated[str, Field(min_length=1, max_length=MAX_VERSION_LENGTH)]


class VersionAnswer(AnswerModel):
    """A version: for which machines it is published (none: it is not), and how many gateways run it."""

    version: str
    architectures: list[str]
    gateways: int
    online: int


class RolloutAnswer(AnswerModel):
    """A rollout; `counts` has how many of its gateways are in each state, `reason` why it ended."""

    id: int
    version: str
    batch: int
    skip_offline: bool
    again: bool
    within_min: float
    state: RolloutState
    reason: str
    started_by: str
    started: Time = Field(validation_alias="started_ms")
    changed: Time = Field(validation_alias="changed_ms")
    counts: dict[MemberState, int]

    @classmethod
    def of_progress(cls, progress: RolloutProgress) -> Self:
        """A rollout and how far it is."""
        rollout = progress.rollout
        return cls.of(rollout, counts=dict(progress.counts), within_min=rollout.limit_s / 60)


class MemberAnswer(AnswerModel):
    """A gateway in a rollout: how far it is, and what it says itself of its newest update."""

    gateway: str
    state: MemberState
    reason: str
    version: str | None = Field(description="what it runs, null where it was never seen")
    update_version: str | None
    update_state: UpdateState | None
    update_reason: str | None
    update_since: Time | None


class NewRollout(RequestBody):
    """Bring `gateways` (all where none is named) to `version`, `batch` of them at a time."""

    version: Version
    batch: Annotated[int, Field(ge=1, le=MOST_IN_A_BATCH)] = 5
    gateways: Annotated[tuple[Id, ...], Field(max_length=MOST_NAMED)] = ()
    skip_offline: bool = False
    again: bool = Field(default=False, description="also where this version was rolled back before")
    within_min: Annotated[float, Field(ge=1, le=10_080)] | None = None
    word: Annotated[PrintableText, Field(max_length=1_000)] = Field(default="", description="why, for the journal")


class GoOnWithRollout(RequestBody):
    """Whether those that failed are asked again too."""

    failed: bool = False


class StopRollout(RequestBody):
    """Why it is stopped."""

    word: Annotated[PrintableText, Field(max_length=1_000)] = ""
