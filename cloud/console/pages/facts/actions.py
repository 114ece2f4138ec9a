"""What engineers do about dated facts from the page; each action asks first who they are now.

await actions.record(visitor, "sensor:river", "mounting_height_cm", "420", "", "survey 7", "hung lower")
 -> "" when done, or why it is not
"""

from collections.abc import Awaitable, Callable
from typing import Any
from zoneinfo import ZoneInfo

from cloud.access.principal import Principal, Role
from cloud.console.components.visitor import NotAllowed, Visitor
from cloud.console.view_models.day_times import parse_moment
from cloud.console.view_models.facts import parse_value
from cloud.console.view_models.typed_number import InvalidInput
from cloud.database.engine import DatabaseUnavailable
from cloud.registry.fact_service import FactRejected, FactService
from cloud.registry.history import SITE
from i18n.catalog import Catalog, ended


class FactActions:
    """The dated facts, for pages in one language; times are those of `zone`."""

    def __init__(self, _: Catalog, facts: FactService, zone: ZoneInfo, *, changed: Callable[[], object]) -> None:
        self._words, self._facts, self._zone, self._changed = _, facts, zone, changed

    async def record(
        self, visitor: Visitor, subject: str, what: str, value: str, since: str, source: str, reason: str
    ) -> str:
        """Record what holds from `since` on, from now where that is empty."""

        async def act(principal: Principal) -> object:
            self._must_touch(principal, subject, what, value)
            valid_from_ms = parse_moment(self._words, since, self._zone) if since else None
            return await self._facts.record(
                subject, what, parse_value(self._words, what, value),
                actor=principal.actor, reason=reason, source=source,
                valid_from_ms=valid_from_ms,
            )  # fmt: skip

        return await self._act(visitor, act)

    async def correct(self, visitor: Visitor, fact_id: int, value: str, source: str, reason: str) -> str:
        """Record another value with the validity of a fact."""

        async def act(principal: Principal) -> object:
            fact = await self._facts.fact(fact_id)
            self._must_touch(principal, fact.subject, fact.what, value)
            given: Any = parse_value(self._words, fact.what, value)
            return await self._facts.correct(fact_id, given, actor=principal.actor, reason=reason, source=source)

        return await self._act(visitor, act)

    async def undo(self, visitor: Visitor, fact_id: int, reason: str) -> str:
        """Take a fact back."""

        async def act(principal: Principal) -> object:
            fact = await self._facts.fact(fact_id)
            self._must_touch(principal, fact.subject, "", "")
            return await self._facts.undo(fact_id, actor=principal.actor, reason=reason)

        return await self._act(visitor, act)

    def _must_touch(self, principal: Principal, subject: str, what: str, value: str) -> None:
        _ = self._words
        if not self._facts.may_touch(subject, principal.sites) or (
            what == SITE and not principal.may_see(value.strip())
        ):
            raise NotAllowed(_("This site is not among those that you may see."))

    async def _act(self, visitor: Visitor, act: Callable[[Principal], Awaitable[object]]) -> str:
        _ = self._words
        try:
            await act(await visitor.must(Role.ENGINEER))
        except FactRejected as refusal:
            return " ".join(ended(_.said(problem)) for problem in refusal.problems)
        except LookupError:
            return _("This fact is gone.")
        except (NotAllowed, DatabaseUnavailable, InvalidInput) as refusal:
            return str(refusal)
        self._changed()
        return ""
