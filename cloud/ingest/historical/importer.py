"""The importer: parts of a file are checked, compared with what is stored, and stored; each part safe before the next.

rows ─► check ─► what is not stored yet ─► note ─► store ─► note is ready        again: everything is known already
                  └► what is stored with another value is refused: history that was measured is not written over
"""

import asyncio
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice

import msgspec
from sqlalchemy import Connection

from cloud.database.audit_log import Actor, write_entry
from cloud.database.engine import Database
from cloud.derived.spans import spans
from cloud.ingest.historical.checked_rows import CheckedRows, Key, check_rows
from cloud.ingest.historical.csv_rows import ImportRow, RefusedRow
from cloud.ingest.historical.imported_ranges import ImportedRange, make_ready, note_ranges
from cloud.readings.blocks import Block
from cloud.readings.contract import ReadingsStore, RejectedPoint, SeriesRange
from cloud.registry.snapshot import Registry
from i18n.message import LocalizedMessage
from runtime.clock import wall_ms
from wire import QuantityTable

ROWS_A_PART = 5_000
"""Rows in memory at once; a part is one write of the store."""
RANGES_A_QUESTION = 500
POINTS_A_TURN = 5_000
"""Stored readings that are looked at before other tasks have their turn: some milliseconds."""
NEAR_MS = 90_000
"""Rows so near to each other are compared with what is stored in one question; between others may lie much."""
SUBJECT = "readings"


class PartOutcome(msgspec.Struct, frozen=True):
    """What became of a part: how many readings were `stored`, how many were stored `known` before, and the others."""

    stored: int = 0
    known: int = 0
    refused: Sequence[RefusedRow] = ()


class Importer:
    """Imports into `store`; notes and the journal are in `database`."""

    def __init__(
        self, registry: Registry, store: ReadingsStore, database: Database, *, clock: Callable[[], int] = wall_ms
    ) -> None:
        self.one_at_a_time = asyncio.Lock()
        """Held by an import over the API: two at once would only be slower."""
        self._registry = registry
        self._store = store
        self._database = database
        self._clock = clock

    @property
    def quantities(self) -> QuantityTable:
        """The quantities of the city, in whose units readings are stored."""
        return self._registry.quantities

    async def begin(self, actor: Actor, *, reason: str, name: str) -> None:
        """Write down who begins to import what, before anything is stored."""
        await self._journal(actor, "import-readings", reason, {"file": name})

    async def end(self, actor: Actor, *, reason: str, name: str, stored: int, refused: int) -> None:
        """Write down what came of it."""
        counts = {"file": name, "stored": stored, "refused": refused}
        await self._journal(actor, "imported-readings", reason, counts)

    async def import_part(
        self, rows: Sequence[ImportRow], *, dry_run: bool = False, may_see: Callable[[str], bool] = lambda _site: True
    ) -> PartOutcome:
        """Import a part; StoreUnavailable, DatabaseUnavailable: some of it may be stored, and it may be taken again."""
        checked = await asyncio.to_thread(check_rows, rows, self._registry, latest_ms=self._clock(), may_see=may_see)
        stored = await self._stored(checked.blocks)
        comparison = await asyncio.to_thread(_compare, checked, stored)
        refused = [*checked.refused, *comparison.refused]
        if not dry_run and comparison.blocks:
            refused += await self._write(comparison.blocks, checked.lines)
        lines = {row.line for row in refused}
        left_out = sum(found[0] in lines for found in checked.lines.values())
        fresh = len(checked.lines) - comparison.known - left_out
        return PartOutcome(fresh, len(rows) - fresh - len(refused), sorted(refused, key=_line_of))

    async def _stored(self, blocks: Iterable[Block]) -> dict[Key, float]:
        """What is stored already at the times of `blocks`."""
        found: dict[Key, float] = {}
        ranges = (
            SeriesRange(block.sensor, quantity, span[0], span[-1] + 1)
            for block in blocks for span in spans(block.times_ms, gap_ms=NEAR_MS) for quantity, _ in block.fields
        )  # fmt: skip
        while asked := list(islice(ranges, RANGES_A_QUESTION)):
            for each, points in zip(asked, await self._store.histories(asked), strict=True):
                for first in range(0, len(points), POINTS_A_TURN):
                    some = points[first : first + POINTS_A_TURN]
                    found |= {(each.sensor, each.quantity, point.time_ms): point.value for point in some}
                    await asyncio.sleep(0)
        return found

    async def _write(self, blocks: Sequence[Block], lines: Mapping[Key, Sequence[int]]) -> list[RefusedRow]:
        ids = await self._database.run(
            lambda connection: note_ranges(connection, _ranges_of(blocks), now_ms=self._clock())
        )
        result = await self._store.write([await asyncio.to_thread(self._store.encode, blocks)])
        await self._database.run(lambda connection: make_ready(connection, ids, now_ms=self._clock()))
        return list(_never_taken(blocks, result.rejected, lines)) if result.rejected else []

    async def _journal(self, actor: Actor, action: str, reason: str, after: object) -> None:
        def write(connection: Connection) -> None:
            write_entry(connection, actor, action, SUBJECT, now_ms=self._clock(), reason=reason, after=after)

        await self._database.run(write)


