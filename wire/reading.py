"""One reading: what a sensor said of one quantity at one time.

Reading("river-daruba-1", "water_level", 1764000000000, 132.4, Clock.SYNCED, backfill=False)
"""

from enum import StrEnum

import msgspec

EARLIEST_MS = 1_577_836_800_000
"""2020-01-01 UTC. Before it there was no Siaga: a clock that shows less is wrong."""


class Clock(StrEnum):
    """How far the gateway trusted its clock when it stamped a reading."""

    SYNCED = "synced"
    ESTIMATED = "estimated"  # put right when the time was known, or known only to lie between two times
    UNKNOWN = "unknown"


class Reading(msgspec.Struct, frozen=True, gc=False):
    """A value with its identity: (sensor, quantity, time_ms) is the key under which writing it again is harmless.

    `time_ms` is UTC in milliseconds since 1970, `value` is in the unit that `wire.quantities` gives for `quantity`;
    `backfill` says that it was sent after newer readings, so nobody may take it for the present.
    """

    sensor: str
    quantity: str
    time_ms: int
    value: float
    clock: Clock = Clock.SYNCED
    backfill: bool = False
