"""An alarm whose beginning has moved: a reading that came out of order shows that it began at another time.

withdrawn raised@10:00:10 + raised@10:00:05, found together
 ─► OnsetCorrection(10:00:10 ─► 10:00:05): the same alarm, paged once
"""

from collections.abc import Sequence

import msgspec

from rules.engine import Event, EventKind


class OnsetCorrection(msgspec.Struct, frozen=True):
    """The alarm opened at `before_ms` (UTC, event time) began as `raised` says."""

    before_ms: int
    raised: Event


def onset_correction(events: Sequence[Event], opened_ms: int | None) -> tuple[OnsetCorrection | None, list[Event]]:
    """What became of the alarm that was open since `opened_ms`, if it moved, and the events that are left to report.

    Its new beginning is among them: it stands already where the alarm was moved, and is reported where none could be.
    """
    undone = any(_takes_back(event, EventKind.RAISED, opened_ms) for event in events)
    again = next((event for event in events if event.kind is EventKind.RAISED and not event.late), None)
    if opened_ms is None or not undone or again is None:
        return None, list(events)
    again_reported = {
        (event.kind, event.time_ms, event.level) for event in events if event.opened_ms == again.opened_ms
    }
    left = [
        msgspec.structs.replace(event, opened_ms=again.opened_ms) if event.opened_ms == opened_ms else event
        for event in events
        if not _is_reported_again(event, opened_ms, again_reported)
    ]
    return OnsetCorrection(opened_ms, again), left


def _takes_back(event: Event, kind: EventKind, opened_ms: int | None) -> bool:
    return event.kind is EventKind.WITHDRAWN and event.undone is kind and event.opened_ms == opened_ms


def _is_reported_again(event: Event, opened_ms: int, reported: set[tuple[EventKind, int, int]]) -> bool:
    """Whether a withdrawal is of the old beginning, or of an event that is reported once more under the new one."""
    if event.kind is not EventKind.WITHDRAWN or event.opened_ms != opened_ms or event.undone is None:
        return False
    return event.undone is EventKind.RAISED or (event.undone, event.time_ms, event.level) in reported