class _Comparison(msgspec.Struct, frozen=True):
    """What is left to store, how many readings are stored already, and the rows that say something else."""

    blocks: Sequence[Block]
    known: int
    refused: Sequence[RefusedRow]


def _compare(checked: CheckedRows, stored: Mapping[Key, float]) -> _Comparison:
    if not stored:
        return _Comparison(checked.blocks, 0, ())
    known, refused, blocks = 0, list[RefusedRow](), list[Block]()
    for block in checked.blocks:
        for quantity, values in block.fields:
            fresh: list[int] = []
            for place, time_ms in enumerate(block.times_ms):
                key = (block.sensor, quantity, time_ms)
                held, lines = stored.get(key), checked.lines.get(key)
                if held is None:
                    fresh.append(place)
                elif lines is None:
                    pass  # a level that was made of its distance, and is stored
                elif held == values[place]:
                    known += 1
                else:
                    why = LocalizedMessage(
                        "{held} is stored of that time already; history replaces nothing", held=f"{held:g}"
                    )
                    refused += (RefusedRow(line, why) for line in lines)
            if fresh:
                times_ms, kept = [block.times_ms[place] for place in fresh], [values[place] for place in fresh]
                blocks.append(
                    msgspec.structs.replace(block, times_ms=times_ms, span_ms=None, fields=((quantity, kept),))
                )
    return _Comparison(blocks, known, refused)


def _ranges_of(blocks: Iterable[Block]) -> list[ImportedRange]:
    found: dict[tuple[str, str], tuple[int, int]] = {}
    for block in blocks:
        for quantity, _ in block.fields:
            first_ms, last_ms = found.get((block.sensor, quantity), block.span)
            found[block.sensor, quantity] = (min(first_ms, block.span[0]), max(last_ms, block.span[1]))
    return [ImportedRange(*series, *span) for series, span in found.items()]


def _never_taken(
    blocks: Iterable[Block], rejected: Iterable[RejectedPoint], lines: Mapping[Key, Sequence[int]]
) -> Iterator[RefusedRow]:
    """The rows of points that the store will never take."""
    points = [(block, time_ms) for block in blocks for time_ms in block.times_ms]
    for each in rejected:
        block, time_ms = points[each.point]
        for quantity in each.quantities or [name for name, _ in block.fields]:
            for line in lines.get((block.sensor, quantity, time_ms), ()):
                why = LocalizedMessage("the readings store never takes it: {reason}", reason=each.reason)
                yield RefusedRow(line, why)


def _line_of(row: RefusedRow) -> int:
    return row.line
