"""cloud.toml, table by table; docs/cloud.md explains each key.

[broker]  [ingest]  [store]  [registry]  [rules]  [dead_letters]  [notify]  [monitoring]  [api]  [access]  [enrol]
[console]
"""

import re
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AnyHttpUrl, Field, TypeAdapter, field_validator, model_validator
from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

from cloud.monitoring.settings import MonitoringSettings
from cloud.notify.settings import NotifySettings
from runtime.address import Host
from runtime.mqtt import BrokerSettings
from runtime.settings import FileAway, Settings, SettingsError, beside, load_settings, read_document
from wire.topics import SHARDS

Seconds = Annotated[float, Field(gt=0, le=3_600)]
Megabytes = Annotated[int, Field(ge=1, le=1_000_000)]
Engine = Literal["sqlite", "influxdb"]
_HTTP_URL = TypeAdapter(AnyHttpUrl)


class IngestSettings(Settings):
    """How much ingest takes on: which shards, how much in memory, how far ahead a reading's time may be."""

    enabled: bool = True
    shards: str = f"0-{SHARDS - 1}"
    queue_mb: Megabytes = 64
    ahead_s: Annotated[float, Field(ge=1, le=86_400)] = 600.0
    keep_session: bool = True

    @field_validator("shards")
    @classmethod
    def _shards_are_a_range(cls, text: str) -> str:
        found = re.fullmatch(r"(\d+)-(\d+)", text)
        if found is None or not int(found[1]) <= int(found[2]) < SHARDS:
            raise ValueError(f'write the first and the last shard, as in "0-{SHARDS - 1}"')
        return text

    @property
    def shard_range(self) -> range:
        """The shards as a range."""
        first, last = self.shards.split("-")
        return range(int(first), int(last) + 1)


class SqliteSettings(Settings):
    """Readings in a file."""

    engine: Engine = "sqlite"
    path: Path = Path("readings.db")


class InfluxSettings(Settings):
    """Readings in InfluxDB: `api` v1 needs `database`, v2 needs `org`, `bucket` and `token_file`.

    `consistency` is how many nodes of a clustered InfluxDB 1.x must hold what it says it holds.
    """

    engine: Engine = "influxdb"
    url: str
    api: Literal["v1", "v2"] = "v1"
    database: str = ""
    username: str | None = None
    password_file: Path | None = None
    org: str = ""
    bucket: str = ""
    token_file: Path | None = None
    timeout_s: Seconds = 10.0
    # not "any": that is said before a single node holds it
    consistency: Literal["one", "quorum", "all"] | None = None

    @field_validator("url")
    @classmethod
    def _url_is_http(cls, text: str) -> str:
        try:
            _HTTP_URL.validate_python(text)
        except ValueError:
            raise ValueError('write an address such as "http://127.0.0.1:8086"') from None
        return text.rstrip("/")

    @model_validator(mode="after")
    def _api_has_its_keys(self) -> "InfluxSettings":
        needed = {"v1": ("database",), "v2": ("bucket",)}[self.api]
        missing = [name for name in needed if not getattr(self, name)]
        if missing:
            raise ValueError(f'api "{self.api}" needs {" and ".join(missing)}; add it')
        if self.consistency is not None and self.api != "v1":
            raise ValueError('consistency is for api "v1"; take it out, v2 has no such choice')
        if (self.username is None) != (self.password_file is None):
            raise ValueError("username and password_file go together; add the other one or take both out")
        return self

    @property
    def query_database(self) -> str:
        """What InfluxQL calls the place of the readings: on v2 the bucket, unless `database` names its v1 mapping."""
        return self.database or self.bucket

    def token(self) -> str | None:
        """The token from its file; OSError where it cannot be read."""
        return _secret(self.token_file)

    def password(self) -> str | None:
        """The password from its file; OSError where it cannot be read."""
        return _secret(self.password_file)


