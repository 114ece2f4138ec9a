"""Maintenance windows: while somebody works at a site or a sensor its alarms are recorded and page nobody.

plan(site="daruba", from_ms=…, until_ms=…, reason="the gauge is cleaned", actor=…) -> Maintenance(id=3, …)
"""

from collections.abc import Callable, Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection, delete, insert, select, update

from cloud.alarms.records import Maintenance
from cloud.alarms.tables import MaintenanceRow
from cloud.database.audit_log import Actor, write_entry
from cloud.database.engine import Database
from cloud.registry.snapshot import Registry
from i18n.message import LocalizedMessage
from rules.text_checks import text_problems
from rules.validation import LONGEST_TEXT
from runtime.clock import wall_ms
from wire.durations import DAY_MS

LONGEST_MS = 30 * DAY_MS
"""A window that is longer has been forgotten."""


class MaintenanceRejected(Exception):
    """A window that cannot be; `problems` has one sentence for each mistake."""

    def __init__(self, problems: Sequence[LocalizedMessage]) -> None:
        super().__init__("\n".join(problems))
        self.problems = list(problems)


class MaintenanceCalendar:
    """The maintenance windows of the city in `registry`."""

    def __init__(self, database: Database, registry: Registry, *, clock: Callable[[], int] = wall_ms) -> None:
        self._database = database
        self._registry = registry
        self._clock = clock

    async def windows(self, *, ended: bool = False) -> list[Maintenance]:
        """The windows that are open or to come, by their beginning; `ended`: all there ever were."""
        query = select(*_WINDOW).order_by(MaintenanceRow.from_ms, MaintenanceRow.id)
        if not ended:
            query = query.where(MaintenanceRow.until_ms > self._clock())
        return await self._database.run(lambda connection: [Maintenance(*row) for row in connection.execute(query)])

    async def plan(
        self,
        *,
        site: str | None = None,
        sensor: str | None = None,
        from_ms: int | None = None,
        until_ms: int,
        reason: str,
        actor: Actor,
    ) -> Maintenance:
        """Make a window for a site or a sensor, from now or `from_ms` (UTC) on; MaintenanceRejected: there is none."""
        now = self._clock()
        start_ms = now if from_ms is None else from_ms
        window = Maintenance(0, site, sensor, start_ms, until_ms, actor.name, reason.strip())
        problems = self._mistakes(window, now)
        if problems:
            raise MaintenanceRejected(problems)
        row = {name: value for name, value in msgspec.structs.asdict(window).items() if name != "id"}

        def write(connection: Connection) -> Maintenance:
            number = connection.execute(insert(MaintenanceRow).values(row).returning(MaintenanceRow.id)).scalar_one()
            _record(connection, actor, "plan-maintenance", number, now, reason=window.reason, after=row)
            return msgspec.structs.replace(window, id=number)

        return await self._database.run(write)

    async def end(self, window_id: int, *, actor: Actor, reason: str = "") -> Maintenance:
        """End a window now, or take one back that has not begun; LookupError if there is none of that id."""
        now = self._clock()

        def write(connection: Connection) -> Maintenance:
            window = _window(connection, window_id)
            if window.until_ms <= now:
                return window
            ours = MaintenanceRow.id == window_id
            if window.from_ms >= now:
                connection.execute(delete(MaintenanceRow).where(ours))
                ended = msgspec.structs.replace(window, until_ms=window.from_ms)
            else:
                connection.execute(update(MaintenanceRow).where(ours).values(until_ms=now))
                ended = msgspec.structs.replace(window, until_ms=now)
            _record(
                connection, actor, "end-maintenance", window_id, now, reason=reason,
                before={"until_ms": window.until_ms}, after={"until_ms": ended.until_ms},
            )  # fmt: skip
            return ended

        return await self._database.run(write)

    async def window(self, window_id: int) -> Maintenance:
        """One window; LookupError if there is none of that id."""
        return await self._database.run(lambda connection: _window(connection, window_id))

    def _mistakes(self, window: Maintenance, now: int) -> list[LocalizedMessage]:
        problems: list[LocalizedMessage] = []
        if (window.site is None) == (window.sensor is None):
            problems.append(LocalizedMessage("site, sensor: name one of the two"))
        if window.site is not None and window.site not in {site.id for site in self._registry.sites()}:
            problems.append(
                LocalizedMessage(
                    "site {site!r}: there is none of that id; /api/v1/sites lists them", site=window.site[:80]
                )
            )
        if window.sensor is not None and window.sensor not in {each.id for each in self._registry.sensors()}:
            problems.append(
                LocalizedMessage(
                    "sensor {sensor!r}: there is none of that id; /api/v1/sensors lists them", sensor=window.sensor[:80]
                )
            )
        if window.until_ms <= max(now, window.from_ms):
            problems.append(LocalizedMessage("until: must be ahead, and after the beginning"))
        elif window.until_ms - window.from_ms > LONGEST_MS:
            problems.append(LocalizedMessage("until: is more than 30 days after the beginning; write an earlier end"))
        if not window.reason:
            problems.append(LocalizedMessage("reason: is empty; say what is done there"))
        problems += text_problems("reason", window.reason, LONGEST_TEXT)
        return problems


_WINDOW: tuple[Any, ...] = tuple(getattr(MaintenanceRow, name) for name in Maintenance.__struct_fields__)


def _window(connection: Connection, window_id: int) -> Maintenance:
    row = connection.execute(select(*_WINDOW).where(MaintenanceRow.id == window_id)).one_or_none()
    if row is None:
        raise LookupError(f"there is no maintenance window {window_id}")
    return Maintenance(*row)


def _record(
    connection: Connection,
    actor: Actor,
    action: str,
    number: int,
    now: int,
    *,
    reason: str,
    before: Any = None,
    after: Any = None,
) -> None:
    write_entry(
        connection, actor, action, f"maintenance:{number}", now_ms=now, reason=reason, before=before, after=after
    )
