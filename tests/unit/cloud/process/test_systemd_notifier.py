"""What systemd is told of the cloud, on a real socket of datagrams: ready once it serves, fed while it does."""

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from cloud.process import systemd_notifier
from cloud.process.systemd_notifier import SystemdNotifier


class Systemd:
    """What systemd has heard."""

    def __init__(self, listening: socket.socket) -> None:
        self._listening = listening
        self.words: list[str] = []

    def hear(self) -> list[str]:
        try:
            while True:
                self.words.append(self._listening.recv(2_000).decode())
        except BlockingIOError:
            return self.words

    async def hears(self, word: str) -> None:
        async with asyncio.timeout(20):
            while not any(word in each for each in self.hear()):
                await asyncio.sleep(0.01)


@pytest.fixture
def systemd(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Systemd]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind(str(tmp_path / "notify"))
        listening.setblocking(False)
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
        monkeypatch.setenv("WATCHDOG_USEC", "200000")
        monkeypatch.setattr(systemd_notifier, "PAGE_S", 0.2)
        yield Systemd(listening)


class Pages:
    """A port at which pages are answered, until they hang."""

    def __init__(self) -> None:
        self.hang = False
        self.asked = 0

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        self.asked += 1
        if not self.hang:
            writer.write(b"HTTP/1.1 503 Service Unavailable\r\n\r\n")
        else:
            await asyncio.sleep(1)
        writer.close()


@asynccontextmanager
async def reporting(report: SystemdNotifier, pages: Pages) -> AsyncIterator[asyncio.Event]:
    stopping = asyncio.Event()
    server = await asyncio.start_server(pages.answer, "127.0.0.1")
    report.listener = server.sockets[0]._sock  # type: ignore[attr-defined]
    task = asyncio.create_task(report.run(stopping))
    try:
        yield stopping
    finally:
        stopping.set()
        await task
        server.close()


async def test_it_is_ready_when_it_serves_and_the_start_may_take_long(systemd: Systemd):
    report, pages, up = SystemdNotifier(), Pages(), asyncio.Event()
    report.is_up = up.is_set
    async with reporting(report, pages) as stopping:
        await systemd.hears("EXTEND_TIMEOUT_USEC=120000000")
        assert not any("READY" in word or "WATCHDOG" in word for word in systemd.hear())
        up.set()
        await systemd.hears("READY=1\nSTATUS=up")
        assert pages.asked == 1
        await systemd.hears("WATCHDOG=1")
        stopping.set()
        await systemd.hears("STOPPING=1")


async def test_it_is_not_ready_while_no_page_is_answered(systemd: Systemd):
    report, pages = SystemdNotifier(), Pages()
    report.is_up = lambda: True
    pages.hang = True
    async with reporting(report, pages):
        await systemd.hears("STATUS=hangs: no page was answered within 0.2 s")
        assert not any("READY" in word for word in systemd.hear())
        pages.hang = False
        await systemd.hears("READY=1")


@pytest.mark.parametrize("what", ["page", "ingest"])
async def test_what_hangs_is_told_and_starves_the_watchdog_until_it_is_over(systemd: Systemd, what: str):
    report, pages, problem = SystemdNotifier(), Pages(), [""]
    report.is_up, report.hanging = lambda: True, lambda: problem[0]
    async with reporting(report, pages):
        await systemd.hears("WATCHDOG=1")
        pages.hang = what == "page"
        problem[0] = "ingest: nothing has become safe for 700 s" if what == "ingest" else ""
        await systemd.hears("STATUS=hangs: ")
        systemd.words.clear()
        await systemd.hears("STATUS=hangs: ")
        assert not any("WATCHDOG" in word for word in systemd.hear())
        pages.hang, problem[0] = False, ""
        await systemd.hears("STATUS=up")
        await systemd.hears("WATCHDOG=1")


async def test_without_systemd_nothing_is_asked(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("NOTIFY_SOCKET", raising=False)
    pages = Pages()
    report = SystemdNotifier()
    report.is_up = lambda: True
    async with reporting(report, pages):
        await asyncio.sleep(0)
    assert not pages.asked
