"""The engines of the readings store:  [store] engine = "sqlite" | "influxdb"  in cloud.toml."""

from cloud.readings.contract import ReadingsStore
from cloud.readings.influx import InfluxStore
from cloud.readings.settings import InfluxSettings, SqliteSettings
from cloud.readings.sqlite import SqliteStore
from wire import TableOf


def store_of(settings: SqliteSettings | InfluxSettings, quantities: TableOf) -> ReadingsStore:
    """The store that `settings` describe, not opened yet; InfluxDB is asked in the domains of `quantities`."""
    if isinstance(settings, SqliteSettings):
        return SqliteStore(settings.path)
    return InfluxStore(settings, quantities)
