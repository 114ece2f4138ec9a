"""Messages that were taken, so that one that a broker delivers again is known, after a SIGKILL too.

    kept["local.taken.0007"] = "1031.1029 001f4c9a0be3 0020d1e0f2a7 …"   12 a row; its number, and the oldest one needed
    slots[0x0020] = 1031 % 1366                                          where the newest of each packet id stands

A message is its packet id, its topic and its payload. The row is committed with the readings of its messages. A broker
delivers again each message whose PUBACK it has not handled: those may be thousands that we acknowledged long ago, since
one that fails to write to us leaves unread what we sent. So a message is forgotten when the broker has handled its
PUBACK (`forget_before`), and else after 16,380 others.

What is kept is searched as it is: an object of Python for each message would take 2.6 MB more.
"""

import re
import zlib
from array import array
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from runtime.mqtt_connection import Message

ROWS = 1_366
ROW = 12
"""A longer row would not fit into its page of the spool, and SQLite would give each a further page of its own."""
PACKETS = 65_536
_PREFIX = "local.taken."
_NUMBERS = re.compile(r"(\d{1,15})(?:\.(\d{1,15}))?")  # an earlier version wrote only the first
_WORD = re.compile("[0-9a-f]{12}")


class _Row(NamedTuple):
    number: int
    needed: int
    text: str


class _Found(NamedTuple):
    row: int
    content: str


class TakenMessages:
    """The newest messages of one broker, `broker` in words; `kept` is what earlier starts have left."""

    def __init__(self, kept: Mapping[str, str], broker: str) -> None:
        self._seed = zlib.crc32(broker.encode())
        self._texts = [""] * ROWS
        self._slots = array("H", [0]) * PACKETS
        rows = sorted(_rows(kept), key=lambda row: row.number)
        self._row, self._needed = (rows[-1].number, rows[-1].needed) if rows else (0, 0)
        self._words, self._size = "", ROW if rows else 0  # what comes now stands in a row of its own
        self.forget_before(self._row - ROWS + 1)
        for row in rows:
            if row.number >= self._needed:
                self._learn(row)

    def add(self, message: Message) -> dict[str, str]:
        """`message` is taken; what must be committed with its readings."""
        return self._add(f" {message.packet:04x}{self._checksum(message)}", message.packet)

    def add_all(self, other: "TakenMessages") -> dict[str, str]:
        """What `other` knows is taken too; what must be committed for that."""
        keep: dict[str, str] = {}
        for row in range(other._needed, other._row + 1):
            for word in _words(other._texts[row % ROWS]):
                keep |= self._add(f" {word}", _packet(word))
        return keep

    def knows(self, message: Message) -> bool:
        """Whether `message`, which the broker delivers again, was taken."""
        found = self._find(message.packet)
        return found is not None and found.content == self._checksum(message)

    def row_of(self, packets: Iterable[int]) -> int:
        """The row of the oldest of these messages, or the newest row there is."""
        return min((found.row for packet in packets if (found := self._find(packet))), default=self._row)

    def forget_before(self, row: int) -> None:
        """The broker delivers nothing again that stands before `row`."""
        self._needed = max(self._needed, row)

    def _add(self, word: str, packet: int) -> dict[str, str]:
        if self._size == ROW:
            self._row, self._words, self._size = self._row + 1, "", 0
            self.forget_before(self._row - ROWS + 1)
        self._words += word
        self._size += 1
        slot = self._slots[packet] = self._row % ROWS
        text = self._texts[slot] = f"{self._row}.{self._needed}{self._words}"
        return {f"{_PREFIX}{slot:04d}": text}

    def _learn(self, row: _Row) -> None:
        slot = row.number % ROWS
        self._texts[slot] = row.text
        for word in _words(row.text):
            self._slots[_packet(word)] = slot

    def _find(self, packet: int) -> _Found | None:
        """The newest message with this packet id, if its row is needed still."""
        slot = self._slots[packet]
        row = self._row - (self._row - slot) % ROWS
        at = self._texts[slot].rfind(f" {packet:04x}") if row >= self._needed else -1
        return None if at < 0 else _Found(row, self._texts[slot][at + 5 : at + 13])

    def _checksum(self, message: Message) -> str:
        return f"{zlib.crc32(message.payload, zlib.crc32(message.topic.encode(), self._seed)):08x}"


def _rows(kept: Mapping[str, str]) -> Iterator[_Row]:
    for key, text in kept.items():
        found = _NUMBERS.fullmatch(text.partition(" ")[0]) if key.startswith(_PREFIX) else None
        if found is not None:
            yield _Row(int(found[1]), int(found[2] or 0), text)


def _words(text: str) -> Iterator[str]:
    return (word for word in text.split(" ")[1:] if _WORD.fullmatch(word))


def _packet(word: str) -> int:
    return int(word[:4], 16)
