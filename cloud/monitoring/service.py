"""Monitoring of the platform itself: polls each component now and then, and turns what lasts into alarms.

every POLL_S   components + gateways ─► what has changed ─► one transaction ─► recorded
every SERVER_S disk, certificates, backups, in a thread: a disk that hangs holds nothing else up
"""

import asyncio
import logging
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from cloud.core.health import Component, Condition
from cloud.database.engine import Database, DatabaseUnavailable
from cloud.database.lease import LeaseLost
from cloud.gateways.statuses import Statuses
from cloud.monitoring import platform_alarms as rows
from cloud.monitoring import server
from cloud.monitoring.settings import MonitoringSettings
from cloud.monitoring.trouble import TroubleChanges, TroubleTracker
from cloud.registry.records import Gateway
from cloud.registry.snapshot import Registry
from i18n.message import LocalizedMessage, first_names
from rules.events import EventKind
from rules.rule import OFFLINE, PLATFORM
from runtime.clock import boot_s, wall_ms
from wire import shard_of

POLL_S = 5.0
SERVER_S = 60.0
GATEWAYS_AT_ONCE = 200
"""Gateways that one transaction raises alarms for: a broker that comes back must not hold the database for long."""
MOST_NAMED = 5
"""Gateways that a sentence names."""
_NOT_CHECKED = server.ComponentObservation(Component(Condition.OK, LocalizedMessage("not looked at yet")))
_log = logging.getLogger(__name__)

HealthChecks = Mapping[str, Callable[[], Component]]


