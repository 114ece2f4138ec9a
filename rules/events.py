"""What goes into the engine and what comes out of it.

Watched(sensor, rule, …) + Observed(time, value, marks) ─► engine ─► Event(raised | worsened | eased | …) of one alarm

An alarm is known by its rule family, its sensor and `opened_ms`: when its mildest level was first exceeded.
"""

from enum import StrEnum

import msgspec


class Phase(StrEnum):
    """Where a rule stands on a sensor."""

    NORMAL = "normal"
    PENDING = "pending"
    ALARMING = "alarming"
    SILENT = "silent"
    RECOVERING = "recovering"


class EventKind(StrEnum):
    """What happened to an alarm.

    RESUMED: it was recovering and is beyond the level again. WITHDRAWN: what was reported earlier (`Event.undone`)
    is not so, as a reading that came out of order has shown. RETIRED: its sensor was taken out of service and nobody
    watches any more, which is no all-clear.
    """

    RAISED = "raised"
    WORSENED = "worsened"
    EASED = "eased"
    SILENT = "silent"
    HEARD = "heard"
    RECOVERING = "recovering"
    RESUMED = "resumed"
    CLOSED = "closed"
    WITHDRAWN = "withdrawn"
    RETIRED = "retired"


class ReadBy(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """Who has read a value by eye: `reading` is the number of the manual reading, `read_ms` (UTC) when it was read."""

    reading: int
    person: str
    read_ms: int


class Event(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One change of an alarm, at `time_ms` on event time.

    `level` counts the rule's levels from 0. `value` is in the unit of the level's limit: the quantity's, for a rise
    over the rule's window, for silence in expected intervals. `late`: the readings came too late for anybody to be
    notified; it is recorded and pages nobody. `undone` is what a WITHDRAWN takes back. `read_by`: a person has read it,
    in place of the sensor.
    """

    kind: EventKind
    opened_ms: int
    time_ms: int
    level: int
    value: float
    late: bool = False
    undone: EventKind | None = None
    read_by: ReadBy | None = None


class SecondReading(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """The newest reading of the second sensor (`Rule.also`) at the event time of the first one's; never a later one."""

    time_ms: int
    value: float


class Observed(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One reading of the watched sensor, with its marks as one whole number (see marks.py).

    With `read_by` it is what a person has read beside the sensor, which counts from `time_ms` on if it counts at all.
    """

    time_ms: int
    value: float
    marks: int = 0
    second: SecondReading | None = None
    read_by: ReadBy | None = None
