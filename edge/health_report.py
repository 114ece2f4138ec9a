"""The gateway's own readings go into its spool as a sensor's do:  each `health.every_s`, and when somebody asks."""

import asyncio
import contextlib
import logging

from edge import health
from edge.control.requests import RunningAgent
from edge.stamping import NoFreeTime

_log = logging.getLogger(__name__)


class HealthReport:
    """Makes readings of the agent whose parts `agent` has, as often as its settings want."""

    def __init__(self, agent: RunningAgent, *, boot: str) -> None:
        self._agent = agent
        self._boot = boot
        self._changed = asyncio.Event()

    def use_settings(self) -> None:
        """The settings have changed."""
        self._changed.set()

    async def run(self) -> None:
        """Report without end."""
        while True:
            every_s = self._agent.checked().settings.health.every_s
            if every_s:
                await self.report()
            await self._wait(every_s)

    async def report(self) -> None:
        """Make readings now."""
        agent, spool = self._agent, self._agent.spooler.spool
        oldest_ms = await agent.spooler.oldest_ms()
        age_s = 0.0 if oldest_ms is None else (agent.stamper.now_ms() - oldest_ms) / 1_000
        samples = health.of_the_spool(
            depth=spool.ledger.depth,
            age_s=age_s,
            lost=spool.losses.ever,
            noise_bytes=sum(tally.noise_bytes for tally in agent.sources.tallies),
        )
        samples += health.of_the_machine(agent.checked().settings.spool.path.parent)
        modem = agent.modem()
        samples += [] if modem is None else modem.samples()
        with contextlib.suppress(NoFreeTime):  # the clock was set back and back again: the next report will do
            readings = agent.stamper.stamp(agent.gateway, samples, _log.error)
            agent.spooler.append(readings, keep=agent.stamper.memory(self._boot))

    async def _wait(self, seconds: float) -> None:
        """Wait for other settings, or so long at most; without end where `seconds` is 0."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds or None):
                await self._changed.wait()
        self._changed.clear()
