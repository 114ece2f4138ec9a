"""Levels: what the cloud makes of the distances of a batch, and what becomes of the levels that gateways made.

columns of a batch      river distance [123.4, 123.9]   river water_level [326.6, 326.1]     the gateway hung it at 450
becomes                 river distance [123.4, 123.9]   river water_level [296.6, 296.1]     the registry says 420

The registry's height of the reading's own time counts; what the gateway made is compared and dropped. A level that came
without its distance, because a batch was cut between the two, is dropped too where distances of the sensor are known
around it; elsewhere it is stored as it was sent, and `cloud/derived/corrections.py` looks for its distance later.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from types import MappingProxyType

import msgspec

from cloud.readings.newest import Newest
from cloud.registry.routes import NO_ROUTES, GatewayRoutes, ReadingRoute
from rules.level import height_cm, level_cm
from wire import Column

DISTANCE, LEVEL = "distance", "water_level"
NEAR_MS = 600_000
"""How far from a known distance a level without one is taken for half of a pair that was cut."""

Kept = Mapping[str, frozenset[int]]
"""By sensor the times (UTC, ms) of the levels without distance that are stored as they were sent."""
NONE_KEPT: Kept = MappingProxyType({})


class CheckedAgainst(msgspec.Struct, frozen=True):
    """What a batch was checked by that may be another next time: the registry, and the distances that were known."""

    gateway_routes: GatewayRoutes
    kept: Kept


CHECKED_AGAINST_NOTHING = CheckedAgainst(NO_ROUTES, NONE_KEPT)


class Pair(msgspec.Struct, frozen=True):
    """A level and a distance that came together, as sent: the height that the gateway reckons with at that time."""

    sensor: str
    time_ms: int
    sent_height_cm: float


class Levels:
    """The levels of one batch with `columns`, by the level routes of `gateway_routes`."""

    def __init__(
        self, columns: Sequence[Column], gateway_routes: GatewayRoutes, is_near: Callable[[str, int], bool]
    ) -> None:
        self.pairs: list[Pair] = []
        self.kept: dict[str, frozenset[int]] = {}
        self._columns = columns
        self._routes = gateway_routes.levels
        self._is_near = is_near
        self._known: Mapping[str, Mapping[int, float]] | None = None

    def made_of(self, column: Column) -> ReadingRoute | None:
        """The route of the level that is made of a column of distances; None where none is, or of other columns."""
        return self._routes.get(column.sensor) if column.quantity == DISTANCE else None

    def stored(self, sent: Column, right: Column) -> Sequence[int] | None:
        """The places of what is stored of a column as it was `sent` with its `right` times; None: all of it.

        Of levels that is nearly always nothing: they are made of distances here.
        """
        route = self._routes.get(sent.sensor) if sent.quantity == LEVEL else None
        if route is None:
            return None
        beside = self._beside(sent)
        if beside is not None and route.timeline is None:
            self.pairs.append(Pair(sent.sensor, sent.times_ms[-1], height_cm(sent.values[-1], beside.values[-1])))
            return ()
        known = self._distances().get(sent.sensor, {})
        self._compare(sent, known)
        places = [
            place
            for place, (stamp_ms, time_ms) in enumerate(zip(sent.times_ms, right.times_ms, strict=True))
            if (route.timeline is not None and route.timeline.at(time_ms) is None)
            or (stamp_ms not in known and not self._is_near(sent.sensor, time_ms))
        ]
        if places:
            times_ms = (right.times_ms[place] for place in places)
            self.kept[sent.sensor] = self.kept.get(sent.sensor, frozenset()).union(times_ms)
        return places

    def _beside(self, sent: Column) -> Column | None:
        """The distances that share their list of times with a column of levels, as they do in nearly all batches."""
        for column in self._columns:
            if column.times_ms is sent.times_ms and column.quantity == DISTANCE and column.sensor == sent.sensor:
                return column
        return None

    def _compare(self, sent: Column, known: Mapping[int, float]) -> None:
        """Record the newest pair of a column of levels."""
        stamp_ms = max((each for each in sent.times_ms if each in known), default=None)
        if stamp_ms is not None:
            level = sent.values[sent.times_ms.index(stamp_ms)]
            self.pairs.append(Pair(sent.sensor, stamp_ms, height_cm(level, known[stamp_ms])))

    def _distances(self) -> Mapping[str, Mapping[int, float]]:
        """The distances of the batch as they were sent, by sensor and stamp."""
        if self._known is None:
            found: defaultdict[str, dict[int, float]] = defaultdict(dict)
            for column in self._columns:
                if column.quantity == DISTANCE and column.sensor in self._routes:
                    found[column.sensor].update(zip(column.times_ms, column.values, strict=True))
            self._known = found
        return self._known


def sound(column: Column, route: ReadingRoute, *, low: float, high: float) -> Sequence[int] | None:
    """The places of those distances that a sensor can have measured, by the line of `route`; None: all of them."""
    line = route.distance_line
    distances = [line.of(value) for value in column.values]
    if low <= min(distances) and max(distances) <= high:
        return None
    return [place for place, distance in enumerate(distances) if low <= distance <= high]


def levels_from(column: Column, route: ReadingRoute) -> Column:
    """A column of distances as levels, by the height of `route`."""
    line, height = route.distance_line, route.height_cm or 0.0
    values = [level_cm(height, line.of(value)) for value in column.values]
    return msgspec.structs.replace(column, quantity=LEVEL, values=values)


class Distances:
    """Until when the distance of each sensor is known: what is stored, and what is on its way to the store.

    Bounded by the sensors of the registry that hang over water.
    """

    def __init__(self, newest: Newest) -> None:
        self._newest = newest
        self._last_ms: dict[str, int] = {}

    def record(self, columns: Iterable[Column]) -> None:
        """Record columns of distances that are about to be stored; a time that has not come yet gives way to theirs."""
        for column in columns:
            known_ms, newest_ms = self._last_ms.get(column.sensor, 0), max(column.times_ms)
            if newest_ms > known_ms or known_ms > self._newest.latest_ms():
                self._last_ms[column.sensor] = newest_ms

    def is_near(self, sensor: str, time_ms: int) -> bool:
        """Whether a distance is known around a time."""
        stored = self._newest.series(sensor, DISTANCE)
        known_ms = (self._last_ms.get(sensor), None if stored is None else stored.time_ms)
        return any(each is not None and abs(each - time_ms) <= NEAR_MS for each in known_ms)


def nearness(distances: Distances | None, again: CheckedAgainst | None) -> Callable[[str, int], bool]:
    """Whether a distance of a sensor is known around a time: as it was found before, or as it is now."""
    if again is not None:
        return lambda sensor, time_ms: time_ms not in again.kept.get(sensor, ())
    return (lambda _sensor, _time_ms: False) if distances is None else distances.is_near
