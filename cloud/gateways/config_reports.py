"""What each gateway made of what the city wants of it: heard on `…/config/reported`, kept in the registry.

…/config/reported ─► reports ─► gateway_config_reports, where it says something new
                        └─► health: "2 gateways rolled a configuration back: gw-daruba: nothing was acknowledged …"
"""

import asyncio
import logging
from collections.abc import Callable, Iterable, Mapping

import msgspec
from sqlalchemy import Connection, delete, insert, select

from cloud.core.changed_keys import ChangedKeys
from cloud.core.health import Component, Condition
from cloud.database.engine import Database, DatabaseUnavailable
from cloud.gateways.statuses import MAX_GATEWAYS
from cloud.gateways.tables import GatewayConfigReportRow
from i18n.catalog import N_
from i18n.message import LocalizedMessage, first_of, joined, located
from wire import WireError
from wire.gateway_config import ConfigReport, ConfigState, decode_report, encode_report

WRITE_EVERY_S = 5.0
MOST_NAMED = 3
"""Gateways that a sentence names."""
_MOST_WRITTEN = 200
"""Reports in one transaction: after a restart of the cloud all gateways report at once."""
_IN_TROUBLE = {
    ConfigState.ROLLED_BACK: (
        N_("1 gateway rolled a configuration back: {gateways}"),
        N_("{count} gateways rolled a configuration back: {gateways}"),
    ),
    ConfigState.REFUSED: (
        N_("1 gateway refused a configuration: {gateways}"),
        N_("{count} gateways refused a configuration: {gateways}"),
    ),
}
"""What is said of one gateway that does not use what the city wants of it, and of several."""
_NO_REASON = LocalizedMessage("no reason was given")
_log = logging.getLogger(__name__)


class ConfigReports:
    """The newest report of each gateway, of at most `MAX_GATEWAYS`; `is_known` says whether the city has one."""

    def __init__(self, is_known: Callable[[str], bool] = lambda _gateway: True) -> None:
        self._is_known = is_known
        self._reports: dict[str, ConfigReport] = {}
        self._unwritten: dict[str, ConfigReport | None] = {}
        self._in_trouble: dict[str, ConfigReport] = {}
        self.changed: ChangedKeys[str] = ChangedKeys()

    def report(self, gateway: str) -> ConfigReport | None:
        """What the gateway reported last; None where it never did."""
        return self._reports.get(gateway)

    def on_message(self, gateway: str, payload: bytes) -> None:
        """Apply the payload of `…/config/reported`; an empty one takes the report away, a broken one changes none."""
        if not payload:
            if self._reports.pop(gateway, None) is not None:
                self._in_trouble.pop(gateway, None)
                self._unwritten[gateway] = None
                self.changed.add(gateway)
            return
        try:
            report = decode_report(payload)
        except WireError as error:
            _log.warning("gateway %s: %s", gateway, error)
            return
        before = self._reports.get(gateway)
        if before is None and len(self._reports) >= MAX_GATEWAYS:
            return
        self._apply(gateway, report)
        if before is None or _said(before) != _said(report):
            self._unwritten[gateway] = report
            if report.state in _IN_TROUBLE:
                _log.warning("gateway %s: its configuration is %s: %s", gateway, report.state, report.reason)

    def load(self, connection: Connection) -> None:
        """Load what was reported before this start: a broker may have lost what it kept."""
        rows = connection.execute(select(GatewayConfigReportRow.gateway, GatewayConfigReportRow.report))
        for row in rows.fetchmany(MAX_GATEWAYS):
            if row.gateway not in self._reports:
                self._apply(row.gateway, decode_report(row.report.encode()))

    async def run(self, database: Database, *, confirm: Callable[[Connection], None]) -> None:
        """Write what is new, until cancelled; `confirm` raises in a transaction that is not ours to write."""
        while True:
            await asyncio.sleep(WRITE_EVERY_S)
            try:
                await self.write(database, confirm=confirm)
            except DatabaseUnavailable as error:
                _log.warning("%s; reports of gateways on their configurations wait for it", error)

    async def write(self, database: Database, *, confirm: Callable[[Connection], None]) -> None:
        """Write what is new; DatabaseUnavailable: it stays to be written."""
        while self._unwritten:
            batch = dict(list(self._unwritten.items())[:_MOST_WRITTEN])

            def save(connection: Connection, batch: Mapping[str, ConfigReport | None] = batch) -> None:
                confirm(connection)
                save_reports(connection, batch)

            await database.run(save)
            for gateway, report in batch.items():
                if self._unwritten[gateway] is report:  # nothing newer came meanwhile
                    del self._unwritten[gateway]

    def component(self) -> Component:
        """Whether the city's gateways use what it wants of them."""
        parts = []
        for state, (of_one, of_several) in _IN_TROUBLE.items():
            found = [
                located(gateway, report.reason or _NO_REASON)
                for gateway, report in self._in_trouble.items()
                if report.state is state and self._is_known(gateway)
            ]
            if found:
                form, named = of_one if len(found) == 1 else of_several, first_of(found, most=MOST_NAMED)
                parts.append(LocalizedMessage(form, count=len(found), gateways=named))
        if parts:
            return Component(Condition.DEGRADED, joined(parts))
        return Component(Condition.OK, LocalizedMessage("no gateway refuses what the city wants of it"))

    def gateways(self) -> list[str]:
        """Every gateway that reported."""
        return list(self._reports)

    def records(self, gateways: Iterable[str]) -> dict[str, ConfigReport | None]:
        """What these gateways reported last; None: it was taken away."""
        return {gateway: self._reports.get(gateway) for gateway in gateways}

    def put(self, told: Mapping[str, ConfigReport | None]) -> None:
        """Take over reports that another process heard."""
        for gateway, report in told.items():
            if report is None:
                self._reports.pop(gateway, None)
                self._in_trouble.pop(gateway, None)
            else:
                self._apply(gateway, report)

    def _apply(self, gateway: str, report: ConfigReport) -> None:
        self._reports[gateway] = report
        self.changed.add(gateway)
        self._in_trouble.pop(gateway, None)
        if report.state in _IN_TROUBLE:
            self._in_trouble[gateway] = report


def save_reports(connection: Connection, reports: Mapping[str, ConfigReport | None]) -> None:
    """Keep the newest report of each of these gateways; None: it has none any more."""
    connection.execute(delete(GatewayConfigReportRow).where(GatewayConfigReportRow.gateway.in_(list(reports))))
    rows = [
        {"gateway": gateway, "report": encode_report(report).decode()}
        for gateway, report in reports.items()
        if report is not None
    ]
    if rows:
        connection.execute(insert(GatewayConfigReportRow), rows)


def _said(report: ConfigReport) -> ConfigReport:
    """What it says; a gateway says the same again at each connection, at another time."""
    return msgspec.structs.replace(report, time_ms=None)
