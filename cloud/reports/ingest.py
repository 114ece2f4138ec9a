"""What an ingester did since its sample before, and what it refused, by reason.

ingest,instance=0-63 seconds=30.0,stored=14988i,stored_air=9000i,batches=45i,delay_p99_ms=41.2,…
refused,instance=0-63,reason=out_of_bounds count=2i

Sums over these points are what was stored, so each thing is reported once: a sample that the store did not surely take
is written again as it was, with its own time, and what came since waits for the next. What a killed process had not
reported yet is missing from the sums; the readings themselves are not.
"""

from collections.abc import Mapping
from typing import TypeVar

import msgspec

from cloud.core.quantile_sketch import QuantileSketch
from cloud.metrics.exposition import Counts, Metrics
from cloud.reports.points import ReportPoint, Value
from wire import Domain

Name = TypeVar("Name", bound=str)
Percentiles = tuple[float, float]
"""The median and the 99th percentile, in ms, each within 5 %."""


class IngestWork(msgspec.Struct, frozen=True, kw_only=True):
    """What an ingester did within `seconds`; `dead_letters_open` and `queue_bytes` are of now.

    `stored` is by domain, `backlog` what of it was sent late, `dead_letters` (refused readings or unreadable
    messages) by reason. `write_ms` and `delay_ms` are None where nothing was written, or nothing live.
    """

    seconds: float
    stored: Mapping[str, int]
    backlog: int = 0
    batches: int = 0
    duplicates: int = 0
    dead_letters: Mapping[str, int] = {}
    dead_letters_open: int = 0
    shed: int = 0
    store_errors: int = 0
    queue_bytes: int = 0
    write_ms: Percentiles | None = None
    delay_ms: Percentiles | None = None


def ingest_points(work: IngestWork, *, instance: str, now_ms: int) -> list[ReportPoint]:
    """Return a point of `ingest`, and one of `refused` for each reason."""
    write_p50, write_p99 = work.write_ms or (None, None)
    delay_p50, delay_p99 = work.delay_ms or (None, None)
    fields: dict[str, Value | None] = {
        "sampled_ms": now_ms,
        "seconds": work.seconds,
        "stored": sum(work.stored.values()),
        **{f"stored_{domain}": work.stored.get(domain, 0) for domain in Domain},
        "stored_own": sum(count for domain, count in work.stored.items() if domain not in list(Domain)),
        "stored_live": sum(work.stored.values()) - work.backlog,
        "stored_backlog": work.backlog,
        "batches": work.batches,
        "duplicates": work.duplicates,
        "dead_letters": sum(work.dead_letters.values()),
        "dead_letters_open": work.dead_letters_open,
        "shed": work.shed,
        "store_errors": work.store_errors,
        "queue_bytes": work.queue_bytes,
        "write_p50_ms": write_p50,
        "write_p99_ms": write_p99,
        "delay_p50_ms": delay_p50,
        "delay_p99_ms": delay_p99,
    }
    refused = [
        ReportPoint("refused", now_ms, {"instance": instance, "reason": reason}, {"count": count})
        for reason, count in sorted(work.dead_letters.items())
    ]
    return [ReportPoint("ingest", now_ms, {"instance": instance}, fields), *refused]


class CounterTally:
    """Makes samples of the counters of `metrics`, each thing in one of them; from `since_ms` (UTC) on."""

    def __init__(self, metrics: Metrics, *, instance: str, since_ms: int) -> None:
        self._metrics = metrics
        self._instance = instance
        self._counts = Counts(dict.fromkeys(Domain, 0), 0, 0, 0, {}, 0, 0)
        self._since_ms = since_ms
        self._pending: list[ReportPoint] = []

    def due(self, now_ms: int, *, dead_letters_open: int) -> list[ReportPoint]:
        """Return the sample to write at `now_ms`: the one before as it was, until it is written, else that of now."""
        if not self._pending:
            counts, (write, delay) = self._metrics.counts(), self._metrics.pop_sketches()
            work = IngestWork(
                seconds=max(0.0, (now_ms - self._since_ms) / 1_000),
                stored=_grown(self._counts.stored, counts.stored),
                backlog=counts.backlog - self._counts.backlog,
                batches=counts.batches - self._counts.batches,
                duplicates=counts.duplicates - self._counts.duplicates,
                dead_letters=_grown(self._counts.dead_letters, counts.dead_letters),
                dead_letters_open=dead_letters_open,
                shed=counts.shed - self._counts.shed,
                store_errors=counts.store_errors - self._counts.store_errors,
                queue_bytes=self._metrics.queued_bytes(),
                write_ms=_percentiles(write),
                delay_ms=_percentiles(delay),
            )
            self._counts, self._since_ms = counts, now_ms
            self._pending = ingest_points(work, instance=self._instance, now_ms=now_ms)
        return self._pending

    def record_written(self) -> None:
        """Record that the store has the sample."""
        self._pending = []

    @property
    def is_pending(self) -> bool:
        """Whether a sample is not surely written."""
        return bool(self._pending)


def _grown(before: Mapping[Name, int], now: Mapping[Name, int]) -> dict[Name, int]:
    return {name: count - before.get(name, 0) for name, count in now.items()}


def _percentiles(sketch: QuantileSketch) -> Percentiles | None:
    median, most = sketch.percentile(50), sketch.percentile(99)
    return None if median is None or most is None else (median, most)
