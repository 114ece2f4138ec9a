"""Messages that were taken, so that one that a broker delivers again is known, after a SIGKILL too.

    kept["local.taken.07"] = "113 001f4c9a0be3 0020d1e0f2a7 …"      16 a row, 64 rows in a ring, the row's number first

A message is its packet id, its topic and its payload. The row is committed with the readings of its messages. Brokers
count packet ids up, to 65,535, so the ring of the newest 1,024 never meets an id twice.
"""

import re
import zlib
from collections.abc import Iterator, Mapping
from itertools import islice

from runtime.mqtt import Message

ROWS = 64
ROW = 16
_FORGET = 128
"""How many of the oldest are forgotten at a time."""
_PREFIX = "local.taken."
_WORD = re.compile("[0-9a-f]{12}")


class Taken:
    """The newest messages of one broker, `broker` in words; `kept` is what earlier starts have left."""

    def __init__(self, kept: Mapping[str, str], broker: str) -> None:
        self._seed = zlib.crc32(broker.encode())
        rows = sorted((int(number), words) for number, words in _rows(kept) if number.isdecimal())
        self._content = {
            int(word[:4], 16): int(word[4:], 16) for _, words in rows for word in words.split() if _WORD.fullmatch(word)
        }
        self._row = rows[-1][0] + 1 if rows else 0
        self._text, self._size = str(self._row), 0

    def add(self, message: Message) -> dict[str, str]:
        """`message` is taken; what must be committed with its readings."""
        content = self._content[message.packet] = self._checksum(message)
        if self._size == ROW:
            self._row += 1
            self._text, self._size = str(self._row), 0
        self._text += f" {message.packet:04x}{content:08x}"
        self._size += 1
        if len(self._content) > ROWS * ROW + _FORGET:
            self._forget()
        return {f"{_PREFIX}{self._row % ROWS:02d}": self._text}

    def knows(self, message: Message) -> bool:
        """Whether `message`, which the broker delivers again, was taken."""
        return self._content.get(message.packet) == self._checksum(message)

    def _checksum(self, message: Message) -> int:
        return zlib.crc32(message.payload, zlib.crc32(message.topic.encode(), self._seed))

    def _forget(self) -> None:
        for packet in list(islice(self._content, _FORGET)):
            del self._content[packet]


def _rows(kept: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for key, text in kept.items():
        if key.startswith(_PREFIX):
            number, _, words = text.partition(" ")
            yield number, words
