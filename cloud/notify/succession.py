"""Who gets a message after the channel that could not bring it: the next of its step, else any that is in use.

telegram fails        ─► next_channel ─► mail
telegram is retired   ─► substitute   ─► mail, another channel of the step, or one of the steps after it
"""

import msgspec
from sqlalchemy import Connection

from cloud.database.steady_clock import Moment
from cloud.notify.channels.settings import ChannelSettings
from cloud.notify.deliveries import enqueue
from cloud.notify.duty import on_duty
from cloud.notify.notifications import Notification
from cloud.notify.recipients import person_recipients, recipients
from cloud.notify.settings import NotifySettings
from cloud.notify.steps import StepSettings


def hand_on(connection: Connection, settings: NotifySettings, notification: Notification, now: Moment) -> None:
    """Put the message into the outbox for the channel after its own; a second time changes nothing."""
    channel = next_channel(settings, notification)
    if channel is not None:
        enqueue_on(connection, settings, notification, channel, now)


def enqueue_on(
    connection: Connection, settings: NotifySettings, notification: Notification, channel: ChannelSettings, now: Moment
) -> None:
    """Put the message into the outbox for another channel: of its own step, or of another one."""
    person = notification.person
    found = person_recipients(settings, channel, person) if person else []
    step = next(each for each in _steps_from(settings, notification.step) if channel.name in each.channels)
    to = found or recipients(settings, step, channel, on_duty(connection, now.wall_ms))
    # they share the person's message, so that none of them is sent once another has arrived
    whole = msgspec.structs.replace(notification, channel=channel.name, again=False)
    enqueue(connection, whole, [msgspec.structs.replace(each, person=person) for each in to], now)


def next_channel(settings: NotifySettings, notification: Notification) -> ChannelSettings | None:
    """Return the channel in use after the notification's own in its step."""
    if not 1 <= notification.step <= len(settings.steps):
        return None
    step, own = settings.steps[notification.step - 1], notification.channel
    later = step.channels[step.channels.index(own) + 1 :] if own in step.channels else ()
    return next((channel for channel in settings.channels_of(step) if channel.name in later), None)


def substitute(settings: NotifySettings, notification: Notification) -> ChannelSettings | None:
    """Return who takes over from a channel out of use: the next of its step, another of it, one of any step."""
    others = (
        channel for step in _steps_from(settings, notification.step) for channel in settings.channels_of(step)
    )  # fmt: skip
    return next_channel(settings, notification) or next(others, None)


def _steps_from(settings: NotifySettings, number: int) -> list[StepSettings]:
    """Return the steps with that of `number` first, those after it, then those before."""
    at = number - 1 if 1 <= number <= len(settings.steps) else 0
    return [*settings.steps[at:], *settings.steps[:at]]
