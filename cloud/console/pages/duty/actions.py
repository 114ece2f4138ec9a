"""What operators do about the duty calendar from the page; each action asks first who they are now.

await actions.add(visitor, "ani", 1, "2026-11-24T19:00", "2026-11-25T07:00") -> "" when done, or why it is not
"""

from collections.abc import Awaitable, Callable
from zoneinfo import ZoneInfo

from cloud.access.principal import Principal, Role
from cloud.console.components.visitor import NotAllowed, Visitor
from cloud.console.view_models.day_times import parse_moment
from cloud.console.view_models.typed_number import InvalidInput
from cloud.database.engine import DatabaseUnavailable
from cloud.notify.duty import Duty, DutyCalendar, DutyRejected
from i18n.catalog import Catalog, ended
from runtime.clock import wall_ms


class DutyActions:
    """The calendar, for pages in one language; times are those of `zone`."""

    def __init__(self, _: Catalog, calendar: DutyCalendar, zone: ZoneInfo) -> None:
        self._words, self._calendar, self._zone = _, calendar, zone

    @property
    def people(self) -> tuple[str, ...]:
        """Who can be put on duty."""
        return self._calendar.people

    async def duties(self, from_ms: int, until_ms: int) -> list[Duty]:
        """The duties that touch a time; DatabaseUnavailable is the caller's."""
        return await self._calendar.duties(from_ms=from_ms, until_ms=until_ms)

    async def add(self, visitor: Visitor, person: str, rank: int, start: str, until: str) -> str:
        """Put somebody on duty."""
        _ = self._words

        async def act(principal: Principal) -> object:
            duty = Duty(0, person, rank, parse_moment(_, start, self._zone), parse_moment(_, until, self._zone))
            return await self._calendar.add(duty, actor=principal.actor, now_ms=wall_ms())

        return await self._act(visitor, act)

    async def remove(self, visitor: Visitor, duty_id: int) -> str:
        """Take a duty out of the calendar."""
        return await self._act(
            visitor,
            lambda principal: self._calendar.remove(duty_id, actor=principal.actor, now_ms=wall_ms()),
        )

    async def _act(self, visitor: Visitor, act: Callable[[Principal], Awaitable[object]]) -> str:
        _ = self._words
        try:
            await act(await visitor.must(Role.OPERATOR))
        except DutyRejected as refusal:
            return ended(_.said(refusal.sentence))
        except LookupError:
            return _("This duty is gone already.")
        except (NotAllowed, DatabaseUnavailable, InvalidInput) as refusal:
            return str(refusal)
        return ""
