"""The pages of an SQLite file, read without SQLite: each page that is whole gives its rows, whatever befell the others.

file  | page 1 | page 2 | …                 a page of this number in the WAL's committed frames goes before it
page  kind u8 | u16 | cells u16 | u16 | u8 | (child u32 of inner pages) | offset of each cell u16 … cells
cell  (child u32 of inner pages) | size of the payload | (rowid of tables) | payload; what is too long: in further pages
payload  size of its head | the type of each column … | the columns

The format is that of sqlite.org/fileformat2.html; numbers without a size above are its varints. Pages that are free may
hold rows of long ago: whether a row still counts is for the caller to know.
"""

import contextlib
import os
import struct
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

_INNER_INDEX, _LEAF_INDEX, _LEAF_TABLE = 0x02, 0x0A, 0x0D
_HEAD_OF_FILE = 100
_LENGTHS = (0, 1, 2, 3, 4, 6, 8, 8, 0, 0)  # of a column by its type; 7 is a double, 8 and 9 are the numbers 0 and 1
_NO_TYPES = (10, 11)
_DOUBLE = struct.Struct(">d")
_MOST_COLUMNS = 16
_LONGEST_PAYLOAD = 1024 * 1024
_WAL_HEAD = struct.Struct(">8I")  # magic, version, page size, checkpoint, salts, check sums
_FRAME_HEAD = struct.Struct(">6I")  # page, pages after this commit or 0, salts, check sums
_WAL_MAGIC = (0x377F0682, 0x377F0683)

Record = list[Any]


