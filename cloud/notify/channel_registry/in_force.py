"""The settings by which notifications go out: the file's, with the channels that people added.

NotifySettings + ChannelRecords ─► NotifySettingsInForce(channels=(telegram, duty-phone), out_of_use={"duty-phone"})
A name that stands in the file is the file's: what the registry keeps under it sleeps.
"""

from collections.abc import Iterable, Iterator

import msgspec
from sqlalchemy import Connection

from cloud.notify.channel_registry.records import ChannelRecord, settings_of
from cloud.notify.channel_registry.rows import edition_of, read_channels
from cloud.notify.channel_registry.sealing import SecretSealer
from cloud.notify.consistency import mistakes_between, unknown_channels
from cloud.notify.settings import NotifySettings
from runtime.settings import SettingsError


class NotifySettingsInForce(NotifySettings):
    """Settings with the channels of the registry; no alarm goes over those whose name is in `out_of_use`."""

    out_of_use: frozenset[str] = frozenset()

    def asleep(self) -> frozenset[str]:
        """Return the names of channels over which no alarm goes."""
        return self.out_of_use

    def may_alarm(self, name: str) -> bool:
        """Whether alarms go over the channel of this name."""
        return name not in self.out_of_use and super().may_alarm(name)


class StoredChannels(msgspec.Struct, frozen=True):
    """The channels of the registry as one edition has them."""

    records: tuple[ChannelRecord, ...]
    edition: int


class ChannelRegistry:
    """What one process knows of all channels: the `file`'s settings, and the `records` of one `edition`."""

    def __init__(self, file: NotifySettings) -> None:
        self.file = file
        self.sealer = SecretSealer(file.key_file)
        self.records: tuple[ChannelRecord, ...] = ()
        self.edition = 0

    def use_file(self, file: NotifySettings) -> None:
        """Go by another edition of the file; the key is read again."""
        self.file, self.sealer = file, SecretSealer(file.key_file)

    def newer(self, connection: Connection) -> StoredChannels | None:
        """Read the records where they have changed, else None; runs in the database's thread."""
        edition = edition_of(connection)
        return None if edition == self.edition else StoredChannels(read_channels(connection), edition)

    def use_stored(self, stored: StoredChannels) -> None:
        """Go by what was read, once that transaction has ended well."""
        self.records, self.edition = stored.records, stored.edition

    def owner_of(self, name: str) -> str:
        """Return where a channel is changed: "cloud.toml", "registry", or "" where there is none."""
        if self.file.channel(name) is not None:
            return "cloud.toml"
        return "registry" if any(record.name == name for record in self.records) else ""

    def steps_of(self, name: str) -> list[int]:
        """Return the numbers of the steps that name a channel, from 1."""
        return [number for number, step in enumerate(self.file.steps, start=1) if name in step.channels]

    def in_force(self) -> NotifySettingsInForce:
        """Return the settings by which notifications go out now."""
        return in_force(self.file, self.records, self.sealer)


def in_force(file: NotifySettings, records: Iterable[ChannelRecord], sealer: SecretSealer) -> NotifySettingsInForce:
    """Join the file's settings and the registry's channels; a record that cannot be read costs itself alone."""
    own = {channel.name for channel in file.channels}
    ours = [record for record in records if record.name not in own]
    channels = [*file.channels]
    out_of_use = {record.name for record in ours if record.use != "in use"}
    for record in ours:
        if record.use != "retired":
            try:
                channels.append(settings_of(record, sealer))
            except (SettingsError, KeyError):  # of another version of Siaga: its messages go over other channels
                out_of_use.add(record.name)
    given = {**dict(file), "channels": tuple(channels), "out_of_use": frozenset(out_of_use)}
    return NotifySettingsInForce.model_construct(**given)


def channels_must_exist(file: NotifySettings, records: Iterable[ChannelRecord]) -> None:
    """Raise SettingsError where a step names a channel of nowhere, or would reach nobody over those that there are."""
    records = list(records)
    known = {channel.name for channel in file.channels} | {record.name for record in records}
    settings = in_force(file, records, SecretSealer(file.key_file))
    problems = [*unknown_channels(known, file.steps), *mistakes_in_force(settings)]
    if problems:
        raise SettingsError([f"cloud.toml: notify: {problem}" for problem in problems])


def mistakes_in_force(settings: NotifySettings) -> list[str]:
    """Return what of the settings would reach nobody: steps whose channels are all out of use, or have no address."""
    usable = [channel for channel in settings.channels if settings.may_alarm(channel.name)]
    return [*mistakes_between(settings.people, usable, settings.steps), *_without_channel(settings)]


def _without_channel(settings: NotifySettings) -> Iterator[str]:
    for number, step in enumerate(settings.steps):
        asleep = [name for name in step.channels if not settings.may_alarm(name)]
        if len(asleep) == len(step.channels):
            yield f"steps[{number}].channels: none of them is in use ({', '.join(asleep)}); bring one into use"
