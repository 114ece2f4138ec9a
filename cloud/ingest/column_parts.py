"""Columns cut into parts: by the dated facts that hold at the times of their readings.

height 450 until Tuesday, 420 since     column of Monday to Wednesday ─► a part for each, with its own route
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence

import msgspec

from cloud.registry.routes import ReadingRoute
from wire import Column


def by_period(
    sent: Column, column: Column, route: ReadingRoute
) -> Iterator[tuple[Column, Column, ReadingRoute | None]]:
    """The parts of a column, as sent and with its right times, and the route that holds for each; None: none does."""
    timeline = route.timeline
    if not column.times_ms:
        return
    if timeline is None:
        yield sent, column, route
        return
    first, last = timeline.index(min(column.times_ms)), timeline.index(max(column.times_ms))
    if first == last:
        yield sent, column, timeline.values[first]
        return
    places: defaultdict[int, list[int]] = defaultdict(list)
    for place, time_ms in enumerate(column.times_ms):
        places[timeline.index(time_ms)].append(place)
    for era in sorted(places):
        yield _at(sent, places[era]), _at(column, places[era]), timeline.values[era]


def cut(sent: Column, column: Column, places: Sequence[int] | None) -> tuple[Column, Column]:
    """What stands at `places` of a column, as sent and with its right times; None: all of it."""
    return (sent, column) if places is None else (_at(sent, places), _at(column, places))


def _at(column: Column, places: Sequence[int]) -> Column:
    times_ms, values = [column.times_ms[place] for place in places], [column.values[place] for place in places]
    return msgspec.structs.replace(column, times_ms=times_ms, values=values)
