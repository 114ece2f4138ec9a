"""The paths in the settings that monitoring watches: folders that fill up, certificates that expire."""

from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import make_url

from cloud.process.settings import CloudSettings
from cloud.readings.settings import SqliteSettings


def growing_folders(settings: CloudSettings) -> list[Path]:
    """List the folders that the platform writes into."""
    return list(dict.fromkeys(_growing_folders(settings)))


def named_certificates(settings: CloudSettings) -> list[Path]:
    """List the certificates that the settings name."""
    tls, ca = settings.broker.tls, None if settings.enrol is None else settings.enrol.ca
    of_channels = [file for channel in settings.notify.channels for file in channel.certificates().values()]
    oidc = settings.access.oidc
    of_channels += [] if oidc is None or oidc.ca is None else [oidc.ca]
    named = [*([tls.ca, tls.cert] if tls is not None else []), ca, *of_channels]
    return [file for file in dict.fromkeys(named) if file is not None]


def _growing_folders(settings: CloudSettings) -> Iterator[Path]:
    if isinstance(settings.store, SqliteSettings):
        yield settings.store.path.parent
    elif settings.store.data_folder is not None:
        yield settings.store.data_folder
    registry = make_url(settings.registry.url)
    if registry.get_backend_name() == "sqlite" and registry.database:
        yield Path(registry.database).parent
    if settings.updates is not None:
        yield settings.updates.folder
    for channel in settings.notify.channels:
        yield from channel.folders().values()
    if settings.monitoring.backups is not None:
        yield settings.monitoring.backups
