"""What becomes of an update: pure; the clocks are handed in.

accept ─► FETCHING ─► INSTALLING ─► ON_TRIAL ─ an ack in time ─► CONFIRMED
              └───────────┴─► REFUSED   └─ none in time, or the third start ─► RETURNING ─► ROLLED_BACK

Each is on disk before it is begun, and each may be begun again: a cut at any moment goes on where it was. A trial ends
at a time since boot; after a boot it has its time again, but it is begun `MOST_STARTS` - 1 times at most, so that a
version which breaks the machine ends too (decisions 0067, 0074).
"""

from enum import StrEnum
from typing import Annotated

import msgspec

from edge.remote.trial import MOST_STARTS
from wire.gateway_update import UpdateState, UpdateStatus

MOST_BREAKS = 10
"""So often an updater may be killed while it fetches or installs."""
_MOST_REJECTED = 8


class UpdateStep(StrEnum):
    """What is being done, or what it came to."""

    NONE = "none"
    FETCHING = "fetching"
    INSTALLING = "installing"
    ON_TRIAL = "on_trial"
    RETURNING = "returning"  # the trial is over, and the version before does not run yet
    CONFIRMED = "confirmed"
    ROLLED_BACK = "rolled_back"
    REFUSED = "refused"

    @property
    def is_under_way(self) -> bool:
        """Whether something is still to be done."""
        return self not in (UpdateStep.NONE, UpdateStep.CONFIRMED, UpdateStep.ROLLED_BACK, UpdateStep.REFUSED)


class RejectedArchive(msgspec.Struct, frozen=True):
    """An archive (sha256) that was tried, and why it was taken back."""

    digest: str
    reason: str


class KeptUpdate(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is remembered: `version` in the place of `before`, asked for by `key`, even `again`.

    `digest` is the archive's; `boot` and `end_s` (seconds since that boot, CLOCK_BOOTTIME) say when a trial ends,
    `starts` counts those of the updater within the step; `read` are the sources that gave readings before the trial,
    `is_started` says that the agent on trial was started, and its unit laid.
    """

    step: UpdateStep = UpdateStep.NONE
    version: str = ""
    before: str = ""
    key: str = ""
    again: bool = False
    digest: str = ""
    reason: str = ""
    time_ms: int | None = None
    boot: str = ""
    end_s: float = 0.0
    starts: int = 0
    read: tuple[str, ...] = ()
    is_started: bool = False
    rejected: Annotated[tuple[RejectedArchive, ...], msgspec.Meta(max_length=_MOST_REJECTED)] = ()

    @property
    def status(self) -> UpdateStatus | None:
        """What the gateway's status says of it."""
        if self.step is UpdateStep.NONE:
            return None
        state = UpdateState.ON_TRIAL if self.step is UpdateStep.RETURNING else UpdateState(self.step.value)
        return UpdateStatus(self.version[:64], state, self.reason[:400], self.time_ms)

    def why_rejected(self, digest: str) -> str:
        """Why this archive was taken back before; "" where it was not."""
        return next((each.reason for each in self.rejected if each.digest == digest), "")


def accept(kept: KeptUpdate, version: str, *, before: str, key: str, again: bool, time_ms: int | None) -> KeptUpdate:
    """Begin with `version`; what was rejected stays so."""
    return KeptUpdate(
        UpdateStep.FETCHING, version, before, key, again, time_ms=time_ms, starts=1, rejected=kept.rejected
    )


def fetched(kept: KeptUpdate, digest: str, *, time_ms: int | None) -> KeptUpdate:
    """The archive is here, whole and signed."""
    return msgspec.structs.replace(
        kept, step=UpdateStep.INSTALLING, digest=digest, reason="", time_ms=time_ms, starts=1
    )


def fetch_again(kept: KeptUpdate) -> KeptUpdate:
    """The archive was damaged since."""
    return msgspec.structs.replace(kept, step=UpdateStep.FETCHING)


def begin_trial(kept: KeptUpdate, *, boot: str, end_s: float, read: tuple[str, ...], time_ms: int | None) -> KeptUpdate:
    """It is installed beside the one in use, and is to run until `end_s`."""
    return msgspec.structs.replace(
        kept,
        step=UpdateStep.ON_TRIAL,
        boot=boot,
        end_s=end_s,
        starts=1,
        read=read,
        is_started=False,
        reason="",
        time_ms=time_ms,
    )


def agent_started(kept: KeptUpdate) -> KeptUpdate:
    """The agent on trial was started whole: a kill before this starts it once more."""
    return msgspec.structs.replace(kept, is_started=True)


def started(kept: KeptUpdate, *, boot: str, now_s: float, confirm_s: float) -> KeptUpdate:
    """The updater starts, since it was killed, or the machine was: what was under way goes on, or ends here."""
    starts = kept.starts + 1
    if kept.step is UpdateStep.ON_TRIAL:
        if starts >= MOST_STARTS:
            return give_up(kept, f"it was not acknowledged over {kept.starts} starts")
        end_s = kept.end_s if kept.boot == boot else now_s + confirm_s
        return msgspec.structs.replace(kept, boot=boot, end_s=min(end_s, now_s + confirm_s), starts=starts)
    if kept.step in (UpdateStep.FETCHING, UpdateStep.INSTALLING) and starts > MOST_BREAKS:
        return refuse(kept, f"{kept.step} broke off {kept.starts} times", time_ms=kept.time_ms)
    return msgspec.structs.replace(kept, starts=starts) if kept.step.is_under_way else kept


def say(kept: KeptUpdate, reason: str) -> KeptUpdate:
    """It goes on, and this holds it up."""
    return msgspec.structs.replace(kept, reason=reason[:400])


def refuse(kept: KeptUpdate, reason: str, *, time_ms: int | None) -> KeptUpdate:
    """It never ran, and will not."""
    return msgspec.structs.replace(kept, step=UpdateStep.REFUSED, reason=reason[:400], time_ms=time_ms)


def end(kept: KeptUpdate, reason: str, *, time_ms: int | None) -> KeptUpdate:
    """What was tried for long enough is over: refused, or rolled back as far as that went."""
    step = UpdateStep.ROLLED_BACK if kept.step is UpdateStep.RETURNING else UpdateStep.REFUSED
    return msgspec.structs.replace(kept, step=step, reason=reason[:400], time_ms=time_ms)


def confirm(kept: KeptUpdate, *, time_ms: int | None) -> KeptUpdate:
    """The cloud has answered to it: what was rejected of this archive once is forgotten."""
    rejected = tuple(each for each in kept.rejected if each.digest != kept.digest)
    return msgspec.structs.replace(kept, step=UpdateStep.CONFIRMED, reason="", time_ms=time_ms, rejected=rejected)


def give_up(kept: KeptUpdate, reason: str) -> KeptUpdate:
    """Return to the one before, and do not try this archive again by itself."""
    others = tuple(each for each in kept.rejected if each.digest != kept.digest)
    rejected = (*others, RejectedArchive(kept.digest, reason[:200]))[-_MOST_REJECTED:]
    return msgspec.structs.replace(kept, step=UpdateStep.RETURNING, reason=reason[:400], rejected=rejected)


def returned(kept: KeptUpdate, *, time_ms: int | None) -> KeptUpdate:
    """The one before runs again."""
    return msgspec.structs.replace(kept, step=UpdateStep.ROLLED_BACK, time_ms=time_ms)
