"""What engineers do about rules from the page: try, save, take back. Each deed asks first who they are now.

await acts.save(visitor, "river-level", "site:daruba", fields, reason) -> Refused({"levels": "…"}, []) or None when done
"""

import re
import time
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec

from cloud.access.who import Role, Who
from cloud.alarms.book import Book
from cloud.alarms.preview import Preview, Previewer
from cloud.alarms.records import RuleRefused
from cloud.console.visitor import NotAllowed, Visitor
from cloud.console.words import Words
from cloud.registry.database import DatabaseUnavailable
from cloud.stores.contract import StoreUnavailable

DAYS = (1, 7, 30)
_DAY_MS = 86_400_000
_FIELD = re.compile(r"([a-z_]+)(?:\[(\d+)\]\.([a-z_]+))?[: ]")


class Refused(msgspec.Struct, frozen=True):
    """Why something was not done: sentences beside the field that each of them names, and all others."""

    by_field: dict[str, str] = {}
    others: tuple[str, ...] = ()


class ThresholdActs:
    """The book of rules and the previewer, for pages in one language."""

    def __init__(self, _: Words, book: Book, previewer: Previewer) -> None:
        self._words, self._book, self._previewer = _, book, previewer

    async def preview(
        self, visitor: Visitor, family: str, scope: str, fields: dict[str, Any], *, sensor: str, days: int
    ) -> Preview | Refused:
        """What the rule would have done over the last `days` of a sensor."""
        end_ms = time.time_ns() // 1_000_000
        try:
            await self._must(visitor, f"sensor:{sensor}")
            return await self._previewer.preview(
                family, scope, fields or None, sensor=sensor, start_ms=end_ms - days * _DAY_MS, end_ms=end_ms
            )
        except RuleRefused as refusal:
            return sorted_out(refusal.problems)
        except (NotAllowed, LookupError, DatabaseUnavailable, StoreUnavailable) as error:
            return Refused(others=(str(error),))

    async def save(
        self, visitor: Visitor, family: str, scope: str, fields: dict[str, Any], reason: str, *, seen: int
    ) -> Refused | None:
        """Say in `scope` what `fields` say, from now on; with none left the scope says nothing any more.

        `seen` is the version that was looked at: what somebody else has saved since is not undone unseen.
        """
        _ = self._words
        newest = next(iter(self._book.versions(family, scope)), None)
        if newest is not None and newest.version != seen:
            meanwhile = _(
                "{person} has changed it meanwhile: “{reason}”; cancel, and look at it first.",
                person=newest.author,
                reason=newest.reason,
            )
            return Refused(others=(meanwhile,))
        if not reason.strip():
            return Refused({"reason": _("Write why, so that others understand it later.")})

        async def act(who: Who) -> object:
            if fields:
                return await self._book.save(family, scope, fields, who=who.actor, reason=reason)
            return await self._book.remove(family, scope, who=who.actor, reason=reason)

        return await self._act(visitor, scope, act)

    def newest_version(self, family: str, scope: str) -> int:
        """The number of the newest version of what `scope` says of a family; 0 where it never said anything."""
        return max((version.version for version in self._book.versions(family, scope)), default=0)

    async def undo(self, visitor: Visitor, family: str, scope: str, reason: str) -> Refused | None:
        """Take the newest version back."""
        _ = self._words
        why = reason.strip() or _("undone")
        return await self._act(visitor, scope, lambda who: self._book.undo(family, scope, who=who.actor, reason=why))

    def may_change(self, who: Who, scope: str) -> bool:
        """Whether somebody's sites let them change what holds in `scope`: a wide scope takes all sites."""
        if who.sites is None:
            return True
        kind, _colon, name = scope.partition(":")
        sensor = self._book.things.get(name) if kind == "sensor" else None
        site = name if kind == "site" else (sensor.site if sensor else "")
        return bool(site) and who.may_see(site)

    async def _act(self, visitor: Visitor, scope: str, act: Callable[[Who], Awaitable[object]]) -> Refused | None:
        try:
            await act(await self._must(visitor, scope))
        except RuleRefused as refusal:
            return sorted_out(refusal.problems)
        except (NotAllowed, DatabaseUnavailable) as error:
            return Refused(others=(str(error),))
        return None

    async def _must(self, visitor: Visitor, scope: str) -> Who:
        _ = self._words
        who = await visitor.must(Role.ENGINEER)
        if not self.may_change(who, scope):
            raise NotAllowed(_("This reaches beyond the sites that you may see; choose one of your sites."))
        return who


def sorted_out(problems: list[str]) -> Refused:
    """The sentences of a refusal, each beside the field that it begins with."""
    by_field: dict[str, str] = {}
    others: list[str] = []
    for problem in problems:
        found = _FIELD.match(problem)
        name = _field_named(found) if found is not None else ""
        if not name or name in by_field:
            others.append(problem)
        else:
            by_field[name] = problem
    return Refused(by_field, tuple(others))


def _field_named(found: re.Match[str]) -> str:
    """The name in the editor of what the engine calls levels[0].limit."""
    return f"level.{found[2]}.{found[3]}" if found[1] == "levels" and found[2] else found[1]


def family_name(title: str, taken: list[str]) -> str:
    """A name for a new family, from its title: "River level" -> river-level, river-level-2 where that is taken."""
    bare = re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")[:40] or "rule"
    names = (bare, *(f"{bare}-{number}" for number in range(2, len(taken) + 3)))
    return next(name for name in names if name not in taken)
