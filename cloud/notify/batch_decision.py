"""Whether the waiting notices of a step go now: pure, on steady milliseconds.

          │ at once        B … Z wait, unless one is worse than all that went out in the window
──────────A────────────────────────────────┬──────────────────────
          └─ window_ms ────────────────────┘ gathered: one message of all that waited
"""

from enum import Enum

import msgspec


class BatchingDecision(Enum):
    """What becomes of a step's waiting notices."""

    WAIT = "wait"
    AT_ONCE = "at once"
    GATHERED = "gathered"


class Waiting(msgspec.Struct, frozen=True):
    """The notices of a step that wait: the most urgent, and since when (steady) the oldest does."""

    urgency: int
    oldest_ms: int


class RecentlyNotified(msgspec.Struct, frozen=True):
    """What a step was notified of: when its newest message was made (steady), the most urgent line in the window."""

    newest_ms: int
    urgency: int


def decide(waiting: Waiting, recent: RecentlyNotified | None, *, now_ms: int, window_ms: int) -> BatchingDecision:
    """Return whether `waiting` goes now; `recent` is None for a step that was never notified."""
    if recent is None:
        return BatchingDecision.AT_ONCE
    ends_ms = recent.newest_ms + window_ms
    if now_ms >= ends_ms:
        # what came before the window's end was gathered by it; what came after it opens a window of its own
        return BatchingDecision.GATHERED if waiting.oldest_ms < ends_ms else BatchingDecision.AT_ONCE
    return BatchingDecision.AT_ONCE if waiting.urgency > recent.urgency else BatchingDecision.WAIT
