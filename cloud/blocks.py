"""A block: what is written to the readings store, in columns.

    Block(site="daruba", sensor="air-market", gateway="gw-daruba", domain=Domain.AIR, marks=0,
          times_ms=[…], fields=(("pm2_5", […]), ("pm10", […])))

All quantities of a sensor that share their times stand in one block, so that one line carries them all.
"""

from enum import IntFlag

import msgspec

from wire import Clock, Domain


class Mark(IntFlag):
    """What a reader must know of a reading besides its value; stored with it as one whole number."""

    NONE = 0
    BACKFILL = 1
    CLOCK_ESTIMATED = 2
    CLOCK_UNKNOWN = 4


MARK_NAMES = {Mark.BACKFILL: "backfill", Mark.CLOCK_ESTIMATED: "clock_estimated", Mark.CLOCK_UNKNOWN: "clock_unknown"}
MARK_OF_CLOCK = {
    Clock.SYNCED: Mark.NONE,
    Clock.ESTIMATED: Mark.CLOCK_ESTIMATED,
    Clock.UNKNOWN: Mark.CLOCK_UNKNOWN,
}


def names_of(marks: int) -> list[str]:
    """The marks in `marks` by name, as the API shows them."""
    return [name for mark, name in MARK_NAMES.items() if marks & mark]


class Block(msgspec.Struct, frozen=True, gc=False):
    """Readings of one sensor that share times and marks: `times_ms` in UTC, each of `fields` as long as it."""

    site: str
    sensor: str
    gateway: str
    domain: Domain
    marks: int
    times_ms: list[int]
    fields: tuple[tuple[str, list[float]], ...]

    @property
    def size(self) -> int:
        """How many readings the block holds."""
        return len(self.times_ms) * len(self.fields)
