"""A damaged spool gives up what can be read:

spool.db ──rows that are as they were written──► spool.db.salvage ──at the end──► spool.db
   └► spool.db.damaged (one is kept), or, where the disk has no room for two: emptied as its rows are copied

Rows are copied in the order of their seq, a portion at a time; how far that came stands with them, so a salvage that
was killed goes on where it was. Nothing is taken from the old file before its copy is on the disk.
"""

import contextlib
import itertools
import logging
import os
from collections.abc import Iterator
from pathlib import Path

from edge.spool.disk import free_bytes, free_reserve, punch_hole
from edge.spool.file import PAGE_BYTES, Bound, SpoolFile
from edge.spool.opening import salvage_path
from edge.spool.page_scan import PageScan, parts_of, reading_in
from edge.spool.pages import Pages
from edge.spool.rows import SpoolRow, is_sound, seed_of
from edge.spool.spans import Spans
from edge.spool.sync_checkpoint import Forced, read_names, read_sync_checkpoint, sync_checkpoint_path
from edge.spool.write_batch import DiskProblem, FileDamaged, OpenedSpool
from runtime.whole_files import force_folder

_log = logging.getLogger(__name__)

PORTION_PAGES = (32, 512)
"""Pages that are copied at once, where the disk is full and where it is not: 32 need about 100 KB of room."""
_END: Bound = (2**62, 0)
_BESIDE = ("", "-wal", "-shm")
_NOTHING_LOST = Spans()


def salvage(file: SpoolFile, damage: str) -> OpenedSpool:
    """Put a file with all that is readable in the place of a damaged one; DiskProblem where the disk forbids it."""
    file.close()
    building = SpoolFile(salvage_path(file.path))
    try:
        keeps_old = _make_room(file.path)
        _open_building(building)
        _fill(building, file.path, damage, frees=not keeps_old)
        building.close()
        _take_the_place(building.path, file.path, keeps_old=keeps_old)
        opened = file.open()
    except DiskProblem as problem:
        raise DiskProblem(f"{damage}; saving what is readable waits: {problem}") from problem
    except OSError as error:
        raise DiskProblem(f"{damage}; saving what is readable waits: {error.strerror or error}") from error
    finally:
        building.close()
    _log.error("%s; %d readings were saved", opened.damage, sum(earlier.spans.total for earlier in opened.previous))
    return opened


def _make_room(path: Path) -> bool:
    """Whether the damaged file can be kept; else what is not needed makes room."""
    size = sum(part.stat().st_size for part in _parts(path))
    if free_bytes(path.parent) > 2 * size:
        return True
    free_reserve(path)
    for part in _parts(_beside(path, ".damaged")):
        part.unlink()
    return False


def _open_building(building: SpoolFile) -> None:
    try:
        building.open()
    except FileDamaged as damage:  # it was not finished, and did not come through what ended it
        salvage(building, str(damage))


def _fill(building: SpoolFile, path: Path, damage: str, *, frees: bool) -> None:
    with Pages(path, PAGE_BYTES) as old:
        checkpoint = read_sync_checkpoint(sync_checkpoint_path(path))
        scan = PageScan(old, read_names(sync_checkpoint_path(path)), checkpoint)
        if building.salvage_begun() is None:
            building.begin_salvage(scan.tables(), damage)
            building.checkpoint()
        sound = SoundRows(building, checkpoint)
        Copy(old, building, sound, frees=frees).run(scan.places)


class SoundRows:
    """Which rows of a page were written so, and are not left over from readings that are acknowledged or lost."""

    def __init__(self, building: SpoolFile, checkpoint: dict[str, Forced]) -> None:
        tables = building.names()
        self._streams = {row.id: row for row in tables.streams}
        self._series = tables.series
        self._lowest = {name: forced.lowest for name, forced in checkpoint.items()}
        self._lost: dict[str, Spans] = {}
        for loss in building.losses():
            self._lost.setdefault(loss.stream, Spans()).add(loss.first, loss.last)
        self._seeds: dict[tuple[int, int], int] = {}

    def of(self, pages: Pages, number: int) -> Iterator[SpoolRow]:
        """The rows of page `number`."""
        for record in pages.records(number):
            row = reading_in(record)
            if row is not None and self._is_sound(row) and self._should_be_here(row):
                yield row

    def _is_sound(self, row: SpoolRow) -> bool:
        stream, key = self._streams.get(row.stream), self._series.get(row.series) if type(row.series) is int else None
        if stream is None or key is None:
            return False
        seed = self._seeds.get((row.stream, row.series))
        if seed is None:
            seed = self._seeds[row.stream, row.series] = seed_of(stream.name, key)
        return is_sound(row, seed, checked=stream.checked)

    def _should_be_here(self, row: SpoolRow) -> bool:
        stream = self._streams[row.stream]
        if row.seq in self._lost.get(stream.name, _NOTHING_LOST):
            return False
        if stream.here is None:
            return row.seq >= self._lowest.get(stream.name, 0)
        return row.seq > stream.last or row.seq in stream.here


