"""One import, from bytes to counts: never more of the file in memory than a part, and each part safe before the next.

bytes ─► lines, numbered ─► CsvForm ─► parts of 5,000 rows ─► Importer        after each: how far it has come
"""

import asyncio
from collections.abc import AsyncIterable, AsyncIterator, Callable, Sequence
from zoneinfo import ZoneInfo

import msgspec

from cloud.ingest.historical.csv_rows import CsvForm, FormRefused, ImportRow, RefusedRow
from cloud.ingest.historical.importer import ROWS_A_PART, Importer, PartOutcome
from i18n.message import LocalizedMessage

LONGEST_HELD = 65_536
"""Bytes without the end of a line: what is longer is no file of readings."""
HEADER = 1

Line = tuple[int, str]
"""Its number in the file, counted from 1, and its text."""


class ImportOrder(msgspec.Struct, frozen=True, kw_only=True):
    """What is wanted: the `zone` of times without an offset, whether only to try, and the first line to take."""

    zone: ZoneInfo | None = None
    dry_run: bool = False
    from_line: int = HEADER + 1
    may_see: Callable[[str], bool] = lambda _site: True


class ImportProgress(msgspec.Struct, frozen=True):
    """How far an import has come: all lines up to `line` are dealt with. `known`: stored before."""

    line: int = HEADER
    stored: int = 0
    known: int = 0
    refused: int = 0

    def after(self, line: int, outcome: PartOutcome, refused: int) -> "ImportProgress":
        """Add a part."""
        return ImportProgress(line, self.stored + outcome.stored, self.known + outcome.known, self.refused + refused)


async def run_import(
    importer: Importer,
    chunks: AsyncIterable[bytes],
    order: ImportOrder,
    *,
    on_refused: Callable[[Sequence[RefusedRow]], None],
    on_part: Callable[[ImportProgress], None] = lambda _progress: None,
) -> ImportProgress:
    """Import a file; FormRefused where it is none. StoreUnavailable, DatabaseUnavailable: go on from the last part."""
    progress, form = ImportProgress(), None
    async for part in _parts(chunks):
        if form is None:
            form, part = CsvForm(part[0][1], importer.quantities, zone=order.zone), part[1:]
        read = await asyncio.to_thread(_read, form, part, order.from_line)
        rows = [row for row in read if isinstance(row, ImportRow)]
        outcome = (
            await importer.import_part(rows, dry_run=order.dry_run, may_see=order.may_see) if rows else PartOutcome()
        )
        refused = sorted([*(row for row in read if isinstance(row, RefusedRow)), *outcome.refused], key=_line_of)
        on_refused(refused)
        progress = progress.after(part[-1][0] if part else HEADER, outcome, len(refused))
        on_part(progress)
    if form is None:
        raise FormRefused(LocalizedMessage("the file is empty; begin it with sensor,quantity,time,value,unit"))
    return progress


def _read(form: CsvForm, lines: Sequence[Line], from_line: int) -> list[ImportRow | RefusedRow]:
    return list(form.rows(line for line in lines if line[0] >= from_line))


async def _parts(chunks: AsyncIterable[bytes]) -> AsyncIterator[list[Line]]:
    """The lines of a file, some at a time."""
    held: list[Line] = []
    async for lines in _lines(chunks):
        held += lines
        while len(held) >= ROWS_A_PART:
            yield held[:ROWS_A_PART]
            del held[:ROWS_A_PART]
    if held:
        yield held


async def _lines(chunks: AsyncIterable[bytes]) -> AsyncIterator[list[Line]]:
    rest, number = b"", 0
    async for chunk in chunks:
        *whole, rest = (rest + chunk).split(b"\n")
        if len(rest) > LONGEST_HELD:
            raise FormRefused(
                LocalizedMessage("line {line}: does not end; write one reading in a line", line=number + len(whole) + 1)
            )
        yield [(number + place, _text(line)) for place, line in enumerate(whole, start=1)]
        number += len(whole)
    if rest:
        yield [(number + 1, _text(rest))]


def _text(line: bytes) -> str:
    return line.decode(errors="replace").rstrip("\r")


def _line_of(row: RefusedRow) -> int:
    return row.line
