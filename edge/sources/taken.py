"""Messages that were taken, so that one that a broker delivers again is known, after a SIGKILL too.

    kept["local.taken.0007"] = "1031.1029 001f4c9a0be3 0020d1e0f2a7 …"   12 a row; its number, and the oldest one needed

A message is its packet id, its topic and its payload. The row is committed with the readings of its messages. A broker
delivers again each message whose PUBACK it has not handled: those may be thousands that we acknowledged long ago, since
one that fails to write to us leaves unread what we sent. So a message is forgotten when the broker has handled its
PUBACK (`forget_before`), and else after 16,380 others.
"""

import re
import zlib
from collections.abc import Iterable, Iterator, Mapping
from itertools import takewhile
from typing import NamedTuple

from runtime.mqtt import Message

ROWS = 1_366
ROW = 12
"""A longer row would not fit into its page of the spool, and SQLite would give each a further page of its own."""
_PREFIX = "local.taken."
_NUMBERS = re.compile(r"(\d{1,15})(?:\.(\d{1,15}))?")  # an earlier version wrote only the first
_WORD = re.compile("[0-9a-f]{12}")


class _Entry(NamedTuple):
    content: int
    row: int


class _Row(NamedTuple):
    number: int
    needed: int
    words: list[str]


class TakenMessages:
    """The newest messages of one broker, `broker` in words; `kept` is what earlier starts have left."""

    def __init__(self, kept: Mapping[str, str], broker: str) -> None:
        self._seed = zlib.crc32(broker.encode())
        rows = sorted(_rows(kept), key=lambda row: row.number)
        self._needed = rows[-1].needed if rows else 0
        self._content: dict[int, _Entry] = {}
        for row in rows:
            if row.number >= self._needed:
                self._learn(row)
        self._row, self._words = rows[-1].number + 1 if rows else 0, ""
        self._size = 0

    def add(self, message: Message) -> dict[str, str]:
        """`message` is taken; what must be committed with its readings."""
        return self._add(message.packet, self._checksum(message))

    def add_all(self, other: "TakenMessages") -> dict[str, str]:
        """What `other` knows is taken too; what must be committed for that."""
        keep: dict[str, str] = {}
        for packet, entry in other._content.items():
            keep |= self._add(packet, entry.content)
        return keep

    def knows(self, message: Message) -> bool:
        """Whether `message`, which the broker delivers again, was taken."""
        entry = self._content.get(message.packet)
        return entry is not None and entry.content == self._checksum(message)

    def row_of(self, packets: Iterable[int]) -> int:
        """The row of the oldest of these messages, or the newest row there is."""
        return min((entry.row for packet in packets if (entry := self._content.get(packet))), default=self._row)

    def forget_before(self, row: int) -> None:
        """The broker delivers nothing again that stands before `row`."""
        self._needed = max(self._needed, row)
        old = takewhile(lambda packet: self._content[packet].row < self._needed, self._content)
        for packet in list(old):
            del self._content[packet]

    def _add(self, packet: int, content: int) -> dict[str, str]:
        if self._size == ROW:
            self._row, self._words, self._size = self._row + 1, "", 0
            self.forget_before(self._row - ROWS + 1)
        self._put(packet, _Entry(content, self._row))
        self._words += f" {packet:04x}{content:08x}"
        self._size += 1
        return {f"{_PREFIX}{self._row % ROWS:04d}": f"{self._row}.{self._needed}{self._words}"}

    def _learn(self, row: _Row) -> None:
        for word in row.words:
            if _WORD.fullmatch(word):
                self._put(int(word[:4], 16), _Entry(int(word[4:], 16), row.number))

    def _put(self, packet: int, entry: _Entry) -> None:
        self._content.pop(packet, None)  # the oldest come first
        self._content[packet] = entry

    def _checksum(self, message: Message) -> int:
        return zlib.crc32(message.payload, zlib.crc32(message.topic.encode(), self._seed))


def _rows(kept: Mapping[str, str]) -> Iterator[_Row]:
    for key, text in kept.items():
        numbers, *words = text.split(" ") if key.startswith(_PREFIX) else ("",)
        found = _NUMBERS.fullmatch(numbers)
        if found is not None:
            yield _Row(int(found[1]), int(found[2] or 0), words)
