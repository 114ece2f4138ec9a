"""What somebody enters, what is kept of it, and what became of each entry.

EnteredReading("k-1", "river", "water_level", stated_ms=…, value=132.0) ─► EntryOutcome("k-1", STORED, reading=…)
"""

from enum import StrEnum

import msgspec

from i18n.message import LocalizedMessage
from wire.durations import MINUTE_MS

CONFIRMS_WITHIN_MS = 5 * MINUTE_MS
"""So far apart a manual reading and a sensor's speak of the same: a river rises by at most 15 cm in that time."""


class EnteredReading(msgspec.Struct, frozen=True):
    """One entry: `key` is its own for ever, `stated_ms` its time (UTC) by the clock of whoever sends it.

    `sure`: the person has been asked about an unlikely value, and says that it is right.
    """

    key: str
    sensor: str
    quantity: str
    stated_ms: int
    value: float
    sure: bool = False


class ManualReading(msgspec.Struct, frozen=True):
    """A reading by a `person`, in the unit of its quantity, at `time_ms` (UTC); entered at `entered_ms`.

    `clock_offset_ms` is by how much the time that was sent was put right. `counts_from_ms` and `counts_until_ms` say
    when it has counted, or counts at most, in place of the sensor; `withdrawn_by` who has taken it back.
    """

    id: int
    person: str
    sensor: str
    quantity: str
    time_ms: int
    value: float
    entered_ms: int
    clock_offset_ms: int = 0
    withdrawn_ms: int | None = None
    withdrawn_by: str | None = None
    counts_from_ms: int | None = None
    counts_until_ms: int | None = None

    def counts(self, now_ms: int) -> bool:
        """Whether it counts in place of the sensor at `now_ms` (UTC)."""
        until_ms = self.counts_until_ms
        return until_ms is not None and now_ms < until_ms and self.withdrawn_ms is None


class Overruling(msgspec.Struct, frozen=True):
    """What a `person` has read at `read_ms` (UTC), where it counts in place of the sensor now."""

    sensor: str
    quantity: str
    value: float
    person: str
    read_ms: int


class EntryState(StrEnum):
    """What became of an entry; UNSURE: nothing is kept until the person says that they are sure."""

    STORED = "stored"
    KNOWN = "known"
    UNSURE = "unsure"
    REFUSED = "refused"


class EntryOutcome(msgspec.Struct, frozen=True):
    """What became of the entry of `key`; `sentence` says why it is not kept, `reading` is what is kept of it."""

    key: str
    state: EntryState
    sentence: LocalizedMessage | None = None
    reading: ManualReading | None = None
