"""An ingester's memory and that of screens, with a real socket between the two."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

from cloud.care.commands import GatewayCommands
from cloud.core.health import Component, Condition
from cloud.database.engine import Database
from cloud.feed.follower import Follower
from cloud.feed.memory import Memory, View, followed_parts, keyed_parts
from cloud.feed.questions import Doers, answered
from cloud.feed.teller import FeedTeller
from cloud.gateways.accounting import Accounts
from cloud.gateways.config_reports import ConfigReports
from cloud.gateways.statuses import Statuses
from cloud.ingest.heights import Heights
from cloud.readings.newest import Newest
from cloud.registry.snapshot import Registry
from tests.registries import registry_in

PATIENCE_S = 45.0


def memory_of(registry: Registry, folder: Path) -> Memory:
    """An empty memory, for either side."""
    newest = Newest(latest_ms=lambda: 2**62)
    commands = GatewayCommands(Database(registry_in(folder)), publish=lambda _topic, _payload: True)
    return Memory(
        registry, newest, Accounts(), Statuses(lambda: 0.0), ConfigReports(), Heights(registry, newest), commands
    )


class TwoSides:
    """`told` is the ingester's memory and `shown` that of the screens; `view` is what is told whole."""

    def __init__(
        self, registry: Registry, folder: Path, *, shards: range = range(64), doers: Doers | None = None
    ) -> None:
        self.path = folder / "feed.sock"
        self.told, self.shown = memory_of(registry, folder), memory_of(registry, folder)
        self.view = View()
        self.health = Component(Condition.OK, "at work")
        self.heard: list[frozenset[str]] = []
        """The kinds of things that the ingester hears were changed."""
        self._shards = shards
        self._doers: dict[str, Any] = dict(doers or {})
        self.teller = self.new_teller()

    def new_teller(self, *, drop_s: float = 10.0) -> FeedTeller:
        """Another ingester on the same memory."""

        async def answer(question: Any) -> Any:
            return await answered(question, self._doers)

        return FeedTeller(
            self.path, keyed_parts(self.told, self._shards), shards=self._shards, view=lambda: self.view,
            components={"ingest": lambda: self.health}, on_changed=self.heard.append,
            answer=answer, tick_s=0.01, drop_s=drop_s,
        )  # fmt: skip

    def follower(self, **options: Any) -> Follower:
        """Screens that fill `shown`."""
        return Follower(self.path, followed_parts(self.shown), **options)


@contextlib.asynccontextmanager
async def at_work(*parts: Any) -> AsyncIterator[None]:
    """Run what has a `run`, until the end of the context."""
    tasks = [asyncio.create_task(part.run()) for part in parts]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def until(condition: Callable[[], object]) -> None:
    """Wait until it is so."""
    async with asyncio.timeout(PATIENCE_S):
        while not condition():
            await asyncio.sleep(0.005)
