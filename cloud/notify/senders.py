"""The channels at work: a sender for each, those of people over connections whose destination is checked.

async with open_contexts(…) as contexts:   senders_of(settings, …) -> {"telegram": Telegram(…), …}
"""

import contextlib
from collections.abc import AsyncIterator, Callable, Collection, Sequence

import httpx
import msgspec

from cloud.notify.channels.catalog import sender_of
from cloud.notify.contract import ChannelContext, Publish, Sender, Warnings
from cloud.notify.destinations import CheckedDestinations, IPNetwork
from cloud.notify.settings import NotifySettings


class SendingContexts(msgspec.Struct, frozen=True):
    """What senders send with: those of cloud.toml, and those of channels that people added."""

    of_file: ChannelContext
    of_people: ChannelContext


@contextlib.asynccontextmanager
async def open_contexts(
    publish: Publish, warnings: Warnings, allowed: Callable[[], Sequence[IPNetwork]]
) -> AsyncIterator[SendingContexts]:
    """Open the clients of both; `allowed` are the networks of ours that people's channels may reach."""
    checked = CheckedDestinations(allowed)
    async with httpx.AsyncClient() as client, checked.client() as for_people:
        of_file = ChannelContext(client, publish, warnings, "")
        of_people = msgspec.structs.replace(of_file, client=for_people, connect=checked.connect)
        yield SendingContexts(of_file, of_people)


def senders_of(settings: NotifySettings, *, own: Collection[str], contexts: SendingContexts) -> dict[str, Sender]:
    """Make a sender for each channel; the file's `own` go wherever it says."""
    of_file, of_people = (
        msgspec.structs.replace(context, console=settings.console) for context in (contexts.of_file, contexts.of_people)
    )
    return {
        channel.name: sender_of(channel, of_file if channel.name in own else of_people) for channel in settings.channels
    }
