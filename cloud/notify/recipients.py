"""Whom a step tells over a channel:  to = ["duty:1"] ─► ani ─► her chat, her language.

Nobody on duty at a rank: the next rank on duty, then the channel's own address. A channel that has none of them tells
nobody, which the outbox counts as a failure of it.
"""

from collections.abc import Mapping, Sequence

import msgspec

from cloud.notify.settings import (
    DUTY,
    Channel,
    EmailChannel,
    NotifySettings,
    PersonSettings,
    StepSettings,
    TelegramChannel,
    own_addresses,
)


class Recipient(msgspec.Struct, frozen=True):
    """Where one message goes; `person` is empty for a channel's own address, `address` for a channel without any."""

    person: str
    address: str
    language: str


def recipients(
    settings: NotifySettings, step: StepSettings, channel: Channel, duty: Mapping[int, Sequence[str]]
) -> list[Recipient]:
    """Everybody whom `step` tells over `channel`, each address once; `duty` is who is on duty, by rank."""
    named = [person for name in step.to for person in _named(settings, name, duty)]
    found = [recipient for person in named for recipient in to_person(settings, channel, person)]
    return list({recipient.address: recipient for recipient in found or own(settings, channel)}.values())


def to_person(settings: NotifySettings, channel: Channel, name: str) -> list[Recipient]:
    """Somebody over a channel; for a siren, a webhook or a file the channel itself."""
    if not isinstance(channel, TelegramChannel | EmailChannel):
        return own(settings, channel)
    person = settings.person(name)
    address = "" if person is None else _address(person, channel)
    if person is None or not address:
        return []
    return [Recipient(name, address, person.language or settings.language)]


def own(settings: NotifySettings, channel: Channel) -> list[Recipient]:
    """A channel's own addresses."""
    return [Recipient("", address, settings.language) for address in own_addresses(channel)]


def _named(settings: NotifySettings, name: str, duty: Mapping[int, Sequence[str]]) -> Sequence[str]:
    rank = DUTY.fullmatch(name)
    if rank is None:
        return [name]
    ranks = [each for each in sorted(duty) if each >= int(rank[1])] or sorted(duty, reverse=True)
    return duty[ranks[0]] if ranks else []


def _address(person: PersonSettings, channel: TelegramChannel | EmailChannel) -> str:
    return person.telegram if channel.kind == "telegram" else person.email
