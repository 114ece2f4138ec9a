"""The latest time that a reading can have: a remembered later time is of a wrong clock, and is replaced.

                                     now   + 30 s
what is remembered of a series ───────┼──────┼────────────────────────────►
                        newer replaces older │ is replaced by whatever comes, old as it may be

This server's clock was ahead, or a gateway's against it, and was put right. Nothing later than that is ever let in
(`cloud/ingest/stamps.py`), so while no clock is set back nothing is ever found there. Each holder looks when something
comes of a series: one comparison.
"""

from collections.abc import Callable

from runtime.clock import wall_ms

AHEAD_MS = 30_000
"""A live stamp further ahead of its arrival is wrong. Less than a rule's lateness (60 s): the next is not late."""

Latest = Callable[[], int]
"""Says the latest time (UTC, ms) that a reading can have now."""


def latest_by_our_clock() -> int:
    """The latest time (UTC, ms) that a reading can have, where nobody says that this server's clock is wrong."""
    return wall_ms() + AHEAD_MS