class Copy:
    """Copies rows in their order; `frees` gives the room of what was copied back to the disk."""

    def __init__(self, old: Pages, building: SpoolFile, sound: SoundRows, *, frees: bool) -> None:
        self._old = old
        self._building = building
        self._sound = sound
        self._frees = frees
        self._carried: list[SpoolRow] = []
        self._waiting: list[tuple[Bound, int]] = []
        self._copied = Spans()

    def run(self, places: list[int]) -> None:
        """Copy all rows that are not copied yet of the pages at `places`."""
        begin = self._building.salvage_begun() or (0, 0)
        at = 0
        while at < len(places):
            after = at + self._portion()
            end = parts_of(places[after])[:2] if after < len(places) else _END
            self._copy(places[at:after], begin, end)
            at = after
        self._building.checkpoint()

    def _copy(self, places: list[int], begin: Bound, end: Bound) -> None:
        """Copy the rows of some pages from `begin` up to `end`; rows of inner pages that come later are carried on."""
        for *first, number in map(parts_of, places):
            rows = list(self._sound.of(self._old, number))
            # what comes before the first of its page is out of order, so its page was not looked at before `begin`
            self._carried += [row for row in rows if row[:2] >= begin or row[:2] < tuple(first)]
            self._waiting.append((max([row[:2] for row in rows], default=(0, 0)), number))
        self._carried.sort(key=_place)
        ready = list(itertools.takewhile(lambda row: row[:2] < end, self._carried))
        del self._carried[: len(ready)]
        if ready:
            self._building.put_rows(ready, max(end, begin))
            self._building.checkpoint()
        if self._frees:
            self._free(end)

    def _portion(self) -> int:
        least, most = PORTION_PAGES
        return max(least, min(most, free_bytes(self._building.path.parent) // (16 * PAGE_BYTES)))

    def _free(self, end: Bound) -> None:
        done = [number for last, number in self._waiting if last < end]
        self._waiting = [(last, number) for last, number in self._waiting if last >= end]
        for number in done:
            self._copied.add(number, number)
        around = os.fstat(self._old.descriptor).st_blksize // PAGE_BYTES  # a block goes when all of its pages have gone
        for first, last in Spans((number, number) for number in done):
            for low, high in self._copied.within(max(1, first - around), last + around):
                punch_hole(self._old.descriptor, (low - 1) * PAGE_BYTES, (high - low + 1) * PAGE_BYTES)


def _place(row: SpoolRow) -> Bound:
    return row.stream, row.seq


def _take_the_place(building: Path, path: Path, *, keeps_old: bool) -> None:
    """Rename; the old log never stands beside the new file, of which SQLite would take it for the log."""
    if any(part.stat().st_size for part in _parts(building) if part != building):
        raise DiskProblem(f"{building} could not be closed with all that it holds")
    aside = _beside(path, ".damaged")
    for part in _parts(path):
        if keeps_old and path.exists() and path.stat().st_size:
            part.replace(aside.with_name(aside.name + part.name.removeprefix(path.name)))
        elif part != path:
            part.unlink()
    with contextlib.suppress(OSError):
        force_folder(path.parent)
    building.replace(path)
    force_folder(path.parent)


def _beside(path: Path, ending: str) -> Path:
    return path.with_name(path.name + ending)


def _parts(path: Path) -> list[Path]:
    """The file with its log, as far as they are there; the file last, so that it is there while its log is."""
    return [part for suffix in reversed(_BESIDE) if (part := _beside(path, suffix)).exists()]
