"""[store]: readings in a file, or in InfluxDB."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import AnyHttpUrl, Field, TypeAdapter, field_validator, model_validator

from runtime.settings import Settings

Seconds = Annotated[float, Field(gt=0, le=3_600)]
Engine = Literal["sqlite", "influxdb"]
_HTTP_URL = TypeAdapter(AnyHttpUrl)


class SqliteSettings(Settings):
    """Readings in a file."""

    engine: Engine = "sqlite"
    path: Path = Path("readings.db")


class InfluxSettings(Settings):
    """Readings in InfluxDB: `api` v1 needs `database`, v2 needs `org`, `bucket` and `token_file`.

    `data_folder` is where it keeps its data, if on this machine: then the room on that disk is watched.
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
    data_folder: Path | None = None
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


def _secret(file: Path | None) -> str | None:
    return None if file is None else file.read_text(encoding="utf-8").strip()
