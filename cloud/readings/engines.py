"""The engines of the readings store:  [store] engine = "sqlite" | "influxdb"  in cloud.toml."""

from cloud.readings.contract import ReadingsStore
from cloud.readings.influx import InfluxStore
from cloud.readings.settings import InfluxSettings, SqliteSettings
from cloud.readings.sqlite import SqliteStore


def store_of(settings: SqliteSettings | InfluxSettings) -> ReadingsStore:
    """The store that `settings` describe, not opened yet."""
    return SqliteStore(settings.path) if isinstance(settings, SqliteSettings) else InfluxStore(settings)
