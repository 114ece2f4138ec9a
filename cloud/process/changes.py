"""What somebody changed in another process, taken up at once: the polls that find it too come seconds later.

journal of one process ─► feed ─► add({"rule"}) ─► rules read again ─► the next reading is judged by them
"""

import asyncio
import logging

from cloud.database.engine import DatabaseUnavailable
from cloud.process.parts import Services

_log = logging.getLogger(__name__)
_RULES = {"rule"}
_REGISTRY = {"site", "gateway", "sensor", "city", "river", "registry"}
_CHANNELS = {"channel"}
_DEAD_LETTERS = {"dead-letter", "dead-letters"}


class Changes:
    """The kinds of things that were changed and are not taken up yet; kinds of no concern here cost nothing."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._kinds: set[str] = set()
        self._wake = asyncio.Event()

    def add(self, kinds: frozenset[str]) -> None:
        """Take these up soon."""
        self._kinds |= kinds
        self._wake.set()

    async def run(self) -> None:
        """Take up until cancelled; what the database does not say now the polls find later."""
        while True:
            await self._wake.wait()
            self._wake.clear()
            kinds, self._kinds = self._kinds, set()
            try:
                await self.take_up(kinds)
            except DatabaseUnavailable:
                _log.debug("what was changed elsewhere is found by the polls: %s", ", ".join(sorted(kinds)))
            except Exception:
                _log.exception("taking up what was changed elsewhere failed in a way that nobody foresaw; it goes on")

    async def take_up(self, kinds: set[str]) -> None:
        """Read again what was changed, and wake who acts on it."""
        base, alarms, updates = self._services.foundation, self._services.alarms, self._services.updates
        alarms.notifier.nudge()
        alarms.config_publisher.nudge()
        if updates is not None:
            updates.runner.nudge()
        if kinds & _RULES:
            await base.rule_store.refresh()
        if kinds & _REGISTRY:
            await base.facts.refresh()
        if kinds & _CHANNELS:
            await alarms.notifier.follow_channels()
        if kinds & _DEAD_LETTERS:
            await base.database.run(base.dead_letters.load)
