"""Brings the past, which is whole, to the InfluxDB that the settings name, with what dashboards read of it.

CopiedStore: lines ─┬─► InfluxStore        on SQLite there is nothing to do: nobody reads reports there
PastReports: points ┘
"""

from cloud.process.parts import Foundation
from cloud.readings.influx import InfluxStore
from cloud.readings.settings import InfluxSettings, SqliteSettings
from demo.history.copied import CopiedStore
from demo.history.readings import Past
from demo.history.reports import PastReports


async def hand_over(settings: SqliteSettings | InfluxSettings, base: Foundation, past: Past) -> None:
    """Bring it there; StoreUnavailable where it is not taken."""
    if isinstance(settings, InfluxSettings) and isinstance(base.store, CopiedStore):
        since_ms, fine_from_ms, until_ms = (1_000 * at_s for at_s in (past.since_s, past.fine_from_s, past.until_s))
        reports = PastReports(base, base.store, since_ms=since_ms, fine_from_ms=fine_from_ms, until_ms=until_ms)
        points = await reports.points()
        influx = InfluxStore(settings)
        try:
            await influx.open()
            await base.store.hand_over(influx, points)
        finally:
            await influx.close()
