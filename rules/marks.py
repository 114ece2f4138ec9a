"""Marks: what a reader must know of a reading besides its value; stored with it as one whole number.

0 = plain    1 backfill    2 clock estimated    4 clock unknown    8 spike    16 stuck    32 twins disagree
64 twin astray: its twin says something else too, but what both said before speaks for this one
128 withdrawn: a computed value that no longer holds, as later readings or verdicts have shown
256 confirmed: a person has read the same there, so the doubts of quality on it are taken back

A later verdict stands beside the reading as it was stored, and takes the place of its quality marks.
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
    TWIN_ASTRAY = 64
    WITHDRAWN = 128
    CONFIRMED = 256


MARK_NAMES = {
    Mark.BACKFILL: "backfill",
    Mark.CLOCK_ESTIMATED: "clock_estimated",
    Mark.CLOCK_UNKNOWN: "clock_unknown",
    Mark.SPIKE: "spike",
    Mark.STUCK: "stuck",
    Mark.TWINS_DISAGREE: "twins_disagree",
    Mark.TWIN_ASTRAY: "twin_astray",
    Mark.WITHDRAWN: "withdrawn",
    Mark.CONFIRMED: "confirmed",
}
MARK_OF_NAME = {name: mark for mark, name in MARK_NAMES.items() if mark is not Mark.CONFIRMED}
"""What a rule may reject."""
MARK_OF_CLOCK = {
    Clock.SYNCED: Mark.NONE,
    Clock.ESTIMATED: Mark.CLOCK_ESTIMATED,
    Clock.UNKNOWN: Mark.CLOCK_UNKNOWN,
}
QUALITY = int(Mark.SPIKE | Mark.STUCK | Mark.TWINS_DISAGREE | Mark.TWIN_ASTRAY | Mark.WITHDRAWN | Mark.CONFIRMED)
"""The marks of which a later verdict may say otherwise."""
NOT_BELIEVED = int(Mark.SPIKE | Mark.TWINS_DISAGREE | Mark.CLOCK_UNKNOWN | Mark.WITHDRAWN)
"""Readings with one of these count for nothing in what is computed, where there are others."""
DOUBTED = int(Mark.SPIKE | Mark.STUCK | Mark.TWINS_DISAGREE | Mark.TWIN_ASTRAY | Mark.CLOCK_UNKNOWN)
"""Whoever shows a state that rests on a reading with one of these says that it is doubted."""


def with_verdict(marks: int, verdict: int | None) -> int:
    """The marks that hold of a reading that was stored with `marks`, where a later `verdict` (None: none) was given."""
    return marks if verdict is None else marks & ~QUALITY | verdict & QUALITY


def names_of(marks: int) -> list[str]:
    """The marks in `marks` by name, as the API shows them."""
    return [name for mark, name in MARK_NAMES.items() if marks & mark]
