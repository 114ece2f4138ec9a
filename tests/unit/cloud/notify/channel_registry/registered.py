"""Channels that people added in a test's city:  await added(editing, "phone", TELEGRAM)

The notifier of `Scene` is not needed for it: an editing has a registry of its own, as a process has.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from cloud.database.audit_log import Actor
from cloud.notify.channel_registry.editing import ChannelEdited, ChannelEditing
from cloud.notify.channel_registry.in_force import ChannelRegistry
from cloud.notify.settings import NotifySettings
from tests.unit.cloud.notify.scene import Scene, settings

ANI = Actor("ani", "10.0.0.7")
TOKEN = "8023:AAFxQ7rZmt"
SECRET = "a long enough secret"
TELEGRAM = ("telegram", {"token": TOKEN, "chat": "-1001234567890"})
WEBHOOK = ("webhook", {"url": "https://hooks.example.org/T024/x8QzSECRET", "secret": SECRET})


class Registered:
    """An editing on a scene's database; `known` is what its process knows of channels."""

    def __init__(self, scene: Scene, file: NotifySettings) -> None:
        self.scene, self.known = scene, ChannelRegistry(file)
        self.editing = ChannelEditing(
            scene.database, lambda: self.known, changed=self.follow, clock=lambda: scene.now.wall_ms
        )

    async def follow(self) -> None:
        newer = await self.scene.database.run(self.known.newer)
        if newer is not None:
            self.known.use_stored(newer)

    async def add(self, name: str, of: tuple[str, dict[str, Any]] = TELEGRAM, *, use: str = "in use") -> ChannelEdited:
        added = await self.editing.add(name, of[0], of[1], actor=ANI)
        return added if use == "on trial" else await self.editing.amend(name, {}, use="in use", actor=ANI)


@asynccontextmanager
async def registered(folder: Path, **notify: Any) -> AsyncIterator[Registered]:
    """A city with the channels and steps of a file, and none in the registry yet."""
    given = {"channels": [], "steps": [], "key_file": folder / "notify.key", **notify}
    scene = Scene(folder, settings(**given))
    async with scene:
        yield Registered(scene, scene.settings)
