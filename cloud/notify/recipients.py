"""Whom a step notifies over a channel:  to = ["duty:1"] ─► ani ─► her chat, her language.

Nobody on duty at a rank: the next rank on duty, then the channel's own address. A channel that has none of them
notifies nobody, which the outbox counts as a failure of it.
"""

from collections.abc import Mapping, Sequence

import msgspec

from cloud.notify.channels.settings import ChannelSettings
from cloud.notify.settings import NotifySettings
from cloud.notify.steps import DUTY, StepSettings


class Recipient(msgspec.Struct, frozen=True):
    """Where one message goes; `person` is empty for a channel's own address, `address` for a channel without any."""

    person: str
    address: str
    language: str


def recipients(
    settings: NotifySettings, step: StepSettings, channel: ChannelSettings, duty: Mapping[int, Sequence[str]]
) -> list[Recipient]:
    """Return everybody whom `step` notifies over `channel`, each address once; `duty` is who is on duty, by rank."""
    named = [person for name in step.to for person in _named(name, duty)]
    found = [recipient for person in named for recipient in person_recipients(settings, channel, person)]
    return list({each.address: each for each in found or channel_recipients(settings, channel)}.values())


def person_recipients(settings: NotifySettings, channel: ChannelSettings, name: str) -> list[Recipient]:
    """Return somebody over a channel; over one that reaches no single person (a siren, a file) the channel itself."""
    if channel.person_field is None:
        return channel_recipients(settings, channel)
    person = settings.person(name)
    address = "" if person is None else person.address(channel.person_field)
    if person is None or not address:
        return []
    return [Recipient(name, address, person.language or settings.language)]


def channel_recipients(settings: NotifySettings, channel: ChannelSettings) -> list[Recipient]:
    """Return a channel's own addresses."""
    return [Recipient("", address, settings.language) for address in channel.own_addresses()]


def _named(name: str, duty: Mapping[int, Sequence[str]]) -> Sequence[str]:
    rank = DUTY.fullmatch(name)
    if rank is None:
        return [name]
    ranks = [each for each in sorted(duty) if each >= int(rank[1])] or sorted(duty, reverse=True)
    return duty[ranks[0]] if ranks else []
