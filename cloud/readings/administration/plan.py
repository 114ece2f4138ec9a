"""What an InfluxDB shall hold, from [store] of cloud.toml and the folder of its administrator's secrets.

secrets/influxdb/   admin.password   admin.token (2.x)   grafana.password
"""

import re
from enum import StrEnum
from pathlib import Path

import msgspec

from cloud.readings.settings import InfluxSettings

ADMINISTRATOR = "admin"
READER = "grafana"
ORGANISATION = "siaga"
RETENTION_POLICY = "autogen"
"""The name that 1.x gives the retention policy of a new database; on 2.x the one of the mapping."""
FOR_EVER_S = 0
_UNIT_S = {"h": 3_600, "d": 86_400, "w": 7 * 86_400}
_RETENTION = re.compile(r"([1-9]\d{0,4})([hdw])")


class StoreInitError(Exception):
    """What stops the work, in one sentence."""


class Outcome(StrEnum):
    """What became of one thing that shall be there."""

    MADE = "made"
    CHANGED = "changed"
    KEPT = "kept"
    ATTENTION = "look"


class InitStep(msgspec.Struct, frozen=True):
    """One thing that shall be there: its name, what became of it, and a sentence."""

    name: str
    outcome: Outcome
    said: str


class StoreLogin(msgspec.Struct, frozen=True):
    """A user of the database and their password."""

    name: str
    password: str


class StorePlan(msgspec.Struct, frozen=True):
    """All that shall be there; `retention_s` 0 is for ever, None leaves what is there."""

    url: str
    database: str
    organisation: str
    bucket: str
    retention_s: int | None
    administrator: StoreLogin
    administrator_token: str | None
    writer: StoreLogin | None
    token_file: Path | None
    reader: StoreLogin


def plan_of(settings: InfluxSettings, secrets: Path, *, retention_s: int | None) -> StorePlan:
    """Read the plan; StoreInitError where a file of it is missing or empty."""
    return StorePlan(
        url=settings.url,
        database=settings.query_database,
        organisation=settings.org or ORGANISATION,
        bucket=settings.bucket or settings.database,
        retention_s=retention_s,
        administrator=StoreLogin(ADMINISTRATOR, _secret(secrets / "admin.password")),
        administrator_token=_secret(secrets / "admin.token") if (secrets / "admin.token").exists() else None,
        writer=_writer(settings),
        token_file=settings.token_file,
        reader=StoreLogin(READER, _secret(secrets / f"{READER}.password")),
    )


def retention_of(text: str) -> int:
    """Read "400d", "52w", "36h", or "0" for ever, in seconds; ValueError for all else."""
    if text == "0":
        return FOR_EVER_S
    found = _RETENTION.fullmatch(text)
    if found is None:
        raise ValueError(f'{text!r} is no retention; write 0 (for ever), or hours, days or weeks such as "400d"')
    return int(found[1]) * _UNIT_S[found[2]]


def retention_text(retention_s: int) -> str:
    """Say for how long readings are kept."""
    if retention_s == FOR_EVER_S:
        return "for ever"
    days, rest_s = divmod(retention_s, 86_400)
    return f"{days} days" if not rest_s else f"{retention_s / 3_600:g} hours"


def _writer(settings: InfluxSettings) -> StoreLogin | None:
    if settings.api == "v2" and settings.token_file is not None:
        return None
    if settings.username is None or settings.password_file is None:
        raise StoreInitError(
            "the cloud has no login at the store; add username and password_file to [store], or token_file with"
            ' api = "v2"'
        )
    return StoreLogin(settings.username, _secret(settings.password_file))


def _secret(file: Path) -> str:
    try:
        text = file.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "no text"
        raise StoreInitError(f"{file} cannot be read: {reason}; deploy/bootstrap makes it") from None
    if not text:
        raise StoreInitError(f"{file} is empty; write the secret into it, or let deploy/bootstrap make it anew")
    return text
