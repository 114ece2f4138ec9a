"""Digests of rows and of readings that do not depend on their order.

RowTally().add(b'[7,"ani"]')        ReadingsTally().add(block)        .tally() -> ContentTally(count=1, digest="…")

A digest is the sum of the hashes of what was added, so two databases that order text differently agree on it. Readings
are hashed series by series, in the order of time in which every store gives them. Their marks are not in it, since
InfluxDB has one for all quantities of a line, and SQLite one for each.
"""

import hashlib
from array import array
from typing import Any

from cloud.backup.manifest import ContentTally
from cloud.readings.blocks import Block

_BITS = 128


class RowTally:
    """Counts the rows of a table."""

    def __init__(self) -> None:
        self._count = self._sum = 0

    def add(self, row: bytes) -> None:
        """Add one encoded row."""
        self._count += 1
        self._sum += _number(hashlib.blake2b(row, digest_size=_BITS // 8))

    def tally(self) -> ContentTally:
        """Return the count and digest of what was added."""
        return ContentTally(self._count, _digest(self._sum))


class ReadingsTally:
    """Counts the readings of a domain, which come sensor by sensor as `ReadingsStore.read_all` gives them."""

    def __init__(self) -> None:
        self._count = self._sum = self._series = 0
        self._first_ms: int | None = None
        self._last_ms: int | None = None
        self._sensor = ""
        self._open: dict[str, tuple[Any, Any]] = {}

    def add(self, block: Block) -> None:
        """Add the readings of a block."""
        if block.sensor != self._sensor:
            self._close()
            self._sensor = block.sensor
        self._count += block.size
        first_ms, last_ms = block.span
        self._first_ms = first_ms if self._first_ms is None else min(first_ms, self._first_ms)
        self._last_ms = last_ms if self._last_ms is None else max(last_ms, self._last_ms)
        times = array("q", block.times_ms).tobytes()
        for quantity, values in block.fields:
            # times and values apart, so that the ends of pages leave no mark
            of_times, of_values = self._open.get(quantity) or self._begin(quantity)
            of_times.update(times)
            of_values.update(array("d", values).tobytes())

    def tally(self) -> ContentTally:
        """Return the count and digest of what was added."""
        self._close()
        return ContentTally(self._count, _digest(self._sum), self._series, self._first_ms, self._last_ms)

    def _begin(self, quantity: str) -> tuple[Any, Any]:
        name = f"{self._sensor} {quantity} ".encode()
        self._open[quantity] = (hashlib.blake2b(name, digest_size=_BITS // 8), hashlib.blake2b(digest_size=_BITS // 8))
        return self._open[quantity]

    def _close(self) -> None:
        for of_times, of_values in self._open.values():
            of_times.update(of_values.digest())
            self._sum += _number(of_times)
            self._series += 1
        self._open.clear()


def _number(hashed: Any) -> int:
    return int.from_bytes(hashed.digest(), "big")


def _digest(total: int) -> str:
    return f"{total % 2**_BITS:0{_BITS // 4}x}"
