"""[store]: readings in a file, or in InfluxDB, and how long they are kept:  keep_readings = "400d"."""

import re
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AnyHttpUrl, BeforeValidator, Field, TypeAdapter, field_validator, model_validator

from cloud.readings.retention import LEAST_MS, Keep
from runtime.settings import Settings
from wire.durations import DAY_MS

Seconds = Annotated[float, Field(gt=0, le=3_600)]
Engine = Literal["sqlite", "influxdb"]
_HTTP_URL = TypeAdapter(AnyHttpUrl)


_KEPT = re.compile(r"([1-9]\d{0,4})([dy])")
_DAYS_OF = {"d": 1, "y": 366}


def _days(text: object) -> object:
    if not isinstance(text, str):
        return text
    match = _KEPT.fullmatch(text)
    if match is None:
        raise ValueError('write a number of days or years, as "400d" or "5y", or leave it out to keep all')
    return int(match[1]) * _DAYS_OF[match[2]]


Days = Annotated[int, BeforeValidator(_days), Field(gt=0, strict=True)]


class RetentionSettings(Settings):
    """How long readings, minutes and hours are kept, in days; None for ever."""

    keep_readings: Days | None = None
    keep_minutes: Days | None = None
    keep_hours: Days | None = None

    @model_validator(mode="after")
    def _coarser_is_kept_longer(self) -> "RetentionSettings":
        if self.keep_readings is not None and self.keep_readings * DAY_MS < LEAST_MS:
            least = LEAST_MS // DAY_MS
            raise ValueError(
                f"keep_readings is {self.keep_readings} days, and rules and late gateways need {least}; write at least"
                f' "{least}d"'
            )
        kept = [(name, getattr(self, name)) for name in ("keep_readings", "keep_minutes", "keep_hours")]
        for (finer, finer_days), (coarser, days) in pairwise(kept):
            if days is not None and (finer_days is None or days < finer_days):
                longer = "for ever" if finer_days is None else f"{finer_days} days"
                raise ValueError(
                    f"{coarser} is {days} days, and {finer} is {longer}: what is coarser is kept at least as long;"
                    f" make {finer} shorter or {coarser} longer"
                )
        return self

    @property
    def keep(self) -> Keep:
        """The same in ms."""
        found = (self.keep_readings, self.keep_minutes, self.keep_hours)
        return Keep(*(None if days is None else days * DAY_MS for days in found))


class SqliteSettings(RetentionSettings):
    """Readings in a file."""

    engine: Engine = "sqlite"
    path: Path = Path("readings.db")


class InfluxSettings(RetentionSettings):
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
