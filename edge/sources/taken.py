"""Messages that were taken, so that one that a broker delivers again is known, after a SIGKILL too.

    kept["local.taken.07"] = "113 001f4c9a0be3 0020d1e0f2a7 …"      16 a row, 64 rows in a ring, the row's number first

A message is its packet id, its topic and its payload. The row is committed with the readings of its messages. Brokers
count packet ids up, to 65,535, so the ring of the newest 1,024 never meets an id twice.
"""

import zlib
from collections.abc import Iterator, Mapping

from runtime.mqtt import Message

ROWS = 64
ROW = 16
_PREFIX = "local.taken."


class Taken:
    """The newest messages of one broker, `broker` in words; `kept` is what earlier starts have left."""

    def __init__(self, kept: Mapping[str, str], broker: str) -> None:
        self._seed = zlib.crc32(broker.encode())
        rows = sorted((int(number), words) for number, words in _rows(kept) if number.isdecimal())
        self._content = {word[:4]: word[4:] for _, words in rows for word in words.split()}
        self._row = rows[-1][0] + 1 if rows else 0
        self._text, self._size = str(self._row), 0

    def add(self, message: Message) -> dict[str, str]:
        """`message` is taken; what must be committed with its readings."""
        packet, content = self._name(message)
        self._content.pop(packet, None)  # so that the newest stand last
        self._content[packet] = content
        if self._size == ROW:
            self._row += 1
            self._text, self._size = str(self._row), 0
        self._text += f" {packet}{content}"
        self._size += 1
        if len(self._content) > 2 * ROWS * ROW:
            self._forget()
        return {f"{_PREFIX}{self._row % ROWS:02d}": self._text}

    def knows(self, message: Message) -> bool:
        """Whether `message`, which the broker delivers again, was taken."""
        packet, content = self._name(message)
        return self._content.get(packet) == content

    def _name(self, message: Message) -> tuple[str, str]:
        checksum = zlib.crc32(message.payload, zlib.crc32(message.topic.encode(), self._seed))
        return f"{message.packet:04x}", f"{checksum:08x}"

    def _forget(self) -> None:
        for packet in list(self._content)[: ROWS * ROW]:
            del self._content[packet]


def _rows(kept: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for key, text in kept.items():
        if key.startswith(_PREFIX):
            number, _, words = text.partition(" ")
            yield number, words
