"""What a channel must be able to do: send one notification, and say what came of it.

Sent("202")   Later("connection refused", retry_after_s=30)   Never("403: the bot was blocked by the user")
"""

import socket
from collections.abc import Awaitable, Callable
from typing import Protocol

import httpx
import msgspec

from cloud.notify.notifications import Notification

Publish = Callable[[str, bytes], bool]
"""Hands a message to the broker's connection, not retained; False while there is none."""
Warnings = Callable[[tuple[int, ...]], Awaitable[dict[str, bytes]]]
"""By the ids of events, their CAP messages by identifier; events that are no warning have none."""


Connect = Callable[[str, int], Awaitable[socket.socket]]
"""Opens a connection to a host and port; DestinationRefused and OSError where that cannot be."""


class Sent(msgspec.Struct, frozen=True):
    """The channel has accepted it."""

    detail: str = ""


class Later(msgspec.Struct, frozen=True):
    """It failed, and may succeed later; `unsure`: the other side may have got it all the same."""

    problem: str
    retry_after_s: float | None = None
    unsure: bool = False


class Never(msgspec.Struct, frozen=True):
    """It was refused for good: another attempt would be refused too."""

    problem: str


Outcome = Sent | Later | Never


class ChannelContext(msgspec.Struct, frozen=True):
    """What senders send with; `console` is where people reach the console, for the links in messages.

    `connect` opens what goes past `client`, where destinations are checked; None where they need no check.
    """

    client: httpx.AsyncClient
    publish: Publish
    warnings: Warnings
    console: str
    connect: Connect | None = None


class Sender(Protocol):
    """A channel at work; an attempt that takes longer than the channel's `timeout_s` is cancelled."""

    async def send(self, notification: Notification) -> Outcome:
        """Send `notification` to its address; what can go wrong out there is an outcome and no exception."""
        ...