class RegistrySettings(Settings):
    """Where the registry is kept, and the city file that it is loaded from."""

    url: str = "sqlite:///registry.db"
    city: Path = Path("city.toml")

    @field_validator("url")
    @classmethod
    def _url_is_a_database(cls, text: str) -> str:
        try:
            make_url(text).get_dialect().import_dbapi()
        except (ArgumentError, ModuleNotFoundError) as error:
            raise ValueError(f'{error}; write an SQLAlchemy address such as "sqlite:///registry.db"') from None
        return text

    def beside(self, file: Path) -> "RegistrySettings":
        """The same with the paths that `file` means."""
        url = make_url(self.url)
        if url.get_backend_name() == "sqlite" and url.database not in (None, "", ":memory:"):
            url = url.set(database=str(beside(file, Path(str(url.database)))))
        text = url.render_as_string(hide_password=False)
        return self.model_copy(update={"url": text, "city": beside(file, self.city)})


class RulesSettings(Settings):
    """The rules that a city begins with, from a file; without one only that nobody falls silent unnoticed.

    For `silence_grace_s` after the link to the broker came back silence means nothing yet.
    """

    initial: Path | None = None
    silence_grace_s: Annotated[float, Field(ge=0, le=3_600)] = 30.0


class DeadLetterSettings(Settings):
    """How much refused matter is kept, in all and of each gateway."""

    max_mb: Megabytes = 256
    gateway_mb: Megabytes = 32


class ApiSettings(Settings):
    """Where the API and the console listen, and the proxies that are believed about where a request came from."""

    enabled: bool = True
    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=1, le=65_535)] = 8080
    proxies: tuple[str, ...] = ("127.0.0.1", "::1")

    @field_validator("proxies")
    @classmethod
    def _proxies_are_networks(cls, proxies: tuple[str, ...]) -> tuple[str, ...]:
        for text in proxies:
            try:
                ip_network(text)
            except ValueError:
                raise ValueError(f'{text!r} is no address; write one such as "10.0.0.7" or "10.0.0.0/24"') from None
        return proxies


class AccessSettings(Settings):
    """Logins: cookies over https only, always or where the request came so; after how long a login ends."""

    secure_cookies: Literal["auto", "always"] = "auto"
    idle_h: Annotated[float, Field(gt=0, le=24 * 366)] = 12.0
    longest_days: Annotated[float, Field(gt=0, le=366)] = 30.0


class EnrolSettings(Settings):
    """How `siaga-cloud gateway …` logs in to the broker as its administrator, and what it tells gateways to use.

    `host`, `port` and `ca` are the broker as gateways reach it; without `ca` they trust their system's authorities.
    """

    username: str = "siaga-admin"
    password_file: Path
    host: Host
    port: Annotated[int, Field(ge=1, le=65_535)] = 8883
    ca: Path | None = None


class ConsoleSettings(Settings):
    """The console: its language, an URL template of map tiles (empty: none), a GeoJSON coast line (empty: none)."""

    language: Literal["id", "en"] = "id"
    tiles: str = ""
    coastline: str = ""


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
    api: ApiSettings = ApiSettings()
    access: AccessSettings = AccessSettings()
    enrol: EnrolSettings | None = None
    console: ConsoleSettings = ConsoleSettings()


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
    coastline = str(beside(file, Path(console.coastline))) if console.coastline else ""
    return settings.model_copy(
        update={
            "broker": _placed(settings.broker, file),
            "store": _placed(settings.store, file),
            "registry": settings.registry.beside(file),
            "rules": _placed(settings.rules, file),
            "notify": settings.notify.beside(file),
            "monitoring": settings.monitoring.beside(file),
            "enrol": None if settings.enrol is None else _placed(settings.enrol, file),
            "console": console.model_copy(update={"coastline": coastline}),
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


def _secret(file: Path | None) -> str | None:
    return None if file is None else file.read_text(encoding="utf-8").strip()
