"""What the fold remembers of a rule on a sensor between two readings."""

import msgspec

from rules.events import Observed, Phase, ReadBy
from rules.quality import NEVER_MS, UNJUDGED, Judged


class Unsure(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """What the sensor says is doubted, or it says nothing: `firm_ms` is its last reading that was not doubted.

    `read_by`: a person's value stands in its place, or did when the alarm that is open was last judged.
    """

    firm_ms: int
    read_by: ReadBy | None = None


class Core(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A rule on a sensor after all readings up to `heard_ms`.

    `level` and `opened_ms` are of the open alarm (-1: none is open). `since` holds the onset of each level that is
    exceeded now, the mildest first; `left_ms` since when an alarm's value has been beyond the hysteresis. `hits` are
    (time, levels exceeded) of the last m readings of `Rule.at_least`; `lows` and `previous` belong to a rise, `points`
    to a trend.
    `held` are readings that wait for others to agree with them: `doubted` ones, or those after no history. `unsure` is
    None where the newest reading is not doubted.
    """

    heard_ms: int = NEVER_MS
    judged: Judged = UNJUDGED
    value: float = 0.0
    phase: Phase = Phase.NORMAL
    level: int = -1
    opened_ms: int = NEVER_MS
    left_ms: int = NEVER_MS
    since: tuple[int, ...] = ()
    hits: tuple[tuple[int, int], ...] = ()
    lows: tuple[tuple[int, float], ...] = ()
    previous: tuple[int, float] | None = None
    held: tuple[Observed, ...] = ()
    doubted: tuple[Observed, ...] = ()
    points: tuple[tuple[int, float], ...] = ()
    unsure: Unsure | None = None

    def opened(self, level: int, opened_ms: int) -> "Core":
        """This core with an alarm of `level` open and not recovering."""
        return msgspec.structs.replace(self, phase=Phase.ALARMING, level=level, opened_ms=opened_ms, left_ms=NEVER_MS)

    def closed(self) -> "Core":
        """This core with no alarm open."""
        return msgspec.structs.replace(
            self, phase=Phase.NORMAL, level=-1, opened_ms=NEVER_MS, left_ms=NEVER_MS, since=(), hits=()
        )


NOTHING_YET = Core()
