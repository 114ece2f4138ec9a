"""What the console of a large city costs: its pages, a page that stays open, fifty viewers, a thousand loads.

uvicorn with 1,000 sites, 1,000 gateways, 10,000 sensors at 2,000 readings/s, 100,000 alarms   ◄── httpx, real Chromium
"""

import asyncio
import re
import statistics
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import httpx
from playwright.sync_api import ViewportSize, sync_playwright

from bench.figures import Figure
from bench.processes import cpu_s
from tests.end_to_end.test_console import QUIET
from tests.servers import Program, free_port, require, wait_until
from tests.unit.cloud.console.served import PASSWORD

PAGES = {
    "situation": "/console/en",
    "wall": "/console/en/wall",
    "site": "/console/en/sites/s7",
    "alarms": "/console/en/alarms",
    "thresholds": "/console/en/thresholds",
    "fleet": "/console/en/fleet",
}
LOADS = 1_000
VIEWERS = 50
WATCH_S = 15.0
LOADED_S, ELEMENTS, SCREENS, LIVE_MS, MEMORY_MB, LEFT_MB = 1.5, 3_000, 4.0, 10.0, 500.0, 50.0
"""The targets."""
_DESK: ViewportSize = {"width": 1440, "height": 900}


class PageCost(NamedTuple):
    """One page: ms of the server, seconds in Chromium, its elements, its height in screens."""

    name: str
    server_ms: float
    loaded_s: float
    elements: int
    screens: float


def measure(folder: Path) -> list[Figure]:
    """Every figure, one after the other."""
    with _city(folder) as (program, client, cookies):
        pages = _pages(program, client, cookies)
        left = _left_after_loads(program, client)
        live = {name: _live_cost(program, client, PAGES[name]) for name in ("situation", "alarms", "fleet")}
        memory_mb, share = _viewers(program, client)
    figures = [figure for page in pages for figure in _page_figures(page)]
    figures += [_at_most(f"CPU of one open page: {name}", ms, "ms a second", LIVE_MS) for name, ms in live.items()]
    return [
        *figures,
        _at_most(f"memory after {LOADS:,} loads of the situation", left, "MB more", LEFT_MB),
        _at_most(f"memory with {VIEWERS} viewers, simulated city included", memory_mb, "MB", MEMORY_MB),
        Figure(f"(p) CPU of {VIEWERS} viewers of four pages, beside none open", share, "ms a second"),
    ]


def _at_most(what: str, amount: float, unit: str, most: float) -> Figure:
    return Figure(f"(p) {what}", amount, unit, "", f"≤ {most:.0f}", amount <= most)


@contextmanager
def _city(folder: Path) -> Iterator[tuple[Program, httpx.Client, list[dict[str, str]]]]:
    folder.mkdir()
    port = free_port()
    base = f"http://127.0.0.1:{port}"
    with (
        Program("served_city", [sys.executable, "-m", "bench.served_city", str(port), folder], folder) as program,
        httpx.Client(base_url=base, timeout=60) as client,
    ):
        wait_until(lambda: _is_up(program, client), "the large city is served", patience_s=120)
        client.post("/api/v1/session", json={"name": "operator", "password": PASSWORD}).raise_for_status()
        cookies = [{"name": name, "value": text, "url": base} for name, text in client.cookies.items()]
        yield program, client, cookies


def _is_up(program: Program, client: httpx.Client) -> bool:
    program.must_live()
    try:
        return client.get("/login").status_code == 200
    except httpx.TransportError:
        return False


