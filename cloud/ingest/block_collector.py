"""Columns of one sensor that share their list of times, joined into blocks.

column pm2_5, column pm10 of the same times ─► one block of two fields
"""

from cloud.readings.blocks import Block
from cloud.registry.routes import ReadingRoute
from rules.marks import MARK_OF_CLOCK, Mark
from wire import Clock, Column, Domain

_NO_ROUTE = ReadingRoute("", Domain.GATEWAY, 0.0, 0.0, None)
_MARKS_OF_CLOCK = tuple(
    {clock: int(mark | more) for clock, mark in MARK_OF_CLOCK.items()} for more in (Mark.NONE, Mark.BACKFILL)
)
"""By whether it is a backlog: whole numbers, since combining flags of an IntFlag costs a microsecond each time."""


class BlockCollector:
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
        """Add a column with its checked times and values; `span_ms` is (first, last) of the times, None: not known."""
        quantity, before = column.quantity, self._route
        goes_on = (
            times_ms is self._times_ms
            and column.sensor == self._sensor
            and column.clock is self._clock
            and route.domain == before.domain
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
        """All blocks of the columns that were added."""
        self._close()
        return self._blocks

    def _close(self) -> None:
        if self._fields:
            route, marks = self._route, self._marks[self._clock]
            gateway, fields = route.gateway or self._gateway, tuple(self._fields)
            self._blocks.append(
                Block(route.site, self._sensor, gateway, route.domain, marks, self._times_ms, fields, self._span_ms)
            )
