"""Marks: what a reader must know of a reading besides its value; stored with it as one whole number.

0 = plain    1 backfill    2 clock estimated    4 clock unknown    8 spike    16 stuck    32 twins disagree
"""

from enum import IntFlag

from wire import Clock


class Mark(IntFlag):
    """What a reader must know of a reading besides its value."""

    NONE = 0
    BACKFILL = 1
    CLOCK_ESTIMATED = 2
    CLOCK_UNKNOWN = 4
    SPIKE = 8
    STUCK = 16
    TWINS_DISAGREE = 32


MARK_NAMES = {
    Mark.BACKFILL: "backfill",
    Mark.CLOCK_ESTIMATED: "clock_estimated",
    Mark.CLOCK_UNKNOWN: "clock_unknown",
    Mark.SPIKE: "spike",
    Mark.STUCK: "stuck",
    Mark.TWINS_DISAGREE: "twins_disagree",
}
MARK_OF_NAME = {name: mark for mark, name in MARK_NAMES.items()}
MARK_OF_CLOCK = {
    Clock.SYNCED: Mark.NONE,
    Clock.ESTIMATED: Mark.CLOCK_ESTIMATED,
    Clock.UNKNOWN: Mark.CLOCK_UNKNOWN,
}


def names_of(marks: int) -> list[str]:
    """The marks in `marks` by name, as the API shows them."""
    return [name for mark, name in MARK_NAMES.items() if marks & mark]
