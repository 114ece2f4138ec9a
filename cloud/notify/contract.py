"""What a channel must be able to do: send one page, and say what came of it.

Sent("202")   Later("connection refused", retry_after_s=30)   Never("403: the bot was blocked by the user")
"""

from typing import Protocol

import msgspec

from cloud.notify.notifications import Notification


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


class Sender(Protocol):
    """A channel at work; an attempt that takes longer than the channel's `timeout_s` is cancelled."""

    async def send(self, page: Notification) -> Outcome:
        """Send `page` to its address; what can go wrong out there is an outcome and no exception."""
        ...
