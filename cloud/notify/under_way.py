"""Attempts that are under way: what was claimed is sent, all at once, and what came of it is written down.

start(claimed) ─► attempt ─► settle in the outbox, however long the database takes ─► nudge: there is room again
"""

import asyncio
import logging
from collections import Counter
from collections.abc import Callable, Iterable
from functools import partial

from sqlalchemy import Connection

from cloud.database.engine import Database, DatabaseUnavailable
from cloud.database.steady_clock import SteadyClock
from cloud.notify.attempt import attempt
from cloud.notify.channels.settings import ChannelSettings
from cloud.notify.contract import Outcome, Sender
from cloud.notify.outbox import Claimed, Outbox
from runtime.backoff import retry

AT_ONCE = 8
"""Attempts under way on one channel."""
RETRY_S = 0.5
"""How long after a failure of the database an outcome is written again."""

_log = logging.getLogger(__name__)


class AttemptsUnderWay:
    """The attempts of one process; `outbox` is that of the settings as they are when an outcome is written.

    `on_outcome` is called in the database's thread once an outcome is written, `on_room` when there is room for more.
    """

    def __init__(
        self, database: Database, steady_clock: SteadyClock, outbox: Callable[[], Outbox], *,
        on_outcome: Callable[[], None], on_room: Callable[[], None],
    ) -> None:  # fmt: skip
        self._database = database
        self._clock = steady_clock
        self._outbox = outbox
        self._on_outcome = on_outcome
        self._on_room = on_room
        self._tasks: set[asyncio.Task[None]] = set()
        self._in_flight: Counter[str] = Counter()

    def room(self, channels: Iterable[str]) -> dict[str, int]:
        """Return how many more attempts each of `channels` may begin."""
        return {name: AT_ONCE - self._in_flight[name] for name in channels}

    def start(self, delivery: Claimed, sender: Sender, channel: ChannelSettings) -> None:
        """Begin the attempt of what was claimed."""
        self._in_flight[channel.name] += 1
        task = asyncio.create_task(self._attempt(sender, channel, delivery))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def cut_off(self) -> None:
        """End all of them where they are; they are taken up again when their claims end."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _attempt(self, sender: Sender, channel: ChannelSettings, delivery: Claimed) -> None:
        try:
            outcome = await attempt(sender, channel, delivery.notification)
            await self._settle(delivery, outcome)
        finally:
            self._in_flight[channel.name] -= 1
        self._on_room()

    async def _settle(self, delivery: Claimed, outcome: Outcome) -> None:
        """Write down what came of it, however long the database takes: what is forgotten is sent twice."""

        def write(connection: Connection) -> None:
            self._outbox().settle(connection, delivery, outcome, self._clock.at(connection))
            self._on_outcome()

        await retry(
            lambda: self._database.run(write),
            passing=(DatabaseUnavailable,),
            wait_s=lambda _error, _failures: RETRY_S,
            on_failure=partial(_log.warning, "the outcome of delivery %d is not written yet: %s", delivery.id),
        )
