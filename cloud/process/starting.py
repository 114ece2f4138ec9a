"""A start, step by step: what passes by itself is waited out, and the log, systemd and health say for what.

settings ─► port ─► city file ─► registry database ─► shards ─► … ─► up
   └── a file is away, a port is held, a database is not up yet, a disk is full: log, systemd's status, health

A mistake that a new start would find again ends the process instead, with exit code 2: see `cloud/cli/main.py`.
"""

import asyncio
import contextlib
import logging
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import TypeVar

from cloud.process.systemd_notifier import SystemdNotifier
from runtime.backoff import Backoff, retry
from runtime.sd_notify import show_status

FIRST_S, LONGEST_S = 0.5, 8.0
REPEAT_S = 60.0
"""How often the log repeats the same problem."""
HEAD_S = 5.0
MOST_HEAD_BYTES = 8_192

_log = logging.getLogger(__name__)
_DOWN = b'{"status":"down","newest_age_s":{},"components":{"start":{"status":"down","detail":""}}}'
_ANSWER = b"HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/json\r\nConnection: close\r\n"
T = TypeVar("T")


class Stopped(Exception):
    """The process was asked to end while it waited."""


class Start:
    """The steps of one start, until `stop` is set."""

    def __init__(self, stop: asyncio.Event, *, pause_s: tuple[float, float] = (FIRST_S, LONGEST_S)) -> None:
        self.stop = stop
        self.reload = asyncio.Event()
        """Set by SIGHUP; where the start is under way, the files are read once more when it is up."""
        self.systemd = SystemdNotifier()
        self.waits_for = ""
        """The problem that it waits out now, one sentence; empty while it waits for nothing."""
        self.listener: socket.socket | None = None
        """The port of the API: while the start waits, health answers on it that the cloud is down."""
        self._pause_s = pause_s
        self._reported_s = 0.0

    async def step(self, work: Callable[[], Awaitable[T]], *, passing: tuple[type[Exception], ...]) -> T:
        """Do `work` until it succeeds; exceptions in `passing` are retried. Stopped where the process is to end."""
        async with contextlib.AsyncExitStack() as page:
            is_shown = False

            async def rest(pause_s: float) -> None:
                nonlocal is_shown
                if not is_shown:
                    await page.enter_async_context(_page(self.listener))
                is_shown = True
                await self._sleep(pause_s)

            outcome = await retry(
                work,
                passing=passing,
                wait_s=Backoff(*self._pause_s).wait_s,
                on_failure=lambda error: self._report(str(error)),
                sleep=rest,
            )
            self.waits_for = ""
            return outcome

    def _report(self, problem: str) -> None:
        now_s = asyncio.get_running_loop().time()
        sentence = "; ".join(problem.splitlines())
        if sentence != self.waits_for or now_s - self._reported_s >= REPEAT_S:
            _log.warning("the start waits: %s", sentence)
            show_status(f"waits: {sentence}")
            self._reported_s = now_s
        self.waits_for = sentence

    async def _sleep(self, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self.stop.wait()
            raise Stopped


@contextlib.asynccontextmanager
async def _page(listener: socket.socket | None) -> AsyncIterator[None]:
    """Answer every request on `listener` with 503, down, until the start goes on."""
    if listener is None:
        yield
        return
    server = await asyncio.start_server(_answer, sock=listener.dup(), limit=MOST_HEAD_BYTES)
    try:
        yield
    finally:
        server.close()


async def _answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
        async with asyncio.timeout(HEAD_S):
            await reader.readuntil(b"\r\n\r\n")
            writer.write(_ANSWER + f"Content-Length: {len(_DOWN)}\r\n\r\n".encode() + _DOWN)
            await writer.drain()
    writer.close()
