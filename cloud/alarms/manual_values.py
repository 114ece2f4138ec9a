"""What people have read beside sensors within the hour, as rules take it in place of one that is doubted or silent.

ManualValue("river", "water_level", 312.0, entered_ms=…, read_by=ReadBy(17, "ani", …))
"""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence

import msgspec
from sqlalchemy import Connection

from rules.engine import ReadBy, RuleState

MOST_VALUES = 1_000
"""Looked at each second, the newest: nobody can enter more of them in a day."""


class ManualValue(msgspec.Struct, frozen=True):
    """A person's reading beside a sensor, which came at `entered_ms` (UTC); `withdrawn`: it counts no more."""

    sensor: str
    quantity: str
    value: float
    entered_ms: int
    read_by: ReadBy
    withdrawn: bool = False


ManualValues = Mapping[tuple[str, str], Sequence[ManualValue]]
"""By (sensor, quantity), in the order in which they came."""
ReadManualValues = Callable[[Connection, int], Sequence[ManualValue]]
"""The values read, or withdrawn, since a time (UTC ms)."""


def no_manual_values(_connection: Connection, _since_ms: int) -> Sequence[ManualValue]:
    """Nobody reads anything."""
    return ()


def by_series(values: Sequence[ManualValue], is_own: Callable[[str], bool]) -> ManualValues:
    """The values of the sensors that are `is_own`, by series."""
    found: defaultdict[tuple[str, str], list[ManualValue]] = defaultdict(list)
    for value in sorted(values, key=lambda each: (each.entered_ms, each.read_by.reading)):
        if is_own(value.sensor):
            found[value.sensor, value.quantity].append(value)
    return dict(found)


def rests_on(state: RuleState, reading: int) -> bool:
    """Whether a manual reading is among what a state remembers."""
    recent = (each.read_by for each in state.recent)
    cores = (state.head, state.base, state.middle.core)
    unsure = (core.unsure.read_by for core in cores if core.unsure is not None)
    return any(each is not None and each.reading == reading for each in (*recent, *unsure))


def counting(state: RuleState) -> ReadBy | None:
    """Whose reading stands in place of the sensor; None where the sensor's own counts."""
    unsure = state.head.unsure
    return None if unsure is None else unsure.read_by
