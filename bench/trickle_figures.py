"""The rows of the trickle: (j) the cloud, (k) the edge, each beside its bare loop, with the targets.

cloud, one gateway, 100/s  ≤ 4 %      1,000 gateways, 12,000 readings/s  ≤ 35 %, p99 ≤ 250 ms, the present hour computed
edge, messages of two values: 1/s  ≤ 0.3 %, 50/s  ≤ 1.5 %, 100/s  ≤ 3 %
InfluxDB's own CPU a value at 100/s  ≤ 5 times that at 1,000/s
"""

from collections.abc import Sequence

from bench.cloud_trickle import Cost
from bench.edge_trickle import EdgeTrickle
from bench.figures import Figure
from bench.trickle_load import Load

CLOUD_SHARES = {Load(1, 100, 2): 0.04, Load(1_000, 1_000, 12): 0.35}
CLOUD_P99_MS = {Load(1_000, 1_000, 12): 250.0}
EDGE_SHARES = {1: 0.003, 50: 0.015, 100: 0.03}
MEMORY_AT, EDGE_MB = 50, 45.0
"""At so many messages a second, which are 100 readings, the edge holds so much at most, in MB."""
STORE_RATIO = 5.0
"""InfluxDB's own CPU a value at 100 batches a second of one gateway, to that at 1,000."""


def cloud_figures(engine: str, costs: Sequence[Cost]) -> list[Figure]:
    """Share of a core and delay for each load; the targets hold for InfluxDB."""
    figures = [figure for cost in costs for figure in _of_load(engine, cost)]
    us = {cost.load: cost.store_us for cost in costs}
    often, much = Load(1, 100, 2), Load(1, 1_000, 2)
    if often in us and much in us:
        ratio = us[often] / us[much]
        note = f"{us[often]:.0f} µs, {us[much]:.0f} µs"
        figures.append(_figure("(j) InfluxDB's own CPU a value, 100/s to 1,000/s", ratio, "times", note, STORE_RATIO))
    return figures


def _of_load(engine: str, cost: Cost) -> list[Figure]:
    held_to = engine == "influxdb"
    share, p99_ms = (targets.get(cost.load) if held_to else None for targets in (CLOUD_SHARES, CLOUD_P99_MS))
    name = f"(j) cloud into {engine}, {cost.load}"
    note = f"{cost.us:.0f} µs a value, bare loop {cost.bare_us:.0f}"
    if cost.store_us:
        note += f"; InfluxDB {cost.store_us:.0f} µs, under the bare loop {cost.bare_store_us:.0f}"
    note += f"; {cost.writes_per_s:.1f} writes/s, {cost.peak_mb:.0f} MB"
    delays = f"p50 {cost.p50_ms:.0f} ms" + ("; the present hour's indices fell behind" if cost.behind else "")
    late = _figure(f"{name}: to the ack, p99", cost.p99_ms, "ms", delays, p99_ms)
    return [
        _figure(name, 100 * cost.share, "% of a core", note, None if share is None else 100 * share),
        late._replace(met=late.met and not cost.behind),
    ]


def edge_figures(run: EdgeTrickle) -> list[Figure]:
    """Share of a core, CPU a value, and at one rate the memory."""
    share = EDGE_SHARES.get(run.rate)
    note = (
        f"paho alone {100 * run.bare_share:.2f} %; {run.batches_per_s:.1f} batches/s, "
        f"{run.peak_mb:.0f} MB, {run.lost} lost"
    )
    name = f"(k) edge, {run.rate:,} messages/s of two values"
    figures = [
        _figure(name, 100 * run.share, "% of a core", note, None if share is None else 100 * share),
        Figure(f"(k) the same, CPU a value at {run.rate:,} messages/s", run.us_a_value, "µs"),
    ]
    if run.rate == MEMORY_AT:
        figures.append(_figure(f"{name}: peak memory", run.peak_mb, "MB", "100 readings a second", EDGE_MB))
    return figures


def _figure(what: str, amount: float, unit: str, beside: str, most: float | None) -> Figure:
    if most is None:
        return Figure(what, amount, unit, beside)
    return Figure(what, amount, unit, beside, f"≤ {most:g}", amount <= most)
