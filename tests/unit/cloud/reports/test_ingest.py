"""What an ingester did: each thing in one sample, whatever the store does."""

from typing import Any

import pytest

from cloud.gateways.accounting import Accounts
from cloud.metrics.exposition import Metrics
from cloud.reports.ingest import CounterTally, IngestWork, ingest_points
from tests.unit.cloud.reports.city import checked
from wire import Domain

T0 = 1_764_000_000_000


@pytest.fixture
def metrics() -> Metrics:
    return Metrics(Accounts())


def tally(metrics: Metrics) -> CounterTally:
    return CounterTally(metrics, instance="0-63", since_ms=T0)


def sample(of: CounterTally, *, at: int) -> dict[str, Any]:
    ingest, *refused = checked(of.due(T0 + at, dead_letters_open=2))
    assert {point.time_ms for point in refused} == {ingest.time_ms}
    counts = {point.tags["reason"]: point.fields["count"] for point in refused if point.fields["count"]}
    return {**ingest.fields, "at": ingest.time_ms - T0, "refused": counts}


def test_a_sample_has_what_was_done_since_the_one_before(metrics: Metrics):
    work = tally(metrics)
    metrics.count_stored({Domain.AIR: 3, Domain.FLOOD: 1}, live=True)
    metrics.batches.inc(2)
    metrics.dead_letters.labels("out_of_bounds").inc(5)
    metrics.store_errors.labels("StoreUnavailable").inc()
    first = sample(work, at=30_000)
    assert (first["seconds"], first["stored"], first["stored_air"], first["stored_flood"]) == (30.0, 4, 3, 1)
    assert (first["batches"], first["dead_letters"], first["store_errors"]) == (2, 5, 1)
    assert (first["refused"], first["dead_letters_open"]) == ({"out_of_bounds": 5}, 2)
    work.record_written()
    metrics.count_stored({Domain.AIR: 2}, live=True)
    second = sample(work, at=60_000)
    assert (second["seconds"], second["stored"], second["dead_letters"], second["refused"]) == (30.0, 2, 0, {})


def test_a_sample_that_was_not_surely_taken_is_told_again_as_it_was_and_what_came_since_waits(metrics: Metrics):
    work = tally(metrics)
    metrics.count_stored({Domain.AIR: 3}, live=True)
    first = sample(work, at=30_000)
    metrics.count_stored({Domain.AIR: 4}, live=True)
    assert sample(work, at=60_000) == first
    assert work.is_pending
    work.record_written()
    assert not work.is_pending
    after = sample(work, at=60_000)
    assert (after["stored"], after["seconds"], after["at"]) == (4, 30.0, 60_000)


def test_how_long_things_take_is_that_of_the_sample_and_left_out_where_nothing_was_written(metrics: Metrics):
    work = tally(metrics)
    with metrics.time_of_write():
        pass
    metrics.record_delay((T0, T0 + 800), T0 + 1_000, readings=8)
    first = sample(work, at=30_000)
    assert first["write_p50_ms"] > 0
    assert first["delay_p50_ms"] == pytest.approx(500, rel=0.05)  # of 300, 500, 700 and 900 ms
    assert first["delay_p99_ms"] == pytest.approx(900, rel=0.05)
    work.record_written()
    second = sample(work, at=60_000)
    assert (second["write_p50_ms"], second["delay_p99_ms"]) == (None, None)


def test_the_sums_over_domains_and_reasons_are_those_of_the_parts():
    work = IngestWork(
        seconds=30.0, stored={Domain.AIR: 2, Domain.GATEWAY: 5}, dead_letters={"fault": 1, "oversized": 2}
    )
    ingest, fault, oversized = checked(ingest_points(work, instance="0-31", now_ms=T0))
    assert (ingest.fields["stored"], ingest.fields["stored_gateway"], ingest.fields["dead_letters"]) == (7, 5, 3)
    assert [point.tags for point in (fault, oversized)] == [
        {"instance": "0-31", "reason": "fault"}, {"instance": "0-31", "reason": "oversized"}
    ]  # fmt: skip


def test_what_was_sent_late_is_counted_apart(metrics: Metrics):
    work = tally(metrics)
    metrics.count_stored({Domain.AIR: 3}, live=True)
    metrics.count_stored({Domain.AIR: 400}, live=False)
    first = sample(work, at=30_000)
    assert (first["stored"], first["stored_live"], first["stored_backlog"]) == (403, 3, 400)
    work.record_written()
    second = sample(work, at=60_000)
    assert (second["stored_live"], second["stored_backlog"]) == (0, 0)
