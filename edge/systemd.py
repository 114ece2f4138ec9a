"""What systemd is told of the agent, where it started it:  READY, STATUS, WATCHDOG, STOPPING.

sources are served, and the disk answers  ──► WATCHDOG=1          a sensor is silent or unplugged, the disk is full,
something hangs                           ──► nothing, and why    or the cloud is away ──► WATCHDOG=1 all the same

A new start mends what hangs and nothing else: decision 0069. This is loaded only where systemd listens.
"""

import asyncio
import contextlib
import faulthandler
import logging
from collections import Counter

from edge.source_manager import SourceManager
from edge.spool.spooler import Spooler
from runtime import sd_notify
from runtime.mqtt import MqttSession
from wire.status import SourceStatus

_log = logging.getLogger(__name__)

DISK_HANGS_S = 300.0
"""A disk that answers nothing for so long hangs. A salvage may take longer, and goes on where it was killed."""
STATUS_EVERY_S = 10.0


class SystemdReport:
    """Tells systemd how the agent is, until it ends."""

    def __init__(self, gateway: str, sources: SourceManager, spooler: Spooler, session: MqttSession) -> None:
        self._gateway = gateway
        self._sources = sources
        self._spooler = spooler
        self._session = session
        self._limit_s = sd_notify.watchdog_s()
        self._hangs = ""
        if self._limit_s is not None:
            faulthandler.enable(all_threads=True)  # systemd ends what hangs by SIGABRT: the journal then shows where

    async def run(self, stopping: asyncio.Event) -> None:
        """Say that the start is over, then how it is every few seconds, until `stopping` is set."""
        sd_notify.show_ready(self._sentence())
        every_s = STATUS_EVERY_S if self._limit_s is None else min(STATUS_EVERY_S, self._limit_s / 3)
        while not stopping.is_set():
            self._say()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(every_s):
                    await stopping.wait()
        sd_notify.show_stopping()

    def _say(self) -> None:
        before, self._hangs = self._hangs, hanging(self._sources, self._spooler)
        if self._hangs and not before:
            _log.error("%s; without an end to that systemd starts the agent again", self._hangs)
        if not self._hangs:
            sd_notify.feed_watchdog()
        sd_notify.show_status(f"hangs: {self._hangs}" if self._hangs else self._sentence())

    def _sentence(self) -> str:
        states = Counter(tally.status for tally in self._sources.tallies)
        spool = self._spooler.spool
        words = [
            f"{self._gateway}: {states[SourceStatus.OK]} of {states.total()} sources ok",
            f"{spool.ledger.depth} readings wait",
            self._cloud(),
            spool.problem,
        ]
        return ", ".join(word for word in words if word)

    def _cloud(self) -> str:
        return "connected to the cloud" if self._session.connected else f"without the cloud: {self._session.problem}"


def hanging(sources: SourceManager, spooler: Spooler) -> str:
    """What is at work no more, in a sentence; empty where all is."""
    if spooler.behind_s > DISK_HANGS_S:
        return f"the disk of the spool has answered nothing for {spooler.behind_s:.0f} s"
    return sources.hanging()
