"""The checks: which readings of a batch may be stored, and why the others may not.

column -> route (sensor and quantity of this gateway) -> calibrate -> times (corrected by `stamps`) -> bounds -> block

Columnar: a column passes by its smallest and largest number; only where that fails is it taken reading by reading.
"""

import difflib
from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

import msgspec

from cloud.core.reasons import Reason
from cloud.ingest.levels import (
    CHECKED_AGAINST_NOTHING,
    CheckedAgainst,
    Distances,
    Levels,
    Pair,
    levels_from,
    nearness,
    sound,
)
from cloud.ingest.quality import NO_LANES, QualityJudge, Series
from cloud.ingest.stamps import Corrected, Stamps, parts
from cloud.readings.blocks import Block
from cloud.registry.routes import ReadingRoute
from cloud.registry.snapshot import Registry
from i18n.units import amount
from rules.marks import MARK_OF_CLOCK, Mark
from wire import QUANTITIES, Batch, Clock, Column, Domain, Reading
from wire.reading import EARLIEST_MS


class RejectedReadings(msgspec.Struct, frozen=True):
    """Readings that one check rejects, as they came (before calibration)."""

    reason: Reason
    sentence: str
    readings: list[Reading]


class CheckedBatch(msgspec.Struct, frozen=True):
    """What the checks make of a batch; `doubtful` are the series whose quality a glance does not settle.

    `corrected` has the right times of columns, by their number in the batch, whose stamps were looked at. `newest_ms`
    are the newest stamps as they came (UTC), of those that say that they are right: one for each list of times.
    """

    blocks: list[Block]
    rejected: list[RejectedReadings]
    doubtful: frozenset[Series] = frozenset()
    corrected: dict[int, Corrected] = {}
    newest_ms: Sequence[int] = ()
    checked_against: CheckedAgainst = CHECKED_AGAINST_NOTHING
    pairs: Sequence[Pair] = ()


def check_batch(
    batch: Batch,
    *,
    gateway: str,
    registry: Registry,
    latest_ms: int,
    judge: QualityJudge | None = None,
    stamps: Stamps | None = None,
    distances: Distances | None = None,
    again: CheckedAgainst | None = None,
) -> CheckedBatch:
    """Check each reading of a batch of `gateway`, which the registry knows; no time may be after `latest_ms` (UTC).

    `judge` has a glance at each column while its smallest and largest number are at hand. `stamps` corrects times
    first. `distances` knows those that came before; `again` is what an earlier check was made
    against, so that this one gives the same.
    """
    gateway_routes = registry.gateway_routes(gateway) if again is None else again.gateway_routes
    routes, levels = gateway_routes.routes, Levels(batch.columns, gateway_routes, nearness(distances, again))
    results = _Results(gateway, registry, judge, latest_ms=latest_ms, backfill=batch.backfill)
    check, unknown = (
        results.check,
        Clock.UNKNOWN,
    )  # looked up once: there are many columns
    corrected_sensors = () if stamps is None else stamps.sensors
    times_before: list[int] | None = None
    span = (0, 0)
    timely = False
    for number, column in enumerate(batch.columns):
        series = (column.sensor, column.quantity)
        route = routes.get(series)
        if route is None:
            results.reject(column)
            continue
        if column.times_ms is not times_before:
            times_before = column.times_ms
            span = (min(times_before), max(times_before))
            timely = span[0] >= EARLIEST_MS and span[1] <= latest_ms
            if column.clock is Clock.SYNCED:
                results.newest_ms.append(span[1])
        if stamps is not None and (not timely or column.clock is unknown or column.sensor in corrected_sensors):
            results.corrected[number] = stamps.corrected(column)
            for sent, right in parts(column, results.corrected[number]):
                results.check_by_period(sent, right, route, levels)
        elif route.timeline is None and column.sensor not in gateway_routes.levels:
            check(column, column, series, route, span, timely)
        else:
            results.check_by_period(column, column, route, levels)
    if distances is not None:
        distances.record(results.distances)  # only now: the order of the columns of one batch changes nothing
    return CheckedBatch(
        results.collector.blocks(), results.rejected, frozenset(results.doubtful), results.corrected, results.newest_ms,
        CheckedAgainst(gateway_routes, levels.kept) if again is None else again, levels.pairs,
    )  # fmt: skip


