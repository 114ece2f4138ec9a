"""Whether the people, channels and steps of [notify] fit together: a sentence for each mistake.

steps[0].channels: there is no channel 'telegrm'; did you mean 'telegram'?
"""

import difflib
from collections.abc import Iterator, Sequence

from cloud.notify.channels.settings import ChannelSettings
from cloud.notify.steps import DUTY, PersonSettings, StepSettings

People = Sequence[PersonSettings]
Channels = Sequence[ChannelSettings]
Steps = Sequence[StepSettings]


def mistakes_between(people: People, channels: Channels, steps: Steps) -> list[str]:
    """Return what does not fit: names that stand twice, names of nobody, steps that reach nobody.

    That a step names a channel of nowhere is said by `unknown_channels`, once those of the registry are known.
    """
    return [*_twice(people, channels), *_nobody(people, steps), *_unreachable(people, channels, steps)]


def unknown_channels(known: set[str], steps: Steps) -> list[str]:
    """Return a sentence for each channel that a step names and that is neither in the file nor in the registry."""
    return [
        f"steps[{number}].channels: there is no channel {name!r}; {instead(name, known)}"
        for number, step in enumerate(steps)
        for name in step.channels
        if name not in known
    ]


def instead(name: str, known: set[str]) -> str:
    """Return what to write instead of `name`."""
    close = difflib.get_close_matches(name, known, n=1)
    if close:
        return f"did you mean {close[0]!r}?"
    return f"write one of {', '.join(sorted(known))}" if known else "none is set up"


def _twice(people: People, channels: Channels) -> Iterator[str]:
    for kind, names in (
        ("people", [person.name for person in people]),
        ("channels", [channel.name for channel in channels]),
    ):
        doubled = sorted({name for name in names if names.count(name) > 1})
        yield from (f"{kind}: {name!r} stands there twice; give each its own name" for name in doubled)


def _nobody(people: People, steps: Steps) -> Iterator[str]:
    known_people = {person.name for person in people}
    for number, step in enumerate(steps):
        for name in step.to:
            if name not in known_people and not DUTY.fullmatch(name):
                yield f'steps[{number}].to: {name!r} is nobody; {instead(name, known_people)}, or "duty:1"'


def _unreachable(people: People, channels: Channels, steps: Steps) -> Iterator[str]:
    """Yield the steps that name nobody, over a channel without an address of its own, or people it cannot reach."""
    channel_of = {channel.name: channel for channel in channels}
    for number, step in enumerate(steps):
        for name in step.channels:
            channel = channel_of.get(name)
            if channel is not None and channel.person_field is not None and not channel.own_addresses():
                yield from _without_address(people, number, step, channel, channel.person_field)


def _without_address(
    people: People, number: int, step: StepSettings, channel: ChannelSettings, field: str
) -> Iterator[str]:
    if not step.to:
        yield (
            f"steps[{number}].to: names nobody and channel {channel.name!r} has no {channel.own_field}; "
            "add one of them"
        )  # fmt: skip
    for person in people:
        if person.name in step.to and not person.address(field):
            yield (
                f"steps[{number}].to: {person.name!r} has no {field} for channel {channel.name!r}; add it in people"
            )  # fmt: skip
