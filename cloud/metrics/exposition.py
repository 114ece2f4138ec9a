"""What the cloud counts, for Prometheus:  siaga_readings_stored_total  siaga_dead_letters_total{reason="…"}  …"""

import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import NamedTuple

import msgspec
import prometheus_client as prometheus
from prometheus_client import CollectorRegistry, Gauge, Histogram
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from cloud.core.quantile_sketch import QuantileSketch
from cloud.core.reasons import Reason
from cloud.gateways.accounting import Accounts
from wire import Domain

_DELAYS_OF_A_BATCH = 4
"""The readings of a batch count as spread evenly over its time range, at so many moments."""
_ONE_MOMENT_MS = 250
"""A shorter time range counts as one moment, its middle."""
_LATENCIES_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)


class Counts(msgspec.Struct, frozen=True):
    """What was counted since the start; refused readings by reason."""

    stored: dict[str, int]
    backlog: int
    batches: int
    duplicates: int
    dead_letters: dict[str, int]
    shed: int
    store_errors: int


class Collected(NamedTuple):
    """Metrics as they were collected elsewhere, for Prometheus's encoders."""

    families: Iterable[Metric]

    def collect(self) -> Iterable[Metric]:
        """Give them."""
        return self.families


class Metrics:
    """The cloud's counters, in a Prometheus registry of their own.

    How long things take is kept as quantile sketches besides, which `pop_sketches` gives and empties.
    """

    def __init__(self, accounts: Accounts) -> None:
        self.registry = CollectorRegistry()
        self.batches = self._counter("siaga_batches", "Batches acknowledged to gateways")
        self.readings_stored = self._counter("siaga_readings_stored", "Readings that the store holds", "domain")
        self.readings_backlog = self._counter(
            "siaga_readings_backlog", "Readings of them that were sent late, from a backlog or a dead letter"
        )
        self._stored: Counter[str] = Counter()
        self.duplicates = self._counter("siaga_duplicates", "Readings received again")
        self.dead_letters = self._counter("siaga_dead_letters", "Readings (or unreadable messages) refused", "reason")
        for reason in Reason:
            self.dead_letters.labels(reason.value)  # so that each is there, as 0, before its first
        self.discarded = self._counter(
            "siaga_readings_discarded", "Refused readings not kept for want of room", "reason"
        )
        self.shed = self._counter("siaga_batches_shed", "Batches not taken for want of room; gateways send them again")
        self.ignored = self._counter("siaga_messages_ignored", "Messages on topics that are no gateway's")
        self.store_errors = self._counter("siaga_store_errors", "Writes that the store did not take", "kind")
        self.store_write_s = Histogram(
            "siaga_store_write_seconds", "Time of a write to the store", buckets=_LATENCIES_S, registry=self.registry
        )
        self.queue_bytes = Gauge("siaga_queue_bytes", "Bytes of batches waiting in memory", registry=self.registry)
        self.registry.register(_Losses(accounts))
        self._write_ms, self._delay_ms = QuantileSketch(), QuantileSketch()

    def register(self, collector: Collector) -> None:
        """Have `collector` add families of its own to each scrape."""
        self.registry.register(collector)

    def counts(self) -> Counts:
        """All that only grows, at this moment."""
        return Counts(
            stored=self.stored_by_domain(),
            backlog=_sum(self.readings_backlog),
            batches=_sum(self.batches),
            duplicates=_sum(self.duplicates),
            dead_letters=_by_label(self.dead_letters, "reason"),
            shed=_sum(self.shed),
            store_errors=_sum(self.store_errors),
        )

    def queued_bytes(self) -> int:
        """Bytes of batches that wait in memory."""
        return int(next(iter(next(iter(self.queue_bytes.collect())).samples)).value)

    def pop_sketches(self) -> tuple[QuantileSketch, QuantileSketch]:
        """The times of writes, and from live readings' times to their being durable, in ms, since the last call."""
        popped = self._write_ms, self._delay_ms
        self._write_ms, self._delay_ms = QuantileSketch(), QuantileSketch()
        return popped

    @contextmanager
    def time_of_write(self) -> Iterator[None]:
        """Measure a write to the store, whatever comes of it."""
        started = time.perf_counter()
        try:
            yield
        finally:
            took_s = time.perf_counter() - started
            self.store_write_s.observe(took_s)
            self._write_ms.add(took_s * 1_000)

    def record_delay(self, time_range: tuple[int, int], durable_ms: int, *, readings: int) -> None:
        """Record that the live readings of a batch, from first to last (UTC, ms), were durable at `durable_ms`."""
        first_ms, last_ms = time_range
        moments = _DELAYS_OF_A_BATCH if last_ms - first_ms > _ONE_MOMENT_MS else 1
        for number in range(moments):
            time_ms = first_ms + (last_ms - first_ms) * (2 * number + 1) / (2 * moments)
            self._delay_ms.add(max(0.0, durable_ms - time_ms), weight=readings / moments)

    def stored_by_domain(self) -> dict[str, int]:
        """How many readings were stored since the start, by domain."""
        return {**dict.fromkeys(map(str, Domain), 0), **self._stored}

    def put_stored(self, totals: Mapping[str, int]) -> None:
        """Take over how many readings other processes have stored, by domain."""
        self._stored = Counter(totals)

    def count_stored(self, sizes: Mapping[str, int], *, live: bool) -> None:
        """Count readings that the store holds, by domain; `live`: sent as they were taken, and not from a backlog."""
        if not live:
            self.readings_backlog.inc(sum(sizes.values()))
        for domain, size in sizes.items():
            self._stored[domain] += size
            self.readings_stored.labels(domain).inc(size)

    def _counter(self, name: str, meaning: str, *labels: str) -> prometheus.Counter:
        return prometheus.Counter(name, meaning, labels, registry=self.registry)


def _sum(counter: prometheus.Counter) -> int:
    return sum(_by_label(counter, "").values())


def _by_label(counter: prometheus.Counter, label: str) -> dict[str, int]:
    """A counter's sums by one of its labels; all of it under "" for a label that it does not have."""
    sums: Counter[str] = Counter()
    for family in counter.collect():
        for sample in family.samples:
            if sample.name.endswith("_total"):
                sums[sample.labels.get(label, "")] += int(sample.value)
    return sums


class _Losses:
    """Missing readings and declared losses by gateway, worked out at each scrape."""

    def __init__(self, accounts: Accounts) -> None:
        self._accounts = accounts

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Give the families, as Prometheus's registry asks for them."""
        missing = GaugeMetricFamily("siaga_readings_missing", "Readings neither received nor lost", labels=["gateway"])
        lost = GaugeMetricFamily("siaga_readings_declared_lost", "Readings that gateways lost", labels=["gateway"])
        for gateway in self._accounts.gateways():
            account = self._accounts.account(gateway)
            missing.add_metric([gateway], account.missing)
            lost.add_metric([gateway], account.declared_lost)
        yield missing
        yield lost
