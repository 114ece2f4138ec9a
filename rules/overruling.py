"""A person's reading in place of a sensor that is doubted or silent: when it counts, and for how long.

 sensor   ●   ●    ✗    ✗        ✗         ●            ✗ doubted: spike, stuck, contradicted by its twin, no clock
                      ▲ read    the person's value ends at the sensor's next reading that is not doubted,
                      └─────────────────────┘            and at the latest an hour after it was read

A sensor that nobody doubts is never overruled. Once the hour is over nothing is known again: an alarm that stands then
is ended by no doubted reading.
"""

import msgspec

from rules.core import Core, Unsure
from rules.events import ReadBy
from rules.marks import Mark
from rules.quality import NEVER_MS
from wire.durations import HOUR_MS

COUNTS_FOR_MS = HOUR_MS
"""So long after it was read a person's value counts at the most: within it a river rises by up to 180 cm."""
OVERRULED = int(Mark.SPIKE | Mark.STUCK | Mark.TWINS_DISAGREE | Mark.CLOCK_UNKNOWN)
"""The doubts on a reading that a person's value may take the place of; of one that is astray the past speaks for it."""


def until_ms(read_by: ReadBy) -> int:
    """Until when (UTC) a person's value counts at the most."""
    return read_by.read_ms + COUNTS_FOR_MS


def after_sensor(core: Core, time_ms: int) -> Unsure:
    """What is unsure after a doubted reading of the sensor at `time_ms`; `core` is that before it."""
    known = core.unsure
    if known is None:
        return Unsure(core.heard_ms)
    is_over = known.read_by is not None and time_ms > until_ms(known.read_by)
    return Unsure(known.firm_ms) if is_over and core.level < 0 else known


def holds_against(core: Core) -> bool:
    """Whether a doubted reading counts for nothing, since a person's stands, or an alarm that one has spoken of."""
    return core.unsure is not None and core.unsure.read_by is not None


def after_person(core: Core, time_ms: int, read_by: ReadBy, *, silent_ms: int) -> Unsure | None:
    """What is unsure with a person's value taken at `time_ms`; None where it does not count then."""
    known = core.unsure
    if known is None and core.heard_ms != NEVER_MS and time_ms - core.heard_ms <= silent_ms:
        return None
    firm_ms = core.heard_ms if known is None else known.firm_ms
    if read_by.read_ms <= firm_ms or time_ms > until_ms(read_by):
        return None
    if known is not None and known.read_by is not None and _order(known.read_by) >= _order(read_by):
        return None
    return Unsure(firm_ms, read_by)


def counts_from_ms(core: Core, entered_ms: int, *, silent_ms: int) -> int:
    """From when (UTC) a person's value that came at `entered_ms` can count: once the sensor is doubted, or silent."""
    if core.heard_ms == NEVER_MS:
        return entered_ms
    return max(entered_ms, core.heard_ms + 1 + (silent_ms if core.unsure is None else 0))


def without(core: Core, reading: int) -> Core:
    """The core where the manual reading of that number was withdrawn: it counts no more, the sensor stays unsure."""
    unsure = core.unsure
    if unsure is None or unsure.read_by is None or unsure.read_by.reading != reading:
        return core
    return msgspec.structs.replace(core, unsure=Unsure(unsure.firm_ms))


def _order(read_by: ReadBy) -> tuple[int, int]:
    return read_by.read_ms, read_by.reading
