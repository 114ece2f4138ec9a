"""The checks: which readings of a batch may be stored, and why the others may not.

column -> route (sensor and quantity of this gateway) -> calibrate -> times (corrected by `stamps`) -> bounds -> block

Columnar: a column passes by its smallest and largest number; only where that fails is it taken reading by reading.
"""

from collections.abc import Iterator, Sequence

import msgspec

from cloud.core.reasons import Reason
from cloud.ingest.block_collector import BlockCollector
from cloud.ingest.column_parts import by_period, cut
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
from cloud.ingest.rejected_readings import RejectedReadings, check_each, without_route
from cloud.ingest.stamps import Corrected, Stamps, parts
from cloud.readings.blocks import Block
from cloud.registry.routes import NO_ROUTES, ReadingRoute
from cloud.registry.snapshot import Registry
from wire import Batch, Clock, Column
from wire.reading import EARLIEST_MS


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
    calibrated: bool = False,
) -> CheckedBatch:
    """Check each reading of a batch of `gateway`, which the registry knows; no time may be after `latest_ms` (UTC).

    `judge` has a glance at each column while its smallest and largest number are at hand. `stamps` corrects times
    first. `distances` knows those that came before; `again` is what an earlier check was made
    against, so that this one gives the same. `calibrated`: the values were stored before, and have their calibration.
    """
    gateway_routes = registry.gateway_routes(gateway) if again is None else again.gateway_routes
    level_routes = NO_ROUTES if calibrated else gateway_routes  # of what was stored, the level stands beside it
    routes, levels = gateway_routes.routes, Levels(batch.columns, level_routes, nearness(distances, again))
    results = _Results(gateway, registry, judge, latest_ms=latest_ms, backfill=batch.backfill, calibrated=calibrated)
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
        self, gateway: str, registry: Registry, judge: QualityJudge | None, *, latest_ms: int, backfill: bool,
        calibrated: bool,
    ) -> None:  # fmt: skip
        self.collector = BlockCollector(gateway, backfill=backfill)
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
        self._calibrated = calibrated
        self._times_ms: list[int] | None = None
        self._span = (0, 0)

    def check(
        self, sent: Column, column: Column, series: Series, route: ReadingRoute, span: tuple[int, int], timely: bool
    ) -> None:
        """Check a column with its right times; `sent` has those that it came with."""
        times_ms, values = column.times_ms, column.values
        if route.calibration is not None and not self._calibrated:
            values = [route.calibration.of(value) for value in values]
        low, high = min(values), max(values)
        if timely and low >= route.low and high <= route.high:
            lane = self._lane_of(series)
            if lane is None or not lane.is_plain(times_ms, values, low, high):
                self.doubtful.add(series)
            self._add(column, route, times_ms, values, span)
            return
        self.doubtful.add(series)
        checked = check_each(
            column, sent, route, values,
            latest_ms=self._latest_ms, backfill=self._backfill, table=self._registry.quantities,
        )  # fmt: skip
        self.rejected.extend(_own(checked.rejected, column, sent))
        if checked.times_ms:
            self.collector.add(column, route, checked.times_ms, checked.values, None)

    def check_by_period(self, sent: Column, column: Column, route: ReadingRoute, levels: Levels) -> None:
        """The same, a column in which a dated fact changes in parts, each with the route of its time.

        Of distances the level is made, and of a level that its gateway made nothing is stored.
        """
        for part, right, own in by_period(*cut(sent, column, levels.stored(sent, column)), route):
            if own is None:
                self.reject(part)
            else:
                self._check(part, right, own)
        made = levels.made_of(column)
        if made is not None:
            self._make_levels(sent, column, route, made)

    def _make_levels(self, sent: Column, column: Column, distance: ReadingRoute, level: ReadingRoute) -> None:
        for part, right, own in by_period(sent, column, level):
            if own is None:
                continue  # it had no height then
            sent_there, there = cut(part, right, sound(right, own, low=distance.low, high=distance.high))
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
        self.rejected.append(without_route(column, self._gateway, self._registry, backfill=self._backfill))


def _own(rejected: list[RejectedReadings], column: Column, sent: Column) -> Iterator[RejectedReadings]:
    """What is rejected of a column itself: the times of a level are those of its distance, and rejected there."""
    for each in rejected:
        if column.quantity == sent.quantity or each.reason is Reason.OUT_OF_BOUNDS:
            yield each
