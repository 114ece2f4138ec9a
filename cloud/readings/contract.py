"""What a readings store promises; `tests/contract/` runs one suite on every engine.

A write returns when all that it accepted is durable: a crash of the store or a power cut after that loses nothing.
"""

from collections.abc import AsyncIterator, Collection, Sequence
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Protocol

import msgspec

from cloud.readings.blocks import Block

if TYPE_CHECKING:
    from cloud.readings.retention import RetentionStore
    from cloud.readings.rollups import RollupStore

LATEST_MS = 2**63 // 10**6 - 1
"""The latest time (UTC, ms) that every store knows: that of InfluxDB, in its nanoseconds of 64 bits."""


class StoreUnavailable(Exception):
    """The store cannot take or give anything now; keep what you have and try again. The text is one sentence.

    `retry_after_s` is how long the store asked to be left alone, if it did.
    """

    def __init__(self, sentence: str, *, retry_after_s: float | None = None) -> None:
        super().__init__(sentence)
        self.retry_after_s = retry_after_s


class StoreRejected(StoreUnavailable):
    """The store knows us and refuses (credentials, missing database): somebody must act. The text says who and how."""


TouchedHours = tuple[str, Sequence[str], Collection[int]]
"""Sensor, quantities, and the beginnings (UTC ms) of the hours in which something of them is written."""


class EncodedWrite(msgspec.Struct, frozen=True):
    """Blocks in the form in which their engine writes them: small, where blocks are many objects.

    `hours` are those that it touches; None where that stands in the form alone.
    """

    form: Any
    hours: Sequence[TouchedHours] | None = None


class RejectedPoint(msgspec.Struct, frozen=True):
    """A point that the store will never take, and why: number `point` of number `write` of what was written.

    A point is all quantities of a block at one time; they are counted through the blocks of a write, from 0.
    Where only some `quantities` of it are never taken, the others are stored.
    """

    write: int
    point: int
    reason: str
    quantities: tuple[str, ...] = ()


class WriteResult(msgspec.Struct, frozen=True):
    """All readings that were written are durable, except the `rejected`."""

    rejected: tuple[RejectedPoint, ...] = ()


class Aggregate(StrEnum):
    """How the readings within one step of a history become one value."""

    MEAN = "mean"
    MIN = "min"
    MAX = "max"
    SUM = "sum"
    COUNT = "count"
    LAST = "last"


class Point(msgspec.Struct, frozen=True, gc=False):
    """One value of a history: at `time_ms` (UTC; the start of the step where aggregated), with its marks."""

    time_ms: int
    value: float
    marks: int = 0


class SeriesRange(msgspec.Struct, frozen=True, gc=False):
    """What is asked of one series: as `ReadingsStore.history` says it."""

    sensor: str
    quantity: str
    start_ms: int
    end_ms: int
    every_ms: int | None = None
    agg: Aggregate = Aggregate.MEAN


class StoredReading(msgspec.Struct, frozen=True, gc=False):
    """The newest reading of a series, as the store remembers it after a restart of the cloud."""

    site: str
    sensor: str
    gateway: str
    quantity: str
    time_ms: int
    value: float
    marks: int


class Verdict(msgspec.Struct, frozen=True, gc=False):
    """What later readings have shown of the quality of one: its quality `marks` (`rules.marks.QUALITY`) as they hold.

    It stands beside the reading, which stays as it was stored; a later verdict of the same reading takes its place.
    """

    sensor: str
    quantity: str
    time_ms: int
    marks: int


class ReadingsStore(Protocol):
    """Where readings live. The key is (sensor, quantity, time): writing one again is harmless, the last value stays."""

    @property
    def rollups(self) -> "RollupStore":
        """What is kept of whole hours and minutes; every write here sees to it that they stay right."""

    @property
    def retention(self) -> "RetentionStore":
        """What is removed, and from when on all is kept; what is older than that is rejected by every write here."""

    async def open(self) -> None:
        """Connect and make what is missing; StoreUnavailable where that fails for now."""

    def encode(self, blocks: Sequence[Block]) -> EncodedWrite:
        """Bring blocks into the form that `write` takes.

        Apart from `write`, so that what is decoded is written out while the processor has it at hand and can then be
        freed: writing many encoded writes at once costs a third less than writing their blocks.
        """

    async def write(self, writes: Sequence[EncodedWrite]) -> WriteResult:
        """Store what was encoded; StoreUnavailable: nobody knows how much was stored, so write all again."""

    async def write_isolated(self, writes: Sequence[EncodedWrite]) -> WriteResult:
        """Store what failed where other writes succeed, isolating the points that are never taken.

        A point that fails alone, again and again, while the store takes others, is rejected with the store's words.
        StoreUnavailable: the store takes nothing now.
        """

    async def probe(self) -> None:
        """Write something of no meaning; StoreUnavailable where even that is not taken."""

    async def history(
        self,
        sensor: str,
        quantity: str,
        *,
        start_ms: int,
        end_ms: int,
        every_ms: int | None = None,
        agg: Aggregate = Aggregate.MEAN,
        limit: int = 100_000,
    ) -> list[Point]:
        """The readings with start <= time < end, oldest first, at most `limit`; one for each `every_ms` if given.

        Steps begin at whole multiples of `every_ms` since 1970; steps without readings are left out; an aggregated
        point carries the marks of all its readings (or none where the engine cannot combine them). Marks are those that
        hold: a verdict takes the place of the quality marks that a reading was stored with.
        """

    async def histories(self, ranges: Sequence[SeriesRange]) -> list[list[Point]]:
        """The readings of each of `ranges`, as `history` gives them, asked for in as few questions as the store allows.

        Whoever asks keeps the ranges short: all that they hold is in memory at once.
        """

    async def write_verdicts(self, verdicts: Sequence[Verdict]) -> None:
        """Keep verdicts, durable when this returns; StoreUnavailable: write all again."""

    def read_verdicts(self) -> AsyncIterator[list[Verdict]]:
        """Every verdict, a page at a time, for a backup."""

    async def newest(
        self, *, until_ms: int = LATEST_MS, quantities: Collection[str] | None = None
    ) -> list[StoredReading]:
        """The newest reading of every series up to `until_ms` (UTC, included), for the start of the cloud.

        Of some `quantities` alone, if they are given.
        """

    async def count(self, sensor: str, quantity: str) -> int:
        """How many readings of a series are stored."""

    def read_all(self, domain: str, quantities: Collection[str]) -> AsyncIterator[Block]:
        """Every reading of a domain's `quantities`, a page at a time: sensor by sensor, each series from its oldest on.

        All that was stored before the first page is asked for is in it; what is stored meanwhile may be. Marks are
        those that the readings were stored with: verdicts are apart.
        """

    async def close(self) -> None:
        """Let go of connections and files."""
