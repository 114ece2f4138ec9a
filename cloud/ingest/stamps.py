"""The stamps of a batch against its arrival: a clock must not silence an alarm, nor put a reading where it cannot be.

                                     2020          arrival   + 30 s
a device's or a synced   wrong, moved │  as it says     │      │  wrong, moved
gateway's stamps      ────────────────┼─────────────────┼──────┼──────────────►
a gateway that does      its first live batch decides for the stream: it agrees with its arrival, and is then as good as
not know the time        synced, or all of its stamps are moved by the difference

Moved means: ESTIMATED, by an offset that is kept (`offsets.py`). A backlog keeps what its gateway says, and is moved
only where its stream has an offset. What no offset mends stays as it is, for the checks to reject.
"""

from collections.abc import Iterable, Iterator, Sequence

import msgspec

from cloud.core.latest import AHEAD_MS
from cloud.ingest.offsets import GATEWAYS_OWN, Offset, Offsets
from wire import Batch, Clock, Column
from wire.reading import EARLIEST_MS

AGREES_MS = 60_000
"""A live stamp that is no further behind its arrival agrees with it: batches are gathered, and wait a little."""
_ANY_MS = 0


class Stamps:
    """The stamps of one batch of `gateway`, which arrived at `arrived_ms` (UTC).

    `ahead_ms` is how far ahead a backlog may be without an offset. `is_undelayed`: nothing holds up what arrives now,
    so that an old stamp tells of a clock and of no queue.
    """

    def __init__(
        self, offsets: Offsets, batch: Batch, gateway: str, *, arrived_ms: int, ahead_ms: int, is_undelayed: bool
    ) -> None:
        self.latest_ms = arrived_ms + AHEAD_MS
        self._offsets = offsets
        self._batch = batch
        self._gateway = gateway
        self._arrived_ms = arrived_ms
        self._ahead_ms = ahead_ms
        self._is_undelayed = is_undelayed
        self._rows: list[Offset] = list(offsets.of(gateway, batch.stream))
        self.sensors = {row.sensor for row in self._rows}
        """Those of which every column must be looked at; of others one that is not timely or of an unknown clock."""
        self._moved: dict[str, tuple[list[int], list[int]]] = {}
        self._own: Offset | None = None
        self._own_is_known = False
        self.moved_ms = 0
        """By how much the newest of them was moved, if any was."""
        self.unconfirmed = False
        """Whether some of them are of a clock that nobody knows."""

    def corrected(self, column: Column) -> "Corrected":
        """The right times of a column; columns that share their stamps share them too."""
        if column.clock is not Clock.UNKNOWN:
            times_ms = self._by_sensor(column.sensor, column.times_ms)
            return Corrected(times_ms, column.clock, Clock.ESTIMATED)
        own = self._own_offset()
        if own is None or not own.agreed:
            self.unconfirmed = True
            return Corrected(column.times_ms, column.clock, column.clock)
        times_ms = self._shifted(column.times_ms, GATEWAYS_OWN, [own])
        return Corrected(times_ms, Clock.SYNCED, Clock.ESTIMATED)

    def _by_sensor(self, sensor: str, times_ms: list[int]) -> list[int]:
        shared = self._shared(sensor, times_ms)
        if shared is not None:
            return shared
        first, last = self._batch.first, self._batch.last
        here = [row for row in self._rows if row.sensor == sensor and row.touches(first, last)]
        wrong = [time_ms for time_ms in times_ms if self._is_wrong(time_ms) and not _held(here, time_ms)]
        for group in ([t for t in wrong if t < EARLIEST_MS], [t for t in wrong if t >= EARLIEST_MS]):
            row = self._offset_for(sensor, group, is_all=len(group) == len(times_ms)) if group else None
            if row is not None:
                here.append(row)
        return self._shifted(times_ms, sensor, here)

    def _shifted(self, times_ms: list[int], sensor: str, rows: Sequence[Offset]) -> list[int]:
        shared = self._shared(sensor, times_ms)
        if shared is not None:
            return shared
        offsets = [_offset_ms(rows, time_ms) for time_ms in times_ms]
        moved = [time_ms + offset for time_ms, offset in zip(times_ms, offsets, strict=True)]
        right_ms = moved if any(offsets) else times_ms
        self._moved[sensor] = (times_ms, right_ms)
        self.moved_ms = offsets[-1] or self.moved_ms
        return right_ms

    def _shared(self, sensor: str, times_ms: list[int]) -> list[int] | None:
        """The right times of the column before, if it has this very list: only neighbours make a block together."""
        sent_ms, right_ms = self._moved.get(sensor, (None, None))
        return right_ms if sent_ms is times_ms else None

    def _is_wrong(self, time_ms: int) -> bool:
        return not EARLIEST_MS <= time_ms <= self.latest_ms

    def _offset_for(self, sensor: str, wrong: Sequence[int], *, is_all: bool) -> Offset | None:
        """The offset for stamps that cannot be, of one side; None where nothing says by how much they are wrong."""
        first, last, newest_ms, low_ms = self._batch.first, self._batch.last, max(wrong), min(wrong)
        near = self._nearest(sensor, newest_ms)
        if near is not None and is_all and near.first <= first and near.low_ms <= low_ms:
            reach = {"last": max(near.last, last), "high_ms": max(near.high_ms, newest_ms)}
            return self._decide(msgspec.structs.replace(near, **reach))
        offset_ms = self._by_arrival(newest_ms) if near is None else near.offset_ms
        if offset_ms is None:
            return None
        return self._decide(
            Offset(self._gateway, self._batch.stream, sensor, first, last, low_ms, newest_ms, offset_ms)
        )

    def _nearest(self, sensor: str, newest_ms: int) -> Offset | None:
        """The offset of the sensor in this stream that is nearest in seq, of those that these stamps agree with."""
        early = newest_ms < EARLIEST_MS
        alike = [
            row
            for row in self._rows
            if row.sensor == sensor and (row.low_ms < EARLIEST_MS) is early and self._fits(newest_ms + row.offset_ms)
        ]
        return min(alike, key=lambda row: abs(row.first - self._batch.first), default=None)

    def _fits(self, time_ms: int) -> bool:
        if self._batch.backfill:
            return EARLIEST_MS <= time_ms <= self.latest_ms
        return self._agrees(time_ms)

    def _agrees(self, time_ms: int) -> bool:
        return -AHEAD_MS <= self._arrived_ms - time_ms <= AGREES_MS

    def _by_arrival(self, newest_ms: int) -> int | None:
        """What the arrival says; of a backlog it says only that nothing of it was measured later."""
        if self._batch.backfill and not EARLIEST_MS <= newest_ms <= self._arrived_ms + self._ahead_ms:
            return None
        return self._arrived_ms - newest_ms

    def _own_offset(self) -> Offset | None:
        if not self._own_is_known:
            self._own_is_known, self._own = True, self._find_own()
        return self._own

    def _find_own(self) -> Offset | None:
        first = self._batch.first
        rows = sorted((row for row in self._rows if row.sensor == GATEWAYS_OWN), key=lambda row: row.first)
        row = next((row for row in reversed(rows) if row.first <= first), rows[0] if rows else None)
        if self._batch.backfill:
            return row
        newest_ms = max(max(column.times_ms) for column in self._batch.columns if column.clock is Clock.UNKNOWN)
        return row if row is not None and self._stands(row, newest_ms) else self._own_offset_for(row, newest_ms)

    def _stands(self, row: Offset, newest_ms: int) -> bool:
        """Whether what was decided holds for these stamps; a queue may have held them up: old contradicts nothing."""
        if newest_ms + row.offset_ms > self.latest_ms:
            return False
        if not row.agreed:
            return row.touches(self._batch.first, self._batch.last)
        was_put_right = row.offset_ms and self._agrees(newest_ms) and not self._agrees(newest_ms + row.offset_ms)
        return not was_put_right

    def _own_offset_for(self, before: Offset | None, newest_ms: int) -> Offset | None:
        gap_ms = self._arrived_ms - newest_ms
        offset_ms = 0 if self._agrees(newest_ms) else gap_ms
        known = not offset_ms or gap_ms < 0 or newest_ms < EARLIEST_MS or self._is_undelayed
        if not known and before is not None and not before.agreed:
            return self._decide(msgspec.structs.replace(before, last=max(before.last, self._batch.last)))
        first, last, stream = self._batch.first, self._batch.last, self._batch.stream
        decided = Offset(
            self._gateway, stream, GATEWAYS_OWN, first, last, _ANY_MS, _ANY_MS, offset_ms if known else 0, known
        )
        return self._decide(decided)

    def _decide(self, row: Offset) -> Offset | None:
        if not self._offsets.decide(row):
            return None
        self._rows.append(row)
        return row


