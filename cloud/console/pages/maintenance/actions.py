"""What technicians do about maintenance windows from the page; each action asks first who they are now.

await actions.plan(visitor, "site:daruba", "", "2026-11-24T19:00", "the gauge is cleaned") -> "" when done, or why not
"""

from collections.abc import Awaitable, Callable, Mapping
from zoneinfo import ZoneInfo

from cloud.access.principal import Principal, Role
from cloud.alarms.maintenance import MaintenanceCalendar, MaintenanceRejected
from cloud.console.components.visitor import NotAllowed, Visitor
from cloud.console.view_models.day_times import parse_moment
from cloud.console.view_models.maintenance import site_of
from cloud.console.view_models.typed_number import InvalidInput
from cloud.database.engine import DatabaseUnavailable
from cloud.registry.records import Sensor
from i18n.catalog import Catalog, ended


class MaintenanceActions:
    """The calendar of windows, for pages in one language; times are those of `zone`."""

    def __init__(
        self, _: Catalog, calendar: MaintenanceCalendar, sensors: Mapping[str, Sensor], zone: ZoneInfo, *,
        changed: Callable[[], object],
    ) -> None:  # fmt: skip
        self._words, self._calendar, self._sensors = _, calendar, sensors
        self._zone, self._changed = zone, changed

    async def plan(self, visitor: Visitor, place: str, start: str, until: str, reason: str) -> str:
        """Make a window at site:NAME or sensor:NAME, from now on where `start` is empty."""
        _ = self._words
        kind, _colon, name = place.partition(":")
        sensor = self._sensors.get(name) if kind == "sensor" else None
        site = sensor.site if sensor is not None else name

        async def act(principal: Principal) -> object:
            return await self._calendar.plan(
                site=name if kind == "site" else None,
                sensor=name if kind == "sensor" else None,
                from_ms=parse_moment(_, start, self._zone) if start else None,
                until_ms=parse_moment(_, until, self._zone),
                reason=reason,
                actor=principal.actor,
            )

        return await self._act(visitor, site, act)

    async def end(self, visitor: Visitor, window_id: int) -> str:
        """End a window now, or take one back that has not begun."""
        _ = self._words
        try:
            window = await self._calendar.window(window_id)
        except LookupError:
            return _("This window is gone already.")
        except DatabaseUnavailable as error:
            return str(error)
        return await self._act(
            visitor,
            site_of(window, self._sensors),
            lambda principal: self._calendar.end(window_id, actor=principal.actor),
        )

    async def _act(self, visitor: Visitor, site: str, act: Callable[[Principal], Awaitable[object]]) -> str:
        _ = self._words
        try:
            await act(await visitor.must(Role.TECHNICIAN, site=site))
        except MaintenanceRejected as refusal:
            return " ".join(ended(_.said(problem)) for problem in refusal.problems)
        except LookupError:
            return _("This window is gone already.")
        except (NotAllowed, DatabaseUnavailable, InvalidInput) as refusal:
            return str(refusal)
        self._changed()
        return ""
