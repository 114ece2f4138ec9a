"""(q) Ingest and screens apart in a large city: how long a start takes, and what fifty viewers cost ingest.

sender, 2,000 readings/s ─► Mosquitto ─► siaga-cloud ingest ─► store      CPU of ingest a reading, 50 clients on …
                                               └ feed.sock ─► siaga-cloud web ◄── 50 clients      … a bare server; … web
1,000 sites, 1,000 gateways, 10,000 sensors. A start is over when its first reading is acknowledged.
"""

import asyncio
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import httpx

from bench.cloud_trickle import BROKER
from bench.console import PAGES, VIEWERS, follow
from bench.figures import Figure
from bench.look_back import wait_for_the_look_back
from bench.processes import cpu_s, peak_mb
from bench.settings import cloud_settings
from bench.trickle_load import VALUES, Load, Sender, city
from tests.people import token_in, user_in
from tests.servers import Program, free_port, mosquitto, siaga_cloud, wait_until
from tests.unit.cloud.console.served import PASSWORD

SITES, SENSORS_EACH = 1_000, 10
SERIES = tuple((f"s{n}", list(VALUES)[n % len(VALUES)]) for n in range(SENSORS_EACH))
LOAD = Load(SITES, 200, SENSORS_EACH)
MEASURED_S, SETTLE_S, AGAIN_S = 20.0, 3.0, 0.25
START_S, MORE, MEMORY_MB = 10.0, 0.10, 500.0
"""The targets."""
LOGINS = 5
"""Ten channels each: one login may hold no more than twenty open."""
_PAGES = ("situation", "alarms", "fleet", "wall")


class Apart(NamedTuple):
    """Seconds of a start; µs of CPU of ingest for a reading, clients on a bare server and on the screens; MB of web."""

    first_start_s: float
    next_start_s: float
    bare_us: float
    viewed_us: float
    web_mb: float


def measure(folder: Path, store: str) -> Apart:
    """Run the city on the `[store]` settings `store`."""
    folder.mkdir()
    port, own_port, web_port, bare_port = (free_port() for _ in range(4))
    settings = folder / "cloud.toml"
    (folder / "city.toml").write_text(city(SITES, SERIES))
    feed = f'[feed]\nsocket = "feed.sock"\nport = {own_port}\n'
    settings.write_text(cloud_settings(port, web_port, store) + feed)
    token = token_in(folder)
    user_in(folder, "operator", "operator", PASSWORD)
    bare = Program("bare", [sys.executable, "-m", "bench.bare_channels", str(bare_port)], folder, port=bare_port)
    with mosquitto(folder, port, settings=BROKER):
        sender = Sender(port, SERIES)
        with siaga_cloud(folder, settings, name="ingest", command="ingest") as ingest:
            first_s = _first_stored(sender, ingest)
        with (
            siaga_cloud(folder, settings, name="ingest", command="ingest") as ingest,
            bare,
            siaga_cloud(folder, settings, name="web", port=web_port, command="web") as web,
        ):
            next_s = _first_stored(sender, ingest)
            wait_for_the_look_back(web_port, token)
            with _clients(bare_port, [""]):
                bare_us = _us_a_reading(sender, ingest)
            with _clients(web_port, [_login(web_port) for _ in range(LOGINS)]):
                viewed_us = _us_a_reading(sender, ingest)
            web_mb = peak_mb(_pid(web))
        sender.stop()
    return Apart(first_s, next_s, bare_us, viewed_us, web_mb)


def figures(engine: str, taken: Apart) -> list[Figure]:
    """The rows of the table."""
    name, more = f"(q) {SITES:,} sites, {SITES * SENSORS_EACH:,} sensors, {engine}", taken.viewed_us / taken.bare_us - 1
    note = f"the very first start {taken.first_start_s:.1f} s"
    return [
        Figure(
            f"{name}: start of ingest to first stored reading", taken.next_start_s, "s", note, f"≤ {START_S:.0f}",
            taken.next_start_s <= START_S,
        ),
        Figure(
            f"{name}: CPU of ingest at 2,000 readings/s, {VIEWERS} viewers", taken.viewed_us, "µs a reading",
            f"{more:+.0%} beside {taken.bare_us:.0f} with the same clients on a bare server",
            f"≤ +{MORE:.0%}", more <= MORE,
        ),
        Figure(
            f"{name}: peak memory of web with them", taken.web_mb, "MB", "", f"≤ {MEMORY_MB:.0f}",
            taken.web_mb <= MEMORY_MB,
        ),
    ]  # fmt: skip


def _first_stored(sender: Sender, ingest: Program) -> float:
    """Seconds from the start of `ingest`, which was just now, until a reading is acknowledged."""
    began_s, acks = time.perf_counter(), sender.acks
    while sender.acks == acks:
        ingest.must_live()
        sender.send(0, SENSORS_EACH)
        time.sleep(AGAIN_S)
    took_s = time.perf_counter() - began_s
    sender.forget()  # what came before ingest had ever subscribed has gone to nobody
    return took_s


def _us_a_reading(sender: Sender, ingest: Program) -> float:
    sender.run(LOAD, SETTLE_S)
    sender.wait()
    before = cpu_s(_pid(ingest))
    sent = sender.run(LOAD, MEASURED_S)
    sender.wait()
    return (cpu_s(_pid(ingest)) - before) / (sent * SENSORS_EACH) * 1e6


def _login(port: int) -> str:
    """The cookie of somebody who looks."""
    address, body = f"http://127.0.0.1:{port}/api/v1/session", {"name": "operator", "password": PASSWORD}
    wait_until(lambda: httpx.get(f"http://127.0.0.1:{port}/login", timeout=20).is_success, "the screens are served")
    answer = httpx.post(address, json=body, timeout=20)
    answer.raise_for_status()
    return answer.headers["set-cookie"].split(";")[0]


@contextmanager
def _clients(port: int, cookies: Sequence[str]) -> Iterator[None]:
    """With all viewers on live channels of the server at `port`; RuntimeError where one has lost its channel."""
    stopping, broken = threading.Event(), list[object]()

    async def watch() -> None:
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=None) as client:  # noqa: S113 - stays open
            paths = [PAGES[name] for name in _PAGES]
            tasks = [
                asyncio.create_task(follow(client, paths[n % len(paths)], cookies[n % len(cookies)]))
                for n in range(VIEWERS)
            ]
            await asyncio.to_thread(stopping.wait)
            for task in tasks:
                task.cancel()
            ended = await asyncio.gather(*tasks, return_exceptions=True)
            broken.extend(each for each in ended if not isinstance(each, asyncio.CancelledError))

    watching = threading.Thread(target=asyncio.run, args=(watch(),))
    watching.start()
    time.sleep(SETTLE_S)
    try:
        yield
    finally:
        stopping.set()
        watching.join()
    if broken:
        raise RuntimeError(f"{len(broken)} of {VIEWERS} clients lost their channel, such as {broken[0]!r}")


def _pid(program: Program) -> int:
    if program.process is None:
        raise RuntimeError(f"{program.name} does not run")
    return program.process.pid