class Monitoring:
    """Raises an alarm for each part of the platform that is not well for long, and for each gateway that is gone."""

    def __init__(
        self,
        settings: MonitoringSettings,
        *,
        database: Database,
        registry: Registry,
        statuses: Statuses,
        shards: range,
        checks: HealthChecks,
        folders: Iterable[Path],
        certificates: Iterable[Path],
        nudge: Callable[[], None] = lambda: None,
        confirm: Callable[[Connection], None] = lambda _connection: None,
        now_ms: Callable[[], int] = wall_ms,
    ) -> None:
        self._settings = settings
        self._database = database
        self._registry = registry
        self._statuses = statuses
        self._shards = shards
        self._prefix = rows.prefix_of(shards)
        self._checks = checks
        self._folders = tuple(folders)
        self._certificates = (*certificates, *settings.certificates)
        self._nudge = nudge
        self._confirm = confirm
        self._now_ms = now_ms
        self._troubles = TroubleTracker(down_s=settings.down_s, degraded_s=settings.degraded_s)
        self._offline: set[str] = set()
        self._server = {"disk": _NOT_CHECKED, "certificates": _NOT_CHECKED, "backups": _NOT_CHECKED}

    def health_checks(self) -> dict[str, Callable[[], Component]]:
        """Return what it adds to health."""
        found: dict[str, Callable[[], Component]] = {name: self._server_check(name) for name in self._server}
        return found | {"gateways": self.gateways}

    def figure(self, name: str) -> float | None:
        """Return the figure of "disk", "certificates" or "backups", for metrics."""
        return self._server[name].figure

    def gateways(self) -> Component:
        """Return how many gateways are online; degraded where two agents take turns under one id."""
        gateways = self._own()
        shared = [gateway.id for gateway in gateways if self._statuses.are_two(gateway.id)]
        if shared:
            said = LocalizedMessage(
                "two agents take turns under one id: {gateways}; stop one of the two, or enrol it under an id of its "
                "own",
                gateways=first_names(shared, most=MOST_NAMED),
            )
            return Component(Condition.DEGRADED, said)
        online = sum(status.online for gateway in gateways if (status := self._statuses.status(gateway.id)) is not None)
        said = LocalizedMessage("online: {online} of {count}", online=online, count=len(gateways))
        return Component(Condition.OK, said)

    async def run(self) -> None:
        """Turn what lasts into alarms, until cancelled."""
        is_restored = False
        while True:
            try:
                if not is_restored:
                    await self.restore()
                    is_restored = True
                await self.poll(now_s=boot_s())
            except DatabaseUnavailable as error:  # raised when it is back; health says so meanwhile
                _log.debug("the platform's own alarms wait: %s", error)
            except LeaseLost:
                raise
            except Exception:
                _log.exception("a look at the platform failed in a way that nobody foresaw; the next one tries again")
            await asyncio.sleep(POLL_S)

    async def run_server_checks(self) -> None:
        """Check disk, certificates and backups now and then, until cancelled."""
        while True:
            try:
                await self.check_server()
            except Exception:
                _log.exception("a look at the server failed in a way that nobody foresaw; the next one tries again")
            await asyncio.sleep(SERVER_S)

    async def poll(self, *, now_s: float) -> None:
        """Poll once, and write down what has changed; DatabaseUnavailable: nothing was, and the next poll writes it."""
        components = {name: check() for name, check in self._checks.items()}
        changes = self._troubles.changes(components, now_s=now_s)
        gone, back = self._gone_and_back()
        if not (changes.raised or changes.over or gone or back):
            return
        await self._database.run(lambda connection: self._write(connection, changes, gone, back))
        self._troubles.record(changes)
        self._offline = (self._offline | {each.gateway.id for each in gone}) - set(back)
        self._nudge()

    async def check_server(self) -> None:
        """Check disk, certificates and backups."""
        settings = self._settings
        now_s = self._now_ms() / 1_000
        self._server = {
            "disk": await asyncio.to_thread(
                server.disk, self._folders, least_percent=settings.disk_free_percent, least_mb=settings.disk_free_mb
            ),
            "certificates": await asyncio.to_thread(
                server.certificates, self._certificates, days=settings.certificate_days, now_s=now_s
            ),
            "backups": await asyncio.to_thread(
                server.backups, settings.backups, oldest_h=settings.backup_age_h, now_s=now_s
            ),
        }

    async def restore(self) -> None:
        """Read which alarms were raised before a restart."""
        self._troubles.restore(
            await self._database.run(lambda connection: rows.open_troubles(connection, self._prefix))
        )
        offline = await self._database.run(rows.offline_gateways)
        self._offline = {name for name in offline if shard_of(name) in self._shards}

    def _write(
        self, connection: Connection, changes: TroubleChanges, gone: list[rows.GoneGateway], back: list[str]
    ) -> None:
        self._confirm(connection)
        now_ms = self._now_ms()
        for trouble in changes.raised:
            rows.raise_trouble(connection, trouble, self._prefix, now_ms=now_ms)
        ended = [f"{self._prefix}{component}" for component in changes.over]
        rows.close(connection, PLATFORM, ended, now_ms=now_ms)
        for each in gone:
            rows.raise_offline(connection, each, now_ms=now_ms)
        retired = [name for name in back if self._is_retired(name)]
        rows.close(connection, OFFLINE, set(back).difference(retired), now_ms=now_ms)
        rows.close(connection, OFFLINE, retired, now_ms=now_ms, kind=EventKind.RETIRED)

    def _is_retired(self, name: str) -> bool:
        gateway = self._registry.gateway(name)
        return gateway is not None and gateway.retired

    def _gone_and_back(self) -> tuple[list[rows.GoneGateway], list[str]]:
        """Return the gateways that have become offline, and those that are back or no more."""
        gone: list[rows.GoneGateway] = []
        own = {gateway.id: gateway for gateway in self._own()}
        back = [name for name in self._offline if name not in own]
        for name, gateway in own.items():
            silent_s, status = self._statuses.silent_s(name), self._statuses.status(name)
            if silent_s is None or status is None:
                continue  # we are deaf, or it has never connected: it may not be mounted yet
            if status.online and name in self._offline:
                back.append(name)
            elif not status.online and name not in self._offline and self._is_gone(silent_s):
                gone.append(rows.GoneGateway(gateway, silent_s, status.last_word, self._zone_of(gateway)))
        return gone[:GATEWAYS_AT_ONCE], back[:GATEWAYS_AT_ONCE]

    def _zone_of(self, gateway: Gateway) -> ZoneInfo:
        site = self._registry.site(gateway.site)
        return ZoneInfo((site.zone if site is not None else "") or self._registry.city.zone)

    def _is_gone(self, silent_s: float) -> bool:
        after_s = self._settings.gateway_offline_s
        return after_s > 0 and silent_s >= after_s

    def _own(self) -> list[Gateway]:
        return [gateway for gateway in self._registry.gateways() if shard_of(gateway.id) in self._shards]

    def _server_check(self, name: str) -> Callable[[], Component]:
        return lambda: self._server[name].component
