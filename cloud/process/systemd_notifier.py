"""What systemd is told of the cloud, where it started it:  READY, WATCHDOG, STOPPING.

it starts, and waits for something away     ──► EXTEND_TIMEOUT_USEC      its loop hangs ──► nothing: a start anew
a page is answered, and ingest has begun    ──► READY=1
a page is answered, and ingest is at work   ──► WATCHDOG=1               a broker, store or database that is away: fed
something hangs                             ──► nothing, and why

A new start mends what hangs and nothing else, as at a gateway (decision 0069). A page is asked for over the port.
"""

import asyncio
import contextlib
import faulthandler
import logging
import socket
from collections.abc import Callable

from runtime import sd_notify

EVERY_S = 10.0
PAGE_S = 8.0
"""So long at most a page may take; one that is late costs a turn, and the unit has many."""
EXTENDED_S = 120.0
_ASKED = b"GET /api/v1/health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
_log = logging.getLogger(__name__)


class SystemdNotifier:
    """Tells systemd how the cloud is, from its start to its end."""

    def __init__(self) -> None:
        self.listener: socket.socket | None = None
        """Where pages are served; None where the API is off."""
        self.is_up: Callable[[], bool] = lambda: False
        """Whether the start is over, and what is to work has begun."""
        self.hanging: Callable[[], str] = lambda: ""
        """What of it is at work no more, in a sentence; empty where all is."""
        self._limit_s = sd_notify.watchdog_s()
        self._ready = False
        self._hangs = ""

    async def run(self, stopping: asyncio.Event) -> None:
        """Tell it every few seconds, until `stopping` is set."""
        if not sd_notify.is_listening():
            return
        if self._limit_s is not None:
            faulthandler.enable(all_threads=True)  # systemd ends what hangs by SIGABRT: the journal then shows where
        every_s = EVERY_S if self._limit_s is None else min(EVERY_S, self._limit_s / 4)
        while not stopping.is_set():
            await self._say()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(every_s if self._ready else 1.0):
                    await stopping.wait()
        sd_notify.show_stopping()

    async def _say(self) -> None:
        if not self.is_up():
            sd_notify.extend_start(EXTENDED_S)
            return
        before, self._hangs = self._hangs, self.hanging() or await self._page_that_hangs()
        if self._hangs:
            if self._hangs != before:
                _log.error("%s; without an end to that systemd starts the cloud again", self._hangs)
            sd_notify.show_status(f"hangs: {self._hangs}")
        elif not self._ready:
            self._ready = True
            sd_notify.show_ready("up")
        else:
            sd_notify.feed_watchdog()
            if before:
                sd_notify.show_status("up")

    async def _page_that_hangs(self) -> str:
        if self.listener is None or await answers(self.listener):
            return ""
        return f"no page was answered within {PAGE_S:g} s"


async def answers(listener: socket.socket) -> bool:
    """Whether a page is answered on `listener`, whatever it says."""
    host, port = listener.getsockname()[:2]
    here = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - nothing is bound here
    try:
        async with asyncio.timeout(PAGE_S):
            reader, writer = await asyncio.open_connection(here, port)
            try:
                writer.write(_ASKED)
                return (await reader.readline()).startswith(b"HTTP/1.1 ")
            finally:
                writer.close()
    except (OSError, ValueError):  # TimeoutError is an OSError
        return False
