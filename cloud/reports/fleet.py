"""The fleet: what each gateway last said of itself, and what the cloud counted of its readings.

fleet,gateway=gw-daruba,site=daruba online=1i,status_age_s=4.2,clock=0i,spool_depth=120i,spool_used=0.4,missing=0i …

What a gateway never said is left out: a gateway without a status is offline, with its account alone.
"""

from cloud.gateways.accounting import Account
from cloud.gateways.reading_rates import spool_left_s
from cloud.registry.records import Gateway
from cloud.reports.platform_snapshot import PlatformSnapshot
from cloud.reports.points import ReportPoint, Value
from wire import Clock, SourceStatus, Status

CLOCKS = {Clock.SYNCED: 0, Clock.ESTIMATED: 1, Clock.UNKNOWN: 2}
_FAILED = (SourceStatus.FAILED, SourceStatus.SILENT, SourceStatus.OTHER)


def fleet_points(snapshot: PlatformSnapshot) -> list[ReportPoint]:
    """Return a point for each gateway."""
    return [_point(snapshot, gateway) for gateway in snapshot.gateways()]


def _point(snapshot: PlatformSnapshot, gateway: Gateway) -> ReportPoint:
    status = snapshot.statuses.get(gateway.id)
    account = snapshot.accounts.get(gateway.id, Account())
    fields: dict[str, Value | None] = {
        "online": int(status is not None and status.online),
        "received": account.received,
        "duplicates": account.duplicates,
        "missing": account.missing,
        "declared_lost": account.declared_lost,
    }
    if status is not None:
        fields |= _status_fields(status, snapshot.now_ms, snapshot.reading_rates.get(gateway.id))
    return ReportPoint("fleet", snapshot.now_ms, {"gateway": gateway.id, "site": gateway.site}, fields)


def _status_fields(status: Status, now_ms: int, readings_a_s: float | None) -> dict[str, Value | None]:
    spool, knows_the_time = status.spool, status.clock is not Clock.UNKNOWN
    return {
        "status_age_s": max(0.0, (now_ms - status.time_ms) / 1_000) if knows_the_time else None,
        "clock": CLOCKS[status.clock],
        "version": status.version,
        "spool_depth": spool.depth,
        "spool_age_s": 0.0 if spool.oldest_ms is None else max(0.0, (now_ms - spool.oldest_ms) / 1_000),
        "spool_used": 100.0 * spool.bytes / spool.max_bytes if spool.max_bytes else None,
        "spool_left_s": spool_left_s(status, readings_a_s),
        "sources": len(status.sources),
        "sources_failed": sum(source.state in _FAILED for source in status.sources),
        "noise_bytes": sum(source.noise_bytes for source in status.sources),
    }
