"""cloud.toml, table by table; docs/cloud.md explains each key.

[broker]  [ingest]  [store]  [registry]  [rules]  [dead_letters]  [notify]  [monitoring]  [backup]  [api]  [feed]
[access]  [enrol]  [updates]  [console]
"""

from pathlib import Path
from typing import Any

from pydantic import model_validator

from cloud.access.settings import AccessSettings
from cloud.api.settings import ApiSettings
from cloud.backup.settings import BackupSettings
from cloud.broker.settings import EnrolSettings
from cloud.console.settings import ConsoleSettings
from cloud.database.settings import RegistrySettings
from cloud.feed.settings import FeedSettings
from cloud.ingest.settings import DeadLetterSettings, IngestSettings
from cloud.monitoring.settings import MonitoringSettings
from cloud.notify.settings import NotifySettings
from cloud.readings.settings import InfluxSettings, SqliteSettings
from cloud.rulebook.settings import RulesSettings
from cloud.updates.settings import UpdateSettings
from runtime.broker_settings import BrokerSettings
from runtime.loopback import is_loopback
from runtime.settings import FileAway, Settings, SettingsError, beside, load_settings, read_document


class CloudSettings(Settings):
    """The whole of cloud.toml."""

    broker: BrokerSettings = BrokerSettings()
    ingest: IngestSettings = IngestSettings()
    store: SqliteSettings | InfluxSettings = SqliteSettings()
    registry: RegistrySettings = RegistrySettings()
    rules: RulesSettings = RulesSettings()
    dead_letters: DeadLetterSettings = DeadLetterSettings()
    notify: NotifySettings = NotifySettings()
    monitoring: MonitoringSettings = MonitoringSettings()
    backup: BackupSettings = BackupSettings()
    api: ApiSettings = ApiSettings()
    feed: FeedSettings = FeedSettings()
    access: AccessSettings = AccessSettings()
    enrol: EnrolSettings | None = None
    updates: UpdateSettings | None = None
    console: ConsoleSettings = ConsoleSettings()

    @model_validator(mode="after")
    def _code_is_for_one_machine(self) -> "CloudSettings":
        if self.access.code_file is not None and not is_loopback(self.api.host):
            raise ValueError(
                "access.code_file: logins without a password are for a demo on one machine; take it out, or write"
                ' host = "127.0.0.1" below [api]'
            )
        return self

    @model_validator(mode="after")
    def _backups_go_somewhere(self) -> "CloudSettings":
        if self.backup.every_h is not None and self.monitoring.backups is None:
            raise ValueError(
                'backup.every_h: no folder is named for backups; write backups = "/var/lib/siaga/backups" below'
                " [monitoring]"
            )
        return self


class _OnSqlite(CloudSettings):
    store: SqliteSettings = SqliteSettings()


class _OnInflux(CloudSettings):
    store: InfluxSettings


def load_cloud_settings(file: Path) -> CloudSettings:
    """Read `file` for a process that is to run: FileAway also for a channel without its credentials."""
    settings = read_cloud_settings(file)
    if problems := settings.notify.missing(file.name):
        raise FileAway(problems)
    return settings


def read_cloud_settings(file: Path) -> CloudSettings:
    """Read `file`, with all relative paths in it made those that it means; SettingsError lists every mistake."""
    # one model for each engine, not a union of them: so a mistake is named by the key as it stands in the file
    settings: CloudSettings = load_settings(file, _OnInflux if _engine_named(file) == "influxdb" else _OnSqlite)
    console = settings.console
    placed = {key: str(beside(file, Path(path))) for key in ("coastline", "stories") if (path := getattr(console, key))}
    return settings.model_copy(
        update={
            "broker": _placed(settings.broker, file),
            "store": _placed(settings.store, file),
            "registry": settings.registry.beside(file),
            "rules": _placed(settings.rules, file),
            "notify": settings.notify.beside(file),
            "monitoring": settings.monitoring.beside(file),
            "access": _placed(settings.access, file),
            "feed": settings.feed.beside(file),
            "enrol": None if settings.enrol is None else _placed(settings.enrol, file),
            "updates": None if settings.updates is None else _placed(settings.updates, file),
            "console": console.model_copy(update=placed),
        }
    )


def _engine_named(file: Path) -> object:
    try:
        return read_document(file)["store"]["engine"]
    except (SettingsError, KeyError, TypeError):
        return None  # whatever is wrong, load_settings says it in a sentence


def _placed(table: Settings, file: Path) -> Settings:
    """The table with each relative path in it, and in the tables within it, beginning beside `file`."""
    placed: dict[str, Any] = {}
    for name, value in table:
        if isinstance(value, Path):
            placed[name] = beside(file, value)
        elif isinstance(value, Settings):
            placed[name] = _placed(value, file)
    return table.model_copy(update=placed)
