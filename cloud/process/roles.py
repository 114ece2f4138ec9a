"""What a process of the cloud does: all of it, or one of two halves that go on without each other.

siaga-cloud run     ingest and screens           siaga-cloud ingest     broker ─► store, alarms, notifications, feed
                                                 siaga-cloud web        API and console, by the feed
"""

from enum import StrEnum
from pathlib import Path

from cloud.feed.settings import FeedSettings
from cloud.process.settings import CloudSettings, load_cloud_settings
from runtime.settings import SettingsError

SOCKET = "feed.sock"
"""Where the two meet whose settings do not say: in their working folder, which is one for both (WorkingDirectory)."""


class ProcessRole(StrEnum):
    """A process's part, by the command that starts it."""

    ALL = "run"
    INGEST = "ingest"
    SCREENS = "web"


def load_settings_for(role: ProcessRole, file: Path) -> CloudSettings:
    """Read `file` for a process of this role; SettingsError where it cannot play it."""
    settings = load_cloud_settings(file)
    if role is ProcessRole.INGEST:
        return _for_ingest(settings, file.name)
    if role is ProcessRole.SCREENS:
        return _for_screens(settings, file.name)
    return settings


def _for_ingest(settings: CloudSettings, name: str) -> CloudSettings:
    feed = settings.feed
    if not settings.ingest.enabled:
        raise SettingsError([f"{name}: ingest.enabled: is false, and this process ingests; take the line out"])
    api = settings.api.model_copy(update={"enabled": True, "host": feed.host, "port": feed.port})
    return settings.model_copy(update={"api": api, "feed": _with_socket(feed)})


def _for_screens(settings: CloudSettings, name: str) -> CloudSettings:
    if not settings.api.enabled:
        raise SettingsError([f"{name}: api.enabled: is false, and this process serves pages; take the line out"])
    ingest = settings.ingest.model_copy(update={"enabled": False})
    return settings.model_copy(update={"ingest": ingest, "feed": _with_socket(settings.feed)})


def _with_socket(feed: FeedSettings) -> FeedSettings:
    return feed.model_copy(update={"socket": feed.socket or Path.cwd() / SOCKET})