class _Results:
    """What comes out of a batch, column by column."""

    def __init__(
        self, gateway: str, registry: Registry, judge: QualityJudge | None, *, latest_ms: int, backfill: bool
    ) -> None:
        self.collector = _Collector(gateway, backfill=backfill)
        self.rejected: list[RejectedReadings] = []
        self.doubtful: set[Series] = set()
        self.corrected: dict[int, Corrected] = {}
        self.newest_ms: list[int] = []
        self.distances: list[Column] = []
        self._gateway = gateway
        self._registry = registry
        lanes = NO_LANES if judge is None else judge.lanes(backfill=backfill)
        self._lane_of = lanes.get
        self._add = self.collector.add
        self._latest_ms = latest_ms
        self._backfill = backfill
        self._times_ms: list[int] | None = None
        self._span = (0, 0)

    def check(
        self, sent: Column, column: Column, series: Series, route: ReadingRoute, span: tuple[int, int], timely: bool
    ) -> None:
        """Check a column with its right times; `sent` has those that it came with."""
        times_ms, values = column.times_ms, column.values
        if route.calibration is not None:
            values = [route.calibration.of(value) for value in values]
        low, high = min(values), max(values)
        if timely and low >= route.low and high <= route.high:
            lane = self._lane_of(series)
            if lane is None or not lane.is_plain(times_ms, values, low, high):
                self.doubtful.add(series)
            self._add(column, route, times_ms, values, span)
            return
        self.doubtful.add(series)
        checked = _check_each(column, sent, route, values, latest_ms=self._latest_ms, backfill=self._backfill)
        self.rejected.extend(_own(checked.rejected, column, sent))
        if checked.times_ms:
            self.collector.add(column, route, checked.times_ms, checked.values, None)

    def check_by_period(self, sent: Column, column: Column, route: ReadingRoute, levels: Levels) -> None:
        """The same, a column in which a dated fact changes in parts, each with the route of its time.

        Of distances the level is made, and of a level that its gateway made nothing is stored.
        """
        for part, right, own in _by_period(*_cut(sent, column, levels.stored(sent, column)), route):
            if own is None:
                self.reject(part)
            else:
                self._check(part, right, own)
        made = levels.made_of(column)
        if made is not None:
            self._make_levels(sent, column, route, made)

    def _make_levels(self, sent: Column, column: Column, distance: ReadingRoute, level: ReadingRoute) -> None:
        for part, right, own in _by_period(sent, column, level):
            if own is None:
                continue  # it had no height then
            sent_there, there = _cut(part, right, sound(right, own, low=distance.low, high=distance.high))
            if there.times_ms:
                self.distances.append(there)
                self._check(sent_there, levels_from(there, own), own)

    def _check(self, sent: Column, column: Column, route: ReadingRoute) -> None:
        if column.times_ms is not self._times_ms:
            self._times_ms, self._span = column.times_ms, (min(column.times_ms), max(column.times_ms))
        timely = self._span[0] >= EARLIEST_MS and self._span[1] <= self._latest_ms
        self.check(sent, column, (column.sensor, column.quantity), route, self._span, timely)

    def reject(self, column: Column) -> None:
        """Reject a column whose sensor the gateway may not speak of, or not of that time."""
        self.rejected.append(_without_route(column, self._gateway, self._registry, backfill=self._backfill))


def _own(rejected: list[RejectedReadings], column: Column, sent: Column) -> Iterator[RejectedReadings]:
    """What is rejected of a column itself: the times of a level are those of its distance, and rejected there."""
    for each in rejected:
        if column.quantity == sent.quantity or each.reason is Reason.OUT_OF_BOUNDS:
            yield each