def _held(rows: Iterable[Offset], time_ms: int) -> bool:
    return any(row.holds(time_ms) for row in rows)


def _offset_ms(rows: Sequence[Offset], time_ms: int) -> int:
    own = (row.offset_ms for row in reversed(rows) if row.sensor == GATEWAYS_OWN or row.holds(time_ms))
    return next(own, 0)


class Corrected(msgspec.Struct, frozen=True):
    """The right times of a column: `unmoved` is the clock state of those that came so, `moved` of all others."""

    times_ms: list[int]
    unmoved: Clock
    moved: Clock


def parts(sent: Column, right: Corrected) -> Iterator[tuple[Column, Column]]:
    """A column as it was sent and as it is right, in two parts where only some of its stamps were wrong."""
    if right.times_ms is sent.times_ms:
        yield sent, _with(sent, sent.times_ms, right.unmoved)
        return
    moved = [time_ms != stamp_ms for time_ms, stamp_ms in zip(right.times_ms, sent.times_ms, strict=True)]
    if all(moved):
        yield sent, _with(sent, right.times_ms, right.moved)
        return
    for is_moved, clock in ((True, right.moved), (False, right.unmoved)):
        places = [number for number, each in enumerate(moved) if each is is_moved]
        values = [sent.values[number] for number in places]
        stamps_ms, times_ms = ([items[number] for number in places] for items in (sent.times_ms, right.times_ms))
        yield (
            Column(sent.sensor, sent.quantity, stamps_ms, values, sent.clock),
            Column(sent.sensor, sent.quantity, times_ms, values, clock),
        )


def _with(column: Column, times_ms: list[int], clock: Clock) -> Column:
    return Column(column.sensor, column.quantity, times_ms, column.values, clock)
