"""What becomes of a revision: pure; the clocks are handed in.

            begin ─► TRYING ─ an ack in time ─► IN_FORCE
 wanted ──┤             └──── none in time, or too many starts ─► ROLLED_BACK: the one before is in force
            refuse ─► REFUSED: it was never used

A trial goes on over a restart of the agent: its end is a time since boot. After a boot it has its time again, but only
`MOST_STARTS` times, so that one which breaks the agent, or the machine, ends too.
"""

import hashlib
from typing import Annotated

import msgspec

from wire.gateway_config import ConfigState

MOST_STARTS = 3
_MOST_REJECTED = 8


class KeptConfig(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is remembered: the payload in force and the one on trial, and what became of revision `desired`.

    `boot` and `end_s` (seconds since that boot, CLOCK_BOOTTIME) say when the trial ends; `starts` counts those of the
    agent within it. `rejected` are digests of payloads that are not tried again.
    """

    good: str = ""
    good_revision: int = 0
    trying: str = ""
    boot: str = ""
    end_s: float = 0.0
    starts: int = 0
    desired: int = 0
    state: ConfigState = ConfigState.IN_FORCE
    reason: str = ""
    passed_over: tuple[str, ...] = ()
    rejected: Annotated[tuple[str, ...], msgspec.Meta(max_length=_MOST_REJECTED)] = ()

    @property
    def in_use(self) -> str:
        """The payload that the agent runs with; "" for edge.toml alone."""
        return self.trying or self.good

    @property
    def is_on_trial(self) -> bool:
        """Whether the one in use is not confirmed yet."""
        return self.state is ConfigState.TRYING


def is_new(kept: KeptConfig, payload: str) -> bool:
    """Whether `payload` is to be tried: it is not in use, and was not rejected before."""
    return payload != kept.in_use and digest(payload) not in kept.rejected


def digest(payload: str) -> str:
    """Tells one payload from another: a revision's number may come again from a cloud that was restored."""
    return hashlib.sha256(payload.encode()).hexdigest()[:32]


def begin(
    kept: KeptConfig, payload: str, revision: int, *, boot: str, end_s: float, passed_over: tuple[str, ...]
) -> KeptConfig:
    """Try `payload` until `end_s`; what was on trial before it is given up."""
    return msgspec.structs.replace(
        kept, trying=payload, boot=boot, end_s=end_s, starts=0, desired=revision, state=ConfigState.TRYING, reason="",
        passed_over=passed_over,
    )  # fmt: skip


def refuse(kept: KeptConfig, payload: str, revision: int, reason: str) -> KeptConfig:
    """Never use `payload`; one on trial is over too, since the city wants it no more."""
    over = _without_trial(kept, payload)
    return msgspec.structs.replace(over, desired=revision, state=ConfigState.REFUSED, reason=reason, passed_over=())


def confirm(kept: KeptConfig) -> KeptConfig:
    """The one on trial is in force."""
    return msgspec.structs.replace(
        _without_trial(kept, ""), good=kept.trying, good_revision=kept.desired, state=ConfigState.IN_FORCE, reason=""
    )


def roll_back(kept: KeptConfig, reason: str) -> KeptConfig:
    """Return to the one before, and do not try this one again."""
    over = _without_trial(kept, kept.trying)
    return msgspec.structs.replace(over, state=ConfigState.ROLLED_BACK, reason=reason)


def started(kept: KeptConfig, *, boot: str, now_s: float, confirm_s: float) -> KeptConfig:
    """The agent starts: a trial goes on, or ends here."""
    if not kept.is_on_trial:
        return kept
    if kept.starts >= MOST_STARTS:
        return roll_back(kept, f"not acknowledged over {kept.starts} starts of the agent with revision {kept.desired}")
    end_s = kept.end_s if kept.boot == boot else now_s + confirm_s
    if now_s >= end_s:
        return roll_back(kept, late(kept, confirm_s))
    return msgspec.structs.replace(kept, boot=boot, end_s=min(end_s, now_s + confirm_s), starts=kept.starts + 1)


def late(kept: KeptConfig, confirm_s: float) -> str:
    """Why a trial ended whose time was over."""
    return f"the cloud acknowledged nothing within {confirm_s:g} s of revision {kept.desired}"


def _without_trial(kept: KeptConfig, rejected: str) -> KeptConfig:
    more = (digest(rejected),) if rejected and digest(rejected) not in kept.rejected else ()
    return msgspec.structs.replace(
        kept, trying="", boot="", end_s=0.0, starts=0, rejected=(*kept.rejected, *more)[-_MOST_REJECTED:]
    )
