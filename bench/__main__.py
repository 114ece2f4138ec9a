"""make bench: every figure in one run, one after the other, written to bench/RESULTS.md with its ratio and target.

python -m bench --only jk        some parts, to look at: the table is printed, and RESULTS.md stays
"""

import argparse
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Mapping
from itertools import islice
from pathlib import Path

from bench import (
    alarms,
    city_start,
    cloud_trickle,
    console,
    drain,
    edge,
    edge_start,
    edge_trickle,
    engine,
    families,
    ingest,
    ingesters,
    latency,
    limit,
    preview,
    screens_apart,
    year,
)
from bench.cloud_trickle import MANY, ONE_GATEWAY
from bench.figures import Figure, machine, table
from bench.lines_and_batches import READINGS_EACH, lines, payloads
from bench.trickle_figures import cloud_figures, edge_figures
from tests.servers import free_port, influxd, postgresql
from wire.topics import SHARDS

RESULTS = Path(__file__).parent / "RESULTS.md"
BATCHES_EACH = 150
REPEATS = 3


def main() -> None:
    """Measure all, print the table and keep it; with `--only`, some parts, and the table is printed alone."""
    arguments = argparse.ArgumentParser(prog="python -m bench", description=main.__doc__)
    arguments.add_argument("--only", metavar="PARTS", help=f"letters of the parts to measure, of {''.join(PARTS)}")
    only = arguments.parse_args().only
    if unknown := set(only or "") - PARTS.keys():
        arguments.error(f"--only: there is no part {', '.join(sorted(unknown))}; the parts are {' '.join(PARTS)}")
    t0_ms = (time.time_ns() // 1_000_000 // 86_400_000 - 2) * 86_400_000
    with tempfile.TemporaryDirectory(prefix="siaga-bench-") as folder:
        measured = dict.fromkeys(PARTS[letter] for letter in only or PARTS)
        figures = [figure for measure in measured for figure in measure(Path(folder), t0_ms)]
    text = table(figures)
    print(text)
    if only is None:
        RESULTS.write_text(_page(text), encoding="utf-8")


def _say(text: str) -> None:
    print(f"… {text}", file=sys.stderr, flush=True)


def _ingest(folder: Path, t0_ms: int) -> list[Figure]:
    batches = list(payloads(BATCHES_EACH, t0_ms))
    readings = READINGS_EACH * len(batches)
    bodies = _bodies(t0_ms)
    port = free_port()
    one: list[float] = []
    two: list[float] = []
    shares: list[float] = []
    runs: dict[str, list[ingest.Ingest]] = {"influxdb": [], "sqlite": []}

    def bare(connections: int) -> float:
        _say(f"bare HTTP loop, {connections} connection(s)")
        return limit.readings_per_s(port, "bare", bodies, readings, connections=connections)

    def ours(engine: str, repeat: int) -> float:
        _say(f"ingest path into {engine}, run {repeat + 1} of {REPEATS}")
        runs[engine].append(ingest.measure(folder / f"{engine}-{repeat}", _stores(port)[engine], batches))
        return runs[engine][-1].readings_per_s

    with influxd(folder, port):
        for repeat in range(REPEATS):
            two.append(bare(2))
            limit.make_database(port, "siaga")
            before, rate = bare(1), ours("influxdb", repeat)
            if limit.count(port, "siaga") != readings // 3:
                raise RuntimeError("InfluxDB does not hold every reading of the ingest run")
            around = [before, bare(1)]  # a machine is not as fast all the time: each run has its own limit
            shares.append(rate / statistics.mean(around))
            one += around
            ours("sqlite", repeat)
    return _ingest_figures(statistics.median(one), statistics.median(two), statistics.median(shares), runs)


def _ingest_figures(one: float, two: float, share: float, runs: Mapping[str, list[ingest.Ingest]]) -> list[Figure]:
    rate = {engine: statistics.median(run.readings_per_s for run in each) for engine, each in runs.items()}
    cpu_us = {engine: statistics.median(run.cpu_us_a_reading for run in each) for engine, each in runs.items()}
    return [
        Figure("(a) limit: bare HTTP loop into InfluxDB", one, "readings/s"),
        Figure("(a) two such loops at once", two, "readings/s", f"{two / one:.0%} of the limit"),
        Figure(
            "(b) ingest path into InfluxDB", rate["influxdb"], "readings/s",
            f"{share:.0%} of the limit, {rate['influxdb'] / two:.0%} of two loops", "≥ 60 % of the limit", share >= 0.6,
        ),
        Figure("(b) CPU of the cloud into InfluxDB", cpu_us["influxdb"], "µs a reading"),
        Figure("(b) ingest path into SQLite", rate["sqlite"], "readings/s", f"{rate['sqlite'] / one:.0%} of the limit"),
        Figure("(b) CPU of the cloud into SQLite", cpu_us["sqlite"], "µs a reading"),
        Figure("(b) peak memory of the cloud", max(run.peak_mb for run in runs["influxdb"]), "MB"),
    ]  # fmt: skip


def _cloud_trickle(folder: Path, _t0_ms: int) -> list[Figure]:
    port = free_port()
    stores = _stores(port)
    figures = []
    with influxd(folder, port, name="influxd-trickle") as server:
        for engine, cities in (("influxdb", (ONE_GATEWAY, *MANY)), ("sqlite", MANY)):
            costs = []
            for loads in cities:
                _say(f"the cloud at a trickle into {engine}: {'; '.join(map(str, loads))}")
                if engine == "influxdb":
                    limit.make_database(port, "siaga")
                where = folder / f"trickle-{engine}-{loads[0].gateways}"
                costs += cloud_trickle.measure(where, stores[engine], server if engine == "influxdb" else None, loads)
            figures += cloud_figures(engine, costs)
    return figures


def _city_start(folder: Path, _t0_ms: int) -> list[Figure]:
    port = free_port()
    figures = []
    with influxd(folder, port, name="influxd-city"):
        for engine, store in _stores(port).items():
            _say(f"a city of {city_start.SITES:,} sites into {engine}")
            figures += city_start.figures(engine, city_start.measure(folder / f"city-{engine}", store))
    return figures


def _drain(folder: Path, _t0_ms: int) -> list[Figure]:
    port = free_port()
    with influxd(folder, port, name="influxd-drain"):
        _say("a spool of 72 hours without a link is filled, and drained into influxdb")
        return drain.figures(drain.measure(folder / "drain", _stores(port)["influxdb"]))


def _console(folder: Path, _t0_ms: int) -> list[Figure]:
    _say("the console of a city of 1,000 sites, 1,000 gateways, 10,000 sensors and 100,000 alarms")
    return console.measure(folder / "console")


def _screens_apart(folder: Path, _t0_ms: int) -> list[Figure]:
    port = free_port()
    figures = []
    with influxd(folder, port, name="influxd-apart"):
        for engine, store in _stores(port).items():
            _say(f"ingest and screens apart into {engine}")
            figures += screens_apart.figures(engine, screens_apart.measure(folder / f"apart-{engine}", store))
    return figures


def _bodies(t0_ms: int) -> list[str]:
    every = lines(BATCHES_EACH, t0_ms)
    return list(iter(lambda: "\n".join(islice(every, limit.LINES_A_WRITE)), ""))


def _stores(port: int) -> dict[str, str]:
    return {
        "influxdb": f'engine = "influxdb"\napi = "v1"\nurl = "http://127.0.0.1:{port}"\ndatabase = "siaga"',
        "sqlite": 'engine = "sqlite"\npath = "readings.db"',
    }


def _edge(folder: Path, _t0_ms: int) -> list[Figure]:
    _say("edge, MQTT path, and its limit")
    bare_us = statistics.median(edge.bare_cpu_us_a_reading(folder / f"bare-{repeat}") for repeat in range(REPEATS))
    runs = [edge.measure(folder / f"edge-{repeat}") for repeat in range(REPEATS)]
    cpu_us = statistics.median(run.cpu_us_a_reading for run in runs)
    memory_mb = max(run.peak_mb for run in runs)
    lost = sum(run.lost for run in runs)
    return [
        Figure("(c) limit: paho alone, two values a message, nothing kept", bare_us, "µs a reading"),
        Figure(
            "(c) CPU of the edge on the same messages", cpu_us, "µs a reading",
            f"{cpu_us / bare_us:.1f} times the limit",
            "≤ 40", cpu_us <= 40,
        ),
        Figure("(c) peak memory of the edge", memory_mb, "MB", "", "≤ 45", memory_mb <= 45),
        Figure("(c) readings lost", lost, f"of {2 * edge.MESSAGES * REPEATS:,}", "", "0", lost == 0),
    ]  # fmt: skip


def _edge_trickle(folder: Path, _t0_ms: int) -> list[Figure]:
    figures = []
    for rate in edge_trickle.RATES:
        _say(f"edge at {rate:,} messages/s for {edge_trickle.SECONDS} s")
        figures += edge_figures(edge_trickle.measure(folder / f"edge-trickle-{rate}", rate))
    return figures


def _edge_start(folder: Path, _t0_ms: int) -> list[Figure]:
    _say("starts of the edge, with an empty spool and with one of 72 hours")
    return edge_start.figures(folder / "edge-start")


def _latency(folder: Path, _t0_ms: int) -> list[Figure]:
    port = free_port()
    figures = []
    with influxd(folder, port, name="influxd-latency"):
        for engine, store in _stores(port).items():
            _say(f"latency at 1,000 readings/s into {engine}")
            taken = latency.measure(folder / f"latency-{engine}", store)
            figures += [
                Figure(f"(d) tty to durable row in {engine}, p50", taken.p50_ms, "ms"),
                Figure(
                    f"(d) tty to durable row in {engine}, p99", taken.p99_ms, "ms",
                    f"{taken.timed:,} readings timed of {taken.sent:,}", "≤ 300", taken.p99_ms <= 300,
                ),
            ]  # fmt: skip
    return figures


def _bytes_a_reading(_folder: Path, t0_ms: int) -> list[Figure]:
    sizes = [len(payload) / READINGS_EACH for _, payload in payloads(2, t0_ms)]
    worst = max(sizes)
    return [
        Figure(
            f"(e) bytes on the wire, {READINGS_EACH} readings a batch", worst, "B a reading", "80 as keyed JSON", "≤ 5",
            worst <= 5,
        )
    ]  # fmt: skip


def _alarms(folder: Path, _t0_ms: int) -> list[Figure]:
    _say(f"crossings on a tty with {alarms.RULES:,} rules and {alarms.LOAD_PER_S:,} readings/s")
    runs = [alarms.measure(folder / f"alarms-{repeat}") for repeat in range(REPEATS)]
    p99_ms, load_per_s = max(run.p99_ms for run in runs), min(run.load_per_s for run in runs)
    return [
        Figure("(f) tty to accepted notification, p50", statistics.median(run.p50_ms for run in runs), "ms"),
        Figure(
            "(f) tty to accepted notification, p99, worst run", p99_ms, "ms",
            f"{alarms.RULES:,} rules, {load_per_s:,.0f} readings/s beside it, {REPEATS} x {alarms.CROSSINGS} crossings",
            "≤ 500", p99_ms <= 500,
        ),
        Figure(
            "(f) CPU of the cloud meanwhile", 100 * statistics.median(run.cpu_share for run in runs), "% of a core"
        ),
    ]  # fmt: skip


def _engine(_folder: Path, _t0_ms: int) -> list[Figure]:
    _say("evaluations of the engine")
    rate = statistics.median(engine.evaluations_per_s() for _ in range(REPEATS))
    return [Figure("(g) evaluations of the alarm engine, one core", rate, "a second", "", "≥ 100,000", rate >= 100_000)]


def _preview(folder: Path, _t0_ms: int) -> list[Figure]:
    _say("a preview over 30 days")
    took_s = statistics.median(preview.seconds(folder / f"preview-{repeat}") for repeat in range(REPEATS))
    beside = f"{2 * preview.MINUTES / took_s:,.0f} readings through the engine a second"
    return [Figure("(h) preview of a rule over 30 days, a reading a minute", took_s, "s", beside, "< 1", took_s < 1)]


def _year(folder: Path, _t0_ms: int) -> list[Figure]:
    port = free_port()
    with influxd(folder, port, name="influxd-year"):
        _say(f"charts of a year, a reading a minute, {year.POINTS:,} pixels wide")
        taken = {"influxdb": year.of_influx(port), "sqlite": year.of_sqlite(folder / "year")}
    return [
        Figure(
            f"(y) a chart of a year of one-minute data from {engine}", 1_000 * each.chart_s, "ms",
            f"{each.points} buckets; {1_000 * each.worst_s:.0f} ms at worst; its past filled in {each.fill_s:.0f} s",
            "≤ 300", each.chart_s <= 0.3,
        )
        for engine, each in taken.items()
    ]  # fmt: skip


def _ingesters(folder: Path, t0_ms: int) -> list[Figure]:
    batches = list(payloads(BATCHES_EACH, t0_ms))
    runs: dict[int, list[ingest.Ingest]] = {1: [], 2: []}
    ranges = {1: [f"0-{SHARDS - 1}"], 2: ingesters.halves()}
    with (
        influxd(folder, free_port(), name="influxd-ingesters") as store,
        postgresql(folder, free_port()) as registry,
    ):
        for repeat in range(REPEATS):
            for count, shards in ranges.items():
                _say(f"{count} ingester(s), run {repeat + 1} of {REPEATS}")
                limit.make_database(store.port or 0, "siaga")
                where = folder / f"ingesters-{count}-{repeat}"
                runs[count].append(ingesters.measure(where, store, registry, shards, batches))
    one, two = (sorted(runs[count], key=lambda run: run.readings_per_s)[REPEATS // 2] for count in (1, 2))
    ratio = two.readings_per_s / one.readings_per_s
    return [
        Figure("(i) one ingester, registry in PostgreSQL", one.readings_per_s, "readings/s", _cores(one)),
        Figure(
            "(i) two ingesters with half of the gateways each", two.readings_per_s, "readings/s",
            f"{ratio:.2f} times one; {_cores(two)}",
        ),
    ]  # fmt: skip


def _cores(run: ingest.Ingest) -> str:
    return (
        f"cores busy: ingest {run.cores:.2f}, InfluxDB {run.store_cores:.2f}, "
        f"all {run.all_cores:.2f} of {os.cpu_count()}"
    )


def _page(text: str) -> str:
    return f"""# Measured by `make bench`
On {machine()}, everything on that one machine: load, brokers, InfluxDB 1.x and Siaga share its cores.
Medians of {REPEATS} runs where a run is repeated, memory the highest of them. The limit in (a) is the same readings as
line protocol, written by a bare HTTP loop; the ingest path in (b) starts with batches queued on a real Mosquitto and
ends with the last ack, which follows the durable write. The limit is measured right before and right after each run of
(b) into InfluxDB: the share of the limit is the median of what each run was of its own.

{text}

In (j) a batch is live and goes to the ack, which follows the durable row; the bare loop is paho, the decoder of batches
and one write of all that has come, at most 9 a second, with nothing checked, judged, accounted or acknowledged. In (k)
paho alone gets the same messages at the same time, decodes them and keeps nothing: the limit of that run.
(e) is the batch's payload; MQTT adds about 45 bytes of topic and header to each batch. In (i) the load stands at the
broker when it begins, as in (b), and the registry forces nothing to disk; the cores beside it say what the limit was.
"""


def _families(_folder: Path, _t0_ms: int) -> list[Figure]:
    _say("each family of sensors reads a million bytes of its line")
    return list(families.figures())


PARTS = {
    "a": _ingest, "b": _ingest, "c": _edge, "d": _latency, "e": _bytes_a_reading, "f": _alarms, "g": _engine,
    "h": _preview, "i": _ingesters, "j": _cloud_trickle, "k": _edge_trickle, "l": _city_start,
    "m": _families, "n": _drain, "o": _edge_start, "p": _console, "q": _screens_apart, "y": _year,
}  # fmt: skip
"""What measures each part; two letters of one are one run."""

if __name__ == "__main__":
    main()
