"""What the cloud counts, for Prometheus:  siaga_readings_stored_total  siaga_dead_letters_total{reason="…"}  …"""

from collections import Counter
from collections.abc import Iterator, Mapping

import prometheus_client as prometheus
from prometheus_client import CollectorRegistry, Gauge, Histogram
from prometheus_client.core import GaugeMetricFamily

from cloud.accounting import Accounts
from cloud.ingest.reasons import Reason
from wire import Domain

_LATENCIES_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)


class Metrics:
    """The cloud's counters, in a Prometheus registry of their own."""

    def __init__(self, accounts: Accounts) -> None:
        self.registry = CollectorRegistry()
        self.batches = self._counter("siaga_batches", "Batches acknowledged to gateways")
        self.readings_stored = self._counter("siaga_readings_stored", "Readings that the store holds", "domain")
        self._stored: Counter[Domain] = Counter()
        self.duplicates = self._counter("siaga_duplicates", "Readings received again")
        self.dead_letters = self._counter("siaga_dead_letters", "Readings (or unreadable messages) refused", "reason")
        for reason in Reason:
            self.dead_letters.labels(reason.value)  # so that each is there, as 0, before its first
        self.shed = self._counter("siaga_batches_shed", "Batches not taken for want of room; gateways send them again")
        self.ignored = self._counter("siaga_messages_ignored", "Messages on topics that are no gateway's")
        self.store_errors = self._counter("siaga_store_errors", "Writes that the store did not take", "kind")
        self.store_write_s = Histogram(
            "siaga_store_write_seconds", "Time of a write to the store", buckets=_LATENCIES_S, registry=self.registry
        )
        self.queue_bytes = Gauge("siaga_queue_bytes", "Bytes of batches waiting in memory", registry=self.registry)
        self.registry.register(_Losses(accounts))

    def stored_by_domain(self) -> dict[Domain, int]:
        """How many readings were stored since the start, by domain."""
        return {domain: self._stored[domain] for domain in Domain}

    def count_stored(self, sizes: Mapping[Domain, int]) -> None:
        """Count readings that the store holds, by domain."""
        for domain, size in sizes.items():
            self._stored[domain] += size
            self.readings_stored.labels(domain.value).inc(size)

    def _counter(self, name: str, meaning: str, *labels: str) -> prometheus.Counter:
        return prometheus.Counter(name, meaning, labels, registry=self.registry)


class _Losses:
    """Missing readings and declared losses by gateway, worked out when asked."""

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
