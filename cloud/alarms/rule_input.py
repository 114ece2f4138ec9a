"""The columns that rules look at, on their way from ingest to the evaluator: references to what was decoded, no copies.

WatchedColumn(sensor="river-daruba-1", quantity="water_level", marks=0, times_ms=[…], values=[…])
"""

from collections.abc import Callable, Collection, Iterable
from itertools import groupby, pairwise
from operator import itemgetter

import msgspec

from cloud.readings.blocks import Block


class WatchedColumn(msgspec.Struct, frozen=True, gc=False):
    """Readings of one series that share their marks."""

    sensor: str
    quantity: str
    marks: int
    times_ms: list[int]
    values: list[float]

    def in_order(self) -> "WatchedColumn":
        """The same in the order of time."""
        times_ms = self.times_ms
        if all(before <= after for before, after in pairwise(times_ms)):
            return self
        order = sorted(range(len(times_ms)), key=times_ms.__getitem__)
        return msgspec.structs.replace(
            self, times_ms=[times_ms[n] for n in order], values=[self.values[n] for n in order]
        )


def merged(columns: list[WatchedColumn]) -> list[WatchedColumn]:
    """The columns of one series in the order of time; those that lie within one another are cut where marks change."""
    ordered = sorted((column.in_order() for column in columns), key=lambda column: column.times_ms[0])
    if all(before.times_ms[-1] <= after.times_ms[0] for before, after in pairwise(ordered)):
        return ordered
    readings = sorted(
        (time_ms, column.marks, value)
        for column in ordered
        for time_ms, value in zip(column.times_ms, column.values, strict=True)
    )
    first = ordered[0]
    return [
        WatchedColumn(first.sensor, first.quantity, marks, [one[0] for one in run], [one[2] for one in run])
        for marks, run in ((marks, list(group)) for marks, group in groupby(readings, key=itemgetter(1)))
    ]


class RuleInput(msgspec.Struct, frozen=True):
    """What rules want to know of some readings: the watched columns, and when each sensor was heard last (UTC ms)."""

    columns: tuple[WatchedColumn, ...] = ()
    heard_ms: dict[str, int] = {}


NO_INPUT = RuleInput()


def rule_input_of(
    blocks: Iterable[Block], quantities_of: Callable[[str], Collection[str]], *, measured: bool = True
) -> RuleInput:
    """Pick what rules look at of what is to be stored; `quantities_of` a sensor are those that some rule looks at.

    What Siaga computes itself is not `measured`, and no sign of life of the sensor.
    """
    columns: list[WatchedColumn] = []
    heard_ms: dict[str, int] = {}
    for block in blocks:
        wanted = quantities_of(block.sensor)
        if not wanted:
            continue
        sensor, last_ms = block.sensor, block.span[1]
        if measured and heard_ms.get(sensor, 0) < last_ms:
            heard_ms[sensor] = last_ms
        for quantity, values in block.fields:
            if quantity in wanted:
                columns.append(WatchedColumn(sensor, quantity, block.marks, block.times_ms, values))
    return RuleInput(tuple(columns), heard_ms) if heard_ms or columns else NO_INPUT
