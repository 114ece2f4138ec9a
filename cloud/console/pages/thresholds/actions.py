"""What engineers do about rules from the page: try, save, take back. Each action asks first who they are now.

await actions.save(visitor, "river-level", "site:daruba", fields, reason)
 -> ThresholdRejected({"levels": "…"}, []) or None when done
"""

import re
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import msgspec

from cloud.access.principal import Principal, Role
from cloud.alarms.preview import Preview, Previewer
from cloud.console.components.visitor import NotAllowed, Visitor
from cloud.console.pages.thresholds.problem_sentences import refusal_sentence
from cloud.database.engine import DatabaseUnavailable
from cloud.readings.contract import StoreUnavailable
from cloud.rulebook.admission import no_such_sensor
from cloud.rulebook.records import RuleRejected
from cloud.rulebook.rule_store import RuleStore
from cloud.rulebook.visibility import foreign_in, may_change_scope
from i18n.catalog import Catalog
from rules.problem import ValidationProblem
from runtime.clock import wall_ms
from wire.durations import DAY_MS

DAYS = (1, 7, 30)


class ThresholdRejected(msgspec.Struct, frozen=True):
    """Why something was not done: sentences beside the field that each of them names, and all others."""

    by_field: dict[str, str] = {}
    others: tuple[str, ...] = ()


class ThresholdActions:
    """The store of rules and the previewer, for pages in one language."""

    def __init__(self, _: Catalog, rule_store: RuleStore, previewer: Previewer) -> None:
        self._words, self._rule_store, self._previewer = _, rule_store, previewer

    async def preview(
        self, visitor: Visitor, family: str, scope: str, fields: dict[str, Any], *, sensor: str, days: int
    ) -> Preview | ThresholdRejected:
        """What the rule would have done over the last `days` of a sensor."""
        _ = self._words
        end_ms = wall_ms()
        try:
            principal = await self._must(visitor, f"sensor:{sensor}")
            self._must_name(principal, family, scope, fields)
            return await self._previewer.preview(
                family,
                scope,
                fields or None,
                sensor=sensor,
                start_ms=end_ms - days * DAY_MS,
                end_ms=end_ms,
                sites=principal.sites,
            )
        except RuleRejected as refusal:
            return rejected_for(_, refusal.problems)
        except LookupError:
            return ThresholdRejected(others=(_("This sensor is gone; load the page again."),))
        except (NotAllowed, DatabaseUnavailable, StoreUnavailable) as error:
            return ThresholdRejected(others=(str(error),))

    async def save(
        self, visitor: Visitor, family: str, scope: str, fields: dict[str, Any], reason: str, *, seen: int
    ) -> ThresholdRejected | None:
        """Set `fields` in `scope`, from now on; with none left the scope sets nothing any more.

        `seen` is the version that was edited: what somebody else has saved since is not undone unseen.
        """
        _ = self._words
        newest = next(iter(self._rule_store.versions(family, scope)), None)
        if newest is not None and newest.version != seen:
            meanwhile = _(
                "{person} has changed it meanwhile: “{reason}”; cancel, and look at it first.",
                person=newest.author,
                reason=newest.reason,
            )
            return ThresholdRejected(others=(meanwhile,))

        async def act(principal: Principal) -> object:
            if fields:
                self._must_name(principal, family, scope, fields)
                return await self._rule_store.save(family, scope, fields, actor=principal.actor, reason=reason)
            return await self._rule_store.remove(family, scope, actor=principal.actor, reason=reason)

        return await self._act(visitor, scope, act)

    def newest_version(self, family: str, scope: str) -> int:
        """The number of the newest version of what `scope` sets of a family; 0 where it never set anything."""
        return max((version.version for version in self._rule_store.versions(family, scope)), default=0)

    async def undo(self, visitor: Visitor, family: str, scope: str, reason: str) -> ThresholdRejected | None:
        """Take the newest version back."""
        _ = self._words
        why = reason.strip() or _("undone")
        return await self._act(
            visitor, scope, lambda principal: self._rule_store.undo(family, scope, actor=principal.actor, reason=why)
        )

    def may_change(self, principal: Principal, scope: str) -> bool:
        """Whether somebody's sites let them change what holds in `scope`: a wide scope takes all sites."""
        return may_change_scope(principal, self._rule_store.targets, scope)

    def _must_name(self, principal: Principal, family: str, scope: str, fields: dict[str, Any]) -> None:
        held = next((patch.fields for patch in self._rule_store.patches(family) if patch.scope == scope), {})
        foreign = foreign_in(principal, self._rule_store.targets, fields, held)
        if foreign:
            raise RuleRejected([no_such_sensor(foreign[0])])

    async def _act(
        self, visitor: Visitor, scope: str, act: Callable[[Principal], Awaitable[object]]
    ) -> ThresholdRejected | None:
        try:
            await act(await self._must(visitor, scope))
        except RuleRejected as refusal:
            return rejected_for(self._words, refusal.problems)
        except (NotAllowed, DatabaseUnavailable) as error:
            return ThresholdRejected(others=(str(error),))
        return None

    async def _must(self, visitor: Visitor, scope: str) -> Principal:
        _ = self._words
        principal = await visitor.must(Role.ENGINEER)
        if not self.may_change(principal, scope):
            raise NotAllowed(_("This reaches beyond the sites that you may see; choose one of your sites."))
        return principal


def rejected_for(_: Catalog, problems: Sequence[ValidationProblem]) -> ThresholdRejected:
    """The problems in this language, the first of each field beside it."""
    by_field: dict[str, str] = {}
    others: list[str] = []
    for problem in problems:
        sentence = refusal_sentence(_, problem)
        if problem.field in by_field:
            others.append(sentence)
        else:
            by_field[problem.field] = sentence
    return ThresholdRejected(by_field, tuple(others))


def family_name(title: str, taken: list[str]) -> str:
    """A name for a new family, from its title: "River level" -> river-level, river-level-2 where that is taken."""
    bare = re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")[:40] or "rule"
    names = (bare, *(f"{bare}-{number}" for number in range(2, len(taken) + 3)))
    return next(name for name in names if name not in taken)
