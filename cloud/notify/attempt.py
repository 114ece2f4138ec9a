"""One attempt to send a notification: within its channel's time, and alarm by alarm where it cannot be sent whole.

notification of A, B, C ─► the sender raises: B has words that no header can carry
        A ─► Sent      B ─► raises ─► B by its ids ─► Sent      C ─► Sent
A mistake of ours in one alarm's words keeps nobody from hearing of the others.
"""

import asyncio
import logging

import msgspec

from cloud.notify.channels.settings import ChannelSettings
from cloud.notify.contract import Later, Outcome, Sender, Sent
from cloud.notify.notifications import AlarmLine, Notification, without_words

_log = logging.getLogger(__name__)


async def attempt(sender: Sender, channel: ChannelSettings, notification: Notification) -> Outcome:
    """Send `notification` over `channel`, and return what came of it."""
    if channel.deduplicates:
        notification = msgspec.structs.replace(notification, again=False)  # its key says it better
    try:
        async with asyncio.timeout(channel.timeout_s):
            return await send_or_split(sender, notification)
    except TimeoutError:
        return Later(f"no answer within {channel.timeout_s:g} s", unsure=True)


async def send_or_split(sender: Sender, notification: Notification) -> Outcome:
    """Send `notification`; where it cannot be written, send each of its alarms on its own."""
    try:
        return await sender.send(notification)
    except Exception:
        _log.exception("channel %s cannot write a message; each of its alarms goes on its own", notification.channel)
    fresh = [line for line in notification.lines if not line.repeated] or list(notification.lines)
    outcomes = [await _send_alone(sender, notification, line) for line in fresh]
    return next((outcome for outcome in outcomes if not isinstance(outcome, Sent)), outcomes[0])


async def _send_alone(sender: Sender, notification: Notification, line: AlarmLine) -> Outcome:
    """Send one alarm of a notification: in its words, and where they cannot be written by its ids."""
    mistake = ""
    for each in (line, without_words(line)):
        key = f"{notification.key}:{line.event}"
        try:
            return await sender.send(msgspec.structs.replace(notification, lines=(each,), key=key))
        except Exception as error:
            _log.exception("channel %s cannot write alarm %d", notification.channel, line.alarm)
            mistake = type(error).__name__
    return Later(f"a mistake of our own ({mistake}); the log has the details", unsure=True)
