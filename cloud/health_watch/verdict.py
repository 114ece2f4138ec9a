"""From answers to notices:  good … bad bad bad ─► gone    bad … good good ─► back    gone for again_h ─► gone, again

Pure: `now_s` is of a clock that never steps and counts a suspend. A watch that slept has asked nobody meanwhile, so
what was bad before it slept begins again.
"""

from enum import StrEnum

import msgspec

from cloud.health_watch.probe import ProbeResult

LEAST_BAD = 3
"""Bad answers in a row before anybody is notified: one lost packet is no outage."""
LEAST_GOOD = 2
SLEPT = 3
"""Times the usual pause between two questions: more, and it was the watch that was away."""


class WatchNotice(StrEnum):
    """What to notify of."""

    GONE = "gone"
    STILL_GONE = "still gone"
    BACK = "back"


class ServerVerdict(msgspec.Struct, frozen=True):
    """What is known of one server; `notified_s` is when people were last notified that it is gone."""

    asked_s: float | None = None
    bad_s: float | None = None
    bad: int = 0
    good: int = 0
    notified_s: float | None = None


def judge(
    verdict: ServerVerdict, result: ProbeResult, *, now_s: float, every_s: float, after_s: float, again_s: float
) -> tuple[ServerVerdict, WatchNotice | None]:
    """Return the verdict after one more answer, and what to notify of."""
    if result.good:
        good = verdict.good + 1
        if verdict.notified_s is not None and good < LEAST_GOOD:
            return ServerVerdict(now_s, good=good, notified_s=verdict.notified_s), None
        return ServerVerdict(now_s, good=good), WatchNotice.BACK if verdict.notified_s is not None else None
    slept = verdict.asked_s is not None and now_s - verdict.asked_s > SLEPT * every_s + after_s
    goes_on = verdict.bad_s is not None and not slept
    bad_s, bad = (verdict.bad_s, verdict.bad + 1) if goes_on and verdict.bad_s is not None else (now_s, 1)
    after = ServerVerdict(now_s, bad_s, bad, notified_s=verdict.notified_s)
    if verdict.notified_s is not None:
        is_due = now_s - verdict.notified_s >= again_s
        return (msgspec.structs.replace(after, notified_s=now_s), WatchNotice.STILL_GONE) if is_due else (after, None)
    if bad >= LEAST_BAD and now_s - bad_s >= after_s:
        return msgspec.structs.replace(after, notified_s=now_s), WatchNotice.GONE
    return after, None
