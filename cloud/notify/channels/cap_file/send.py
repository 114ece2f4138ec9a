"""CAP 1.2 as files, for whoever collects them: each is there whole or not at all.

/srv/cap/siaga-17-203.xml: the name is the message's identifier, so writing it again changes nothing.
"""

import asyncio

from cloud.notify.channels.cap_file.settings import CapFileChannel
from cloud.notify.contract import ChannelContext, Later, Outcome, Sent
from cloud.notify.notifications import Notification
from runtime.whole_files import READABLE, replace_file


class CapFiles:
    """Files in one folder."""

    def __init__(self, settings: CapFileChannel, context: ChannelContext) -> None:
        self._folder = settings.folder
        self._warnings = context.warnings

    async def send(self, notification: Notification) -> Outcome:
        """Write a file for each event in `notification` that is a warning."""
        messages = await self._warnings(tuple(line.event for line in notification.lines if not line.repeated))
        try:
            await asyncio.to_thread(self._write, messages)
        except OSError as error:
            return Later(f"{self._folder}: cannot be written: {error.strerror}")
        return Sent(f"{len(messages)} written")

    def _write(self, messages: dict[str, bytes]) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        for identifier, content in messages.items():
            replace_file(self._folder / f"{identifier}.xml", content, mode=READABLE)
