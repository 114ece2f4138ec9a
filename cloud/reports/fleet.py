"""The fleet: what each gateway last said of itself, and what the cloud counted of its readings.

fleet,gateway=gw-daruba,site=daruba online=1i,status_age_s=4.2,clock=0i,spool_depth=120i,spool_used=0.4,missing=0i …

What a gateway never said is left out: a gateway without a status is offline, with its account alone.
"""

from collections.abc import Mapping

import msgspec

from cloud.gateways.accounting import Account
from cloud.registry.records import Gateway
from cloud.reports.platform_snapshot import PlatformSnapshot
from cloud.reports.points import ReportPoint, Value
from wire import Clock, SourceStatus, Status
from wire.status import SPOOL_BYTES_A_READING

CLOCKS = {Clock.SYNCED: 0, Clock.ESTIMATED: 1, Clock.UNKNOWN: 2}
RATE_FROM_MS, RATE_OVER_MS = 60_000, 900_000
"""A rate is that of the last quarter of an hour, once a minute of it is known."""
_FAILED = (SourceStatus.FAILED, SourceStatus.SILENT)


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
        "spool_left_s": _left_s(status, readings_a_s),
        "sources": len(status.sources),
        "sources_failed": sum(source.state in _FAILED for source in status.sources),
        "noise_bytes": sum(source.noise_bytes for source in status.sources),
    }


def _left_s(status: Status, readings_a_s: float | None) -> float | None:
    if not readings_a_s or not status.spool.max_bytes:
        return None
    room = max(0, status.spool.max_bytes - status.spool.bytes)
    return room / (SPOOL_BYTES_A_READING * readings_a_s)


class _Counted(msgspec.Struct, frozen=True):
    """What a gateway's sources had taken in by `time_ms` (its own clock), in one run of its agent."""

    stream: str
    time_ms: int
    readings: int


class ReadingRates:
    """Readings a second that each gateway takes in, from what its sources count: the spool fills so fast."""

    def __init__(self) -> None:
        self._counted: dict[str, list[_Counted]] = {}

    def update(self, statuses: Mapping[str, Status]) -> dict[str, float]:
        """Record the newest statuses, and return the rates that can be known."""
        for gateway, status in statuses.items():
            if status.online:
                self._record(gateway, status)
        rates = {gateway: _rate(counts) for gateway, counts in self._counted.items() if gateway in statuses}
        return {gateway: rate for gateway, rate in rates.items() if rate is not None}

    def _record(self, gateway: str, status: Status) -> None:
        now = _Counted(status.stream, status.time_ms, sum(source.readings for source in status.sources))
        before = self._counted.get(gateway, [])
        if before and not _goes_on(before[-1], now):
            before = []  # a new run of the agent counts again, and a clock that was set back says nothing
        if not before or before[-1].time_ms < now.time_ms:
            recent = [counts for counts in before if now.time_ms - counts.time_ms <= RATE_OVER_MS]
            self._counted[gateway] = [*recent, now]


def _goes_on(before: _Counted, now: _Counted) -> bool:
    return before.stream == now.stream and before.time_ms <= now.time_ms and before.readings <= now.readings


def _rate(counts: list[_Counted]) -> float | None:
    elapsed_ms = counts[-1].time_ms - counts[0].time_ms
    if elapsed_ms < RATE_FROM_MS:
        return None
    return 1_000 * (counts[-1].readings - counts[0].readings) / elapsed_ms