def _pages(program: Program, client: httpx.Client, cookies: list[dict[str, str]]) -> list[PageCost]:
    found = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=require("chromium"), args=QUIET)
        for name, path in PAGES.items():
            client.get(path).raise_for_status()
            begun_s = cpu_s(_pid(program))
            for _ in range(20):
                client.get(path)
            server_ms = (cpu_s(_pid(program)) - begun_s) / 20 * 1_000
            context = browser.new_context(viewport=_DESK)
            context.add_cookies(cookies)  # type: ignore[arg-type]
            page = context.new_page()
            loads = []
            for _ in range(3):
                started_s = time.perf_counter()
                page.goto(f"{client.base_url}{path}", wait_until="load")
                loads.append(time.perf_counter() - started_s)
            elements = page.evaluate("document.querySelectorAll('*').length")
            height = page.evaluate("document.documentElement.scrollHeight")
            found.append(PageCost(name, server_ms, statistics.median(loads), elements, height / _DESK["height"]))
            context.close()
        browser.close()
    return found


def _page_figures(page: PageCost) -> list[Figure]:
    return [
        Figure(
            f"(p) {page.name}: complete in Chromium", page.loaded_s, "s", f"{page.server_ms:.1f} ms of the server",
            f"≤ {LOADED_S} s", page.loaded_s <= LOADED_S,
        ),
        Figure(
            f"(p) {page.name}: elements", page.elements, "elements", f"{page.screens:.1f} screens high",
            f"≤ {ELEMENTS:,}, ≤ {SCREENS:.0f} screens", page.elements <= ELEMENTS and page.screens <= SCREENS,
        ),
    ]  # fmt: skip


def _left_after_loads(program: Program, client: httpx.Client) -> float:
    for _ in range(100):
        client.get(PAGES["situation"])
    before = _held_mb(_pid(program))
    for _ in range(LOADS):
        client.get(PAGES["situation"])
    return _held_mb(_pid(program)) - before


def _live_cost(program: Program, client: httpx.Client, path: str) -> float:
    """ms of CPU a second that one open page adds."""
    idle = _cpu_ms_a_second(program)
    with client.stream("GET", path, headers={"Accept": "text/event-stream"}) as channel:
        next(channel.iter_bytes())
        return _cpu_ms_a_second(program) - idle


def _viewers(program: Program, client: httpx.Client) -> tuple[float, float]:
    """Memory of the process, and ms of CPU a second that fifty viewers add, each by a login of its own."""
    idle = _cpu_ms_a_second(program)
    paths = [PAGES[name] for name in ("situation", "alarms", "fleet", "wall")]

    async def watch() -> tuple[float, float]:
        async with httpx.AsyncClient(base_url=client.base_url, timeout=None) as viewers:  # noqa: S113 - stays open
            logins = [await _login(viewers) for _ in range(5)]
            channels = [
                asyncio.create_task(follow(viewers, paths[n % len(paths)], logins[n % len(logins)]))
                for n in range(VIEWERS)
            ]
            await asyncio.sleep(3)
            used = await asyncio.to_thread(_cpu_ms_a_second, program)
            held = _held_mb(_pid(program))
            for each in channels:
                each.cancel()
            await asyncio.gather(*channels, return_exceptions=True)
            return held, used - idle

    return asyncio.run(watch())


async def _login(client: httpx.AsyncClient) -> str:
    answer = await client.post("/api/v1/session", json={"name": "operator", "password": PASSWORD})
    answer.raise_for_status()
    client.cookies.clear()
    return answer.headers["set-cookie"].split(";")[0]


async def follow(client: httpx.AsyncClient, path: str, cookie: str) -> None:
    """Hold the live channel of a page open until cancelled."""
    headers = {"Accept": "text/event-stream", "Cookie": cookie}
    async with client.stream("GET", path, headers=headers) as channel:
        async for _piece in channel.aiter_bytes():
            pass


def _cpu_ms_a_second(program: Program) -> float:
    begun_s = cpu_s(_pid(program))
    time.sleep(WATCH_S)
    return (cpu_s(_pid(program)) - begun_s) / WATCH_S * 1_000


def _held_mb(pid: int) -> float:
    found = re.search(r"VmRSS:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    return int(found[1]) * 1_024 / 1e6 if found else 0.0


def _pid(program: Program) -> int:
    assert program.process is not None
    return program.process.pid