class Pages:
    """The pages of the file at `path` with its WAL; a page that the disk does not give counts as empty."""

    def __init__(self, path: Path, page_bytes: int) -> None:
        self.page_bytes = page_bytes
        self._wal_path = path.with_name(path.name + "-wal")
        self._file = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        self._wal = os.open(self._wal_path, os.O_RDONLY) if self._wal_path.exists() else None
        self._frames = {} if self._wal is None else frames(self._wal, page_bytes)
        self.size = os.fstat(self._file).st_size
        self.count = max([self.size // page_bytes, *self._frames])

    def __enter__(self) -> "Pages":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        for descriptor in (self._file, self._wal):
            if descriptor is not None:
                os.close(descriptor)

    @property
    def descriptor(self) -> int:
        """The open file itself."""
        return self._file

    def page(self, number: int) -> bytes:
        """The page with this number, counted from 1; empty where it cannot be read."""
        offset = self._frames.get(number)
        descriptor, start = (self._file, (number - 1) * self.page_bytes) if offset is None else (self._wal, offset)
        try:
            found = b"" if descriptor is None else os.pread(descriptor, self.page_bytes, start)
        except OSError:  # a bad sector
            return b""
        return found if len(found) == self.page_bytes else b""

    def records(self, number: int) -> Iterator[Record]:
        """The rows of a page, each after its rowid where the table has one; cells that make no sense give none."""
        page = self.page(number)
        head = _HEAD_OF_FILE if number == 1 else 0
        kind = page[head] if page else 0
        if kind not in (_INNER_INDEX, _LEAF_INDEX, _LEAF_TABLE):
            return
        count = int.from_bytes(page[head + 3 : head + 5], "big")
        start = head + (12 if kind == _INNER_INDEX else 8)
        for at in range(start, min(start + 2 * count, len(page) - 1), 2):
            # only the bits that a place in the page needs, as SQLite reads them: damage to the others costs nothing
            cell = int.from_bytes(page[at : at + 2], "big") & (self.page_bytes - 1)
            with contextlib.suppress(IndexError, ValueError, struct.error):
                yield self._record(page, cell, kind)

    def is_inner(self, number: int) -> bool:
        """Whether rows of other pages lie between those of this page."""
        page = self.page(number)
        return bool(page) and page[_HEAD_OF_FILE if number == 1 else 0] == _INNER_INDEX

    def _record(self, page: bytes, at: int, kind: int) -> Record:
        if kind == _INNER_INDEX:
            at += 4
        size = page[at]
        if size < 0x80 and kind != _LEAF_TABLE:  # most cells by far
            return columns(page[at + 1 : at + 1 + size])
        size, at = varint(page, at)
        rowid = []
        if kind == _LEAF_TABLE:
            number, at = varint(page, at)
            rowid = [number]
        return rowid + columns(self._payload(page, at, size, is_table=kind == _LEAF_TABLE))

    def _payload(self, page: bytes, at: int, size: int, *, is_table: bool) -> bytes:
        if size > _LONGEST_PAYLOAD:
            raise ValueError("no row of ours is so long")
        local = size if size <= self._most_local(is_table=is_table) else self._local(size, is_table=is_table)
        payload = page[at : at + local]
        further = int.from_bytes(page[at + local : at + local + 4], "big") if local < size else 0
        while len(payload) < size and further:
            rest = self.page(further)
            payload += rest[4 : 4 + size - len(payload)]
            further = int.from_bytes(rest[:4], "big")
        return payload

    def _most_local(self, *, is_table: bool) -> int:
        return self.page_bytes - 35 if is_table else (self.page_bytes - 12) * 64 // 255 - 23

    def _local(self, size: int, *, is_table: bool) -> int:
        least = (self.page_bytes - 12) * 32 // 255 - 23
        wanted = least + (size - least) % (self.page_bytes - 4)
        return wanted if wanted <= self._most_local(is_table=is_table) else least


def varint(data: bytes, at: int) -> tuple[int, int]:
    """The number that begins at `at`, and where the next begins."""
    value = 0
    for place in range(at, at + 8):
        byte = data[place]
        value = value << 7 | byte & 0x7F
        if byte < 0x80:
            return value, place + 1
    value = value << 8 | data[at + 8]
    return (value - 2**64 if value >= 2**63 else value), at + 9


def columns(payload: bytes) -> Record:
    """The columns of a payload; ValueError where it is none."""
    end = payload[0]
    kinds: Sequence[int] = payload[1:end]
    if end >= 0x80 or max(kinds, default=0x80) >= 0x80:
        end, kinds = _long_head(payload)
    values: Record = []
    at = end
    for kind in kinds:
        length = _LENGTHS[kind] if kind < len(_LENGTHS) else (kind - 12) // 2
        data = payload[at : at + length]
        if kind in _NO_TYPES or len(data) < length:
            raise ValueError("a column is of no known type, or does not end in the payload")
        values.append(int.from_bytes(data, "big", signed=True) if 0 < kind <= 6 else _value(kind, data))
        at += length
    return values


def _long_head(payload: bytes) -> tuple[int, list[int]]:
    """Where the head ends and its types, where not each of them is one byte; or where it is none."""
    end, at = varint(payload, 0)
    kinds: list[int] = []
    while at < end and len(kinds) <= _MOST_COLUMNS:
        kind, at = varint(payload, at)
        kinds.append(kind)
    if at != end or not kinds:
        raise ValueError("the head of the payload does not end where it says")
    return end, kinds


def _value(kind: int, data: bytes) -> Any:
    if kind == 0:
        return None
    if kind == 7:
        return _DOUBLE.unpack(data)[0]
    if kind in (8, 9):
        return kind - 8
    return data.decode() if kind % 2 else data


def frames(wal: int, page_bytes: int) -> dict[int, int]:
    """Where in the WAL the newest committed version of each page is; up to the first frame that is not whole."""
    committed: dict[int, int] = {}
    pending: dict[int, int] = {}
    head = os.pread(wal, _WAL_HEAD.size, 0)
    if len(head) < _WAL_HEAD.size:
        return {}
    magic, _, size, _, *salts, first, second = _WAL_HEAD.unpack(head)
    order = ">" if magic & 1 else "<"
    sums = _sums(head[:24], (0, 0), order)
    if magic not in _WAL_MAGIC or size != page_bytes or sums != (first, second):
        return {}
    at = _WAL_HEAD.size
    while len(frame := os.pread(wal, _FRAME_HEAD.size + page_bytes, at)) == _FRAME_HEAD.size + page_bytes:
        number, pages_after, *rest = _FRAME_HEAD.unpack_from(frame)
        sums = _sums(frame[:8] + frame[_FRAME_HEAD.size :], sums, order)
        if rest[:2] != salts or sums != tuple(rest[2:]):
            break
        pending[number] = at + _FRAME_HEAD.size
        if pages_after:
            committed |= pending
            pending = {}
        at += len(frame)
    return committed


def _sums(data: bytes, sums: tuple[int, int], order: str) -> tuple[int, int]:
    first, second = sums
    words = struct.unpack(f"{order}{len(data) // 4}I", data)
    for one, two in zip(words[::2], words[1::2], strict=True):
        first = (first + one + second) & 0xFFFF_FFFF
        second = (second + two + first) & 0xFFFF_FFFF
    return first, second
