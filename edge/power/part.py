"""What is done when the power goes: what waits is sent at once, forced to disk, and the status says why.

power_failed 1 ─► what is gathered is sent · the spool forces within FORCED_WITHIN_S · …/status "on_battery"
going down     ─► the same, and nothing is gathered any more
0 again        ─► as before
"""

import asyncio
import logging
from collections.abc import Callable

from edge.control.requests import RunningAgent
from edge.power.settings import PowerSettings
from edge.power.watch import PowerWatch
from wire import LastWord, Leaving

_log = logging.getLogger(__name__)

FORCED_WITHIN_S = 0.2
"""What a reading without an acknowledgement may cost while the power may go at any moment."""


FLUSHED_S = 3.0
"""For so long nothing is gathered: what told it, and what came with it, goes too."""


class PowerPart:
    """Watches the sources that `settings` name, and acts; `changed` lets the status be said."""

    def __init__(self, settings: PowerSettings, agent: RunningAgent, changed: Callable[[], None]) -> None:
        self._agent = agent
        self._changed = changed
        self._fsync_s = agent.spooler.spool.limits.fsync_s
        self._loop = asyncio.get_running_loop()
        self._flushed_until_s = float("-inf")
        self._watch = PowerWatch(going_down_v=settings.going_down_v, now_s=self._loop.time, on_change=self._act)
        for name in {name for name in (settings.source, settings.battery) if name is not None}:
            agent.sources.watch(name, self._watch)

    @property
    def note(self) -> str:
        """What somebody should look at."""
        return self._watch.note

    def last_word(self) -> LastWord | None:
        """What the status says of it."""
        return self._watch.last_word(self._agent.stamper.now_ms())

    def poll(self) -> None:
        """To be called each second."""
        self._watch.poll()
        if self._watch.leaving is Leaving.GOING_DOWN or self._loop.time() < self._flushed_until_s:
            self._agent.uplink.flush()

    def _act(self) -> None:
        leaving = self._watch.leaving
        _log.warning("%s", self._watch.note or "the power is back")
        self._agent.spooler.force_within(self._fsync_s if leaving is None else min(self._fsync_s, FORCED_WITHIN_S))
        if leaving is not None:
            self._flushed_until_s = self._loop.time() + FLUSHED_S
            self._loop.call_soon(self._agent.uplink.flush)  # the reading that told it is on its way to the spool
        self._changed()