def _by_period(
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


def _cut(sent: Column, column: Column, places: Sequence[int] | None) -> tuple[Column, Column]:
    """What stands at `places` of a column, as sent and with its right times; None: all of it."""
    return (sent, column) if places is None else (_at(sent, places), _at(column, places))


def _at(column: Column, places: Sequence[int]) -> Column:
    times_ms, values = [column.times_ms[place] for place in places], [column.values[place] for place in places]
    return msgspec.structs.replace(column, times_ms=times_ms, values=values)


_NO_ROUTE = ReadingRoute("", Domain.GATEWAY, 0.0, 0.0, None)
_MARKS_OF_CLOCK = tuple(
    {clock: int(mark | more) for clock, mark in MARK_OF_CLOCK.items()} for more in (Mark.NONE, Mark.BACKFILL)
)
"""By whether it is a backlog: whole numbers, since combining flags of an IntFlag costs a microsecond each time."""


class _Collector:
    """Joins columns of one sensor that share their list of times into blocks."""

    def __init__(self, gateway: str, *, backfill: bool) -> None:
        self._gateway = gateway
        self._marks = _MARKS_OF_CLOCK[backfill]
        self._blocks: list[Block] = []
        self._route = _NO_ROUTE
        self._sensor = ""
        self._clock = Clock.SYNCED
        self._times_ms: list[int] = []
        self._span_ms: tuple[int, int] | None = None
        self._names: list[str] = []
        self._fields: list[tuple[str, list[float]]] = []

    def add(
        self,
        column: Column,
        route: ReadingRoute,
        times_ms: list[int],
        values: list[float],
        span_ms: tuple[int, int] | None,
    ) -> None:
        quantity, before = column.quantity, self._route
        goes_on = (
            times_ms is self._times_ms
            and column.sensor == self._sensor
            and column.clock is self._clock
            and route.domain is before.domain
            and route.site == before.site
            and route.gateway == before.gateway
            and quantity not in self._names
        )
        if not goes_on:
            self._close()
            self._route, self._sensor, self._clock = route, column.sensor, column.clock
            self._times_ms, self._span_ms = times_ms, span_ms
            self._names, self._fields = [], []
        self._names.append(quantity)
        self._fields.append((quantity, values))

    def blocks(self) -> list[Block]:
        self._close()
        return self._blocks

    def _close(self) -> None:
        if self._fields:
            route, marks = self._route, self._marks[self._clock]
            gateway, fields = route.gateway or self._gateway, tuple(self._fields)
            self._blocks.append(
                Block(route.site, self._sensor, gateway, route.domain, marks, self._times_ms, fields, self._span_ms)
            )


class _CheckedColumn(msgspec.Struct, frozen=True):
    times_ms: list[int]
    values: list[float]
    rejected: list[RejectedReadings]


def _check_each(
    column: Column, sent: Column, route: ReadingRoute, values: Sequence[float], *, latest_ms: int, backfill: bool
) -> _CheckedColumn:
    """Check a column reading by reading; `values` are its values after calibration.

    What is rejected is kept as it was `sent`, so that a replay corrects it by the same.
    """
    kept_ms: list[int] = []
    kept: list[float] = []
    faults: dict[Reason, RejectedReadings] = {}
    for time_ms, value, stamp_ms, raw in zip(column.times_ms, values, sent.times_ms, sent.values, strict=True):
        reason = _fault(time_ms, value, route, latest_ms)
        if reason is None:
            kept_ms.append(time_ms)
            kept.append(value)
            continue
        if reason not in faults:
            faults[reason] = RejectedReadings(reason, _sentence(reason, column, time_ms, value), [])
        faults[reason].readings.append(_reading(sent, stamp_ms, raw, backfill=backfill))
    return _CheckedColumn(kept_ms, kept, list(faults.values()))


def _fault(time_ms: int, value: float, route: ReadingRoute, latest_ms: int) -> Reason | None:
    if time_ms < EARLIEST_MS:
        return Reason.TIME_TOO_EARLY
    if time_ms > latest_ms:
        return Reason.TIME_IN_FUTURE
    return None if route.low <= value <= route.high else Reason.OUT_OF_BOUNDS


def _sentence(reason: Reason, column: Column, time_ms: int, value: float) -> str:
    if reason is Reason.OUT_OF_BOUNDS:
        row = QUANTITIES[column.quantity]
        measured = amount(f"{value:g}", row.unit, "en")
        return (
            f"{column.quantity} {measured} of sensor {column.sensor} at {_when(time_ms)} is beyond "
            f"{row.low:g} to {row.high:g}; look at the sensor and its calibration"
        )
    beyond = "before 2020" if reason is Reason.TIME_TOO_EARLY else "ahead of the cloud's clock"
    return (
        f"{column.quantity} of sensor {column.sensor} has time {_when(time_ms)}, {beyond}; "
        "look at the gateway's clock, or the device's where it stamps its readings itself"
    )


def _when(time_ms: int) -> str:
    try:
        return f"{datetime.fromtimestamp(time_ms / 1000, UTC):%Y-%m-%dT%H:%M:%SZ}"
    except (ValueError, OverflowError, OSError):
        return f"{time_ms} ms since 1970"


def _without_route(column: Column, gateway: str, registry: Registry, *, backfill: bool) -> RejectedReadings:
    reason, sentence = _why_no_route(column, gateway, registry)
    return RejectedReadings(reason, sentence, list(_readings(column, backfill=backfill)))


def _why_no_route(column: Column, gateway: str, registry: Registry) -> tuple[Reason, str]:
    name, quantity = column.sensor, column.quantity
    sensor = registry.sensor(name)
    if sensor is None:
        return Reason.UNKNOWN_SENSOR, f'sensor {name} is not in the city file; add it there with gateway = "{gateway}"'
    if sensor.retired:
        return Reason.UNKNOWN_SENSOR, f"sensor {name} was taken out of the city file; put it back, or stop its source"
    if sensor.gateway != gateway:
        return Reason.FOREIGN_SENSOR, (
            f"sensor {name} came from gateway {gateway} and belongs to {sensor.gateway}; "
            "mend its gateway in the city file, or the sensor's name in the gateway's"
        )
    if quantity not in QUANTITIES:
        close = difflib.get_close_matches(quantity, QUANTITIES, n=1) or ["a quantity of Siaga's table"]
        return Reason.UNKNOWN_QUANTITY, f"quantity {quantity} of sensor {name} is unknown; send {close[0]}"
    return Reason.UNDECLARED_QUANTITY, (
        f"the city file does not give sensor {name} quantity {quantity}; add it to the sensor's quantities"
    )


def _readings(column: Column, *, backfill: bool) -> Iterator[Reading]:
    for time_ms, value in zip(column.times_ms, column.values, strict=True):
        yield _reading(column, time_ms, value, backfill=backfill)


def _reading(column: Column, time_ms: int, value: float, *, backfill: bool) -> Reading:
    return Reading(column.sensor, column.quantity, time_ms, value, column.clock, backfill)
