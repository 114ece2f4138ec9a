"""(j) The cloud at a trickle: small live batches from one gateway and from many, into InfluxDB or SQLite.

sender ─► Mosquitto ─┬► cloud ─► store              a batch that is acknowledged is durable: that is its delay
                     └► then a bare loop ─► store   the same loads once more: what the cloud's share is measured by
A city of 1, 10, 100 and 1,000 sites, a gateway at each, left alone until a start's look back on two days is over.
"""

import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import httpx

from bench.look_back import derived_says, wait_for_the_look_back
from bench.processes import cpu_s, peak_mb
from bench.settings import cloud_settings
from bench.trickle_load import Load, Sender, city
from tests.people import bearer, token_in
from tests.servers import Program, free_port, mosquitto, siaga_cloud, wait_until

WARM_S, MEASURED_S, MEASURED_BARE_S = 2.0, 10.0, 5.0
BROKER = "allow_anonymous true\nmax_queued_messages 0\nmax_inflight_messages 1000"


class Cost(NamedTuple):
    """What a load took: share of a core, µs of CPU a value of the cloud and of its store, delays to the ack.

    `bare_us` and `bare_store_us`: the same of the bare loop on the same load. `behind`: the present hour's indices were
    older than 60 s at some time.
    """

    load: Load
    share: float
    us: float
    store_us: float
    bare_us: float
    bare_store_us: float
    p50_ms: float
    p99_ms: float
    writes_per_s: float
    peak_mb: float
    behind: bool


ONE_GATEWAY = (Load(1, 1, 2), Load(1, 10, 2), Load(1, 100, 2), Load(1, 1_000, 2))
MANY = ((Load(10, 10, 10),), (Load(100, 100, 10),), (Load(1_000, 1_000, 10), Load(1_000, 1_000, 12)))
"""Loads by city."""


def measure(folder: Path, store: str, server: Program | None, loads: Sequence[Load]) -> list[Cost]:
    """What each of `loads` takes in the city of their gateways, on the `[store]` settings `store`, kept by `server`."""
    city_of_them = City(folder, loads[0].gateways, store, server)
    with city_of_them.running() as sender:
        return city_of_them.costs(sender, loads)


class City:
    """A broker and a cloud of `gateways`, on the `[store]` settings `store`, kept by `server`."""

    def __init__(self, folder: Path, gateways: int, store: str, server: Program | None) -> None:
        folder.mkdir()
        self._folder, self._server = folder, server
        self._port, self._api_port = free_port(), free_port()
        (folder / "city.toml").write_text(city(gateways))
        (folder / "cloud.toml").write_text(cloud_settings(self._port, self._api_port, store))
        self._token = token_in(folder)
        self._broker = mosquitto(folder, self._port, settings=BROKER)
        self._cloud = siaga_cloud(folder, folder / "cloud.toml", port=self._api_port)

    @contextmanager
    def running(self) -> Iterator[Sender]:
        """With the broker alone."""
        with self._broker:
            sender = Sender(self._port)
            yield sender
            sender.stop()

    def costs(self, sender: Sender, loads: Sequence[Load]) -> list[Cost]:
        """What each load takes, first of the cloud and then of the bare loop."""
        with self._cloud:
            self._settle()
            ours = [self._under(load, sender, self._cloud) for load in loads]
        with self._bare() as bare:
            wait_until(lambda: "ready" in bare.tail(), "the bare loop listens")
            limits = [self._under(load, sender, bare) for load in loads]
        return [
            cost._replace(bare_us=limit.us, bare_store_us=limit.store_us)
            for cost, limit in zip(ours, limits, strict=True)
        ]

    def _settle(self) -> None:
        """Wait until the start's look back is over."""
        wait_until(lambda: "connected to broker" in self._cloud.tail(400), "the cloud subscribes", patience_s=120)
        wait_for_the_look_back(self._api_port, self._token)

    def _under(self, load: Load, sender: Sender, taker: Program) -> Cost:
        is_ours = taker is self._cloud
        sender.run(load, WARM_S)
        self._wait(sender, is_ours=is_ours)
        pids = [_pid(program) for program in (taker, self._server) if program is not None]
        before, writes, began_s = [cpu_s(pid) for pid in pids], self._writes() if is_ours else 0.0, time.monotonic()
        sender.delays_ms.clear()
        sent = sender.run(load, MEASURED_S if is_ours else MEASURED_BARE_S)
        self._wait(sender, is_ours=is_ours)
        used = [cpu_s(pid) - first for pid, first in zip(pids, before, strict=True)]
        took_s, values = time.monotonic() - began_s, sent * load.readings_each
        delays = sorted(sender.delays_ms) or [0.0]
        return Cost(
            load=load,
            share=used[0] / took_s,
            us=used[0] / values * 1e6,
            store_us=used[1] / values * 1e6 if len(used) > 1 else 0.0,
            bare_us=0.0,
            bare_store_us=0.0,
            p50_ms=delays[len(delays) // 2],
            p99_ms=delays[len(delays) * 99 // 100],
            writes_per_s=(self._writes() - writes) / took_s if is_ours else 0.0,
            peak_mb=peak_mb(pids[0]),
            behind=is_ours and "behind" in derived_says(self._api_port, self._token),
        )

    def _wait(self, sender: Sender, *, is_ours: bool) -> None:
        """Wait for the acks; the bare loop sends none, and has long written what it was sent."""
        if is_ours:
            sender.wait()
        else:
            sender.forget()

    def _bare(self) -> Program:
        to = f"influxdb:{self._server.port}" if self._server is not None else f"sqlite:{self._folder / 'bare.db'}"
        return Program("bare", [sys.executable, "-m", "bench.bare_ingester", str(self._port), to], self._folder)

    def _writes(self) -> float:
        text = self._ask("/metrics").text
        return next(
            float(line.split()[-1]) for line in text.splitlines() if line.startswith("siaga_store_write_seconds_count")
        )

    def _ask(self, path: str) -> httpx.Response:
        return httpx.get(f"http://127.0.0.1:{self._api_port}{path}", headers=bearer(self._token), timeout=20)


def _pid(program: Program) -> int:
    assert program.process is not None
    return program.process.pid
