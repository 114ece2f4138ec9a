"""What is done about refused readings from the page; each action asks first who somebody is now.

await actions.try_alike(visitor, 119, "the sensor is in the city file") -> ("ok", "3 tried again: …")
"""

from collections.abc import Awaitable, Callable

from cloud.access.principal import Principal, Role
from cloud.console.components.visitor import NotAllowed, Visitor
from cloud.database.engine import DatabaseUnavailable
from cloud.ingest.dead_letter_records import DeadLetter, DeadLetterFilter
from cloud.ingest.dead_letters import LONGEST_WORD, MOST_DISCARDED, MOST_REPLAYED
from cloud.platform import Platform
from cloud.readings.contract import StoreUnavailable
from i18n.catalog import Catalog
from runtime.clock import wall_ms
from wire import is_printable

Outcome = tuple[str, str]
"""A level for the colour, and a sentence."""


class DeadLetterActions:
    """Trying again and throwing away, in the language of `_`; `changed` is called when something was done."""

    def __init__(self, _: Catalog, platform: Platform, *, changed: Callable[[], object]) -> None:
        self._words, self._platform, self._changed = _, platform, changed

    async def try_again(self, visitor: Visitor, dead_letter_id: int) -> Outcome:
        """Replay a dead letter."""

        async def act(principal: Principal, dead_letter: DeadLetter) -> Outcome:
            replay = await self._platform.replay(dead_letter.id, actor=principal.actor)
            return ("bad" if replay.refused else "ok"), replay.sentence

        return await self._act(visitor, Role.TECHNICIAN, dead_letter_id, act)

    async def try_alike(self, visitor: Visitor, dead_letter_id: int, reason: str) -> Outcome:
        """Replay the oldest dead letters of the same gateway that were refused for the same reason."""
        _ = self._words

        async def act(principal: Principal, dead_letter: DeadLetter) -> Outcome:
            found = await self._platform.replay_many(
                self._alike(principal, dead_letter),
                after_id=0,
                limit=MOST_REPLAYED,
                actor=principal.actor,
                reason=reason.strip(),
            )
            sentence = _.plural(
                "{n} tried again: readings stored {stored}, still refused {refused}.",
                "{n} tried again: readings stored {stored}, still refused {refused}.",
                found.letters,
                stored=_.number(found.stored, 0),
                refused=_.number(found.refused, 0),
            )
            return ("bad" if found.refused else "ok"), sentence

        return await self._act(visitor, Role.TECHNICIAN, dead_letter_id, act, reason=reason)

    async def discard(self, visitor: Visitor, dead_letter_id: int, reason: str, *, alike: bool = False) -> Outcome:
        """Throw a dead letter away for good, or all of the same gateway and reason."""

        async def act(principal: Principal, dead_letter: DeadLetter) -> Outcome:
            thrown = await self._platform.dead_letters.discard(
                self._alike(principal, dead_letter),
                dead_letter_id=None if alike else dead_letter.id,
                most=MOST_DISCARDED,
                actor=principal.actor,
                reason=reason.strip(),
                now_ms=wall_ms(),
            )
            return "warn", self._words.plural("{n} discarded.", "{n} discarded.", thrown)

        return await self._act(visitor, Role.ENGINEER, dead_letter_id, act, reason=reason)

    async def _act(
        self,
        visitor: Visitor,
        least: Role,
        dead_letter_id: int,
        act: Callable[[Principal, DeadLetter], Awaitable[Outcome]],
        *,
        reason: str | None = None,
    ) -> Outcome:
        _ = self._words
        if reason is not None and (not reason.strip() or len(reason) > LONGEST_WORD or not is_printable(reason)):
            return "bad", _("Write on one line why: it stands in the journal.")
        try:
            principal = await visitor.must(least)
            outcome = await act(principal, await self._platform.dead_letter_for(principal, dead_letter_id))
        except NotAllowed as refused:
            return "bad", str(refused)
        except LookupError:
            return "warn", _("It is gone: somebody else has cleared it.")
        except (StoreUnavailable, DatabaseUnavailable) as error:
            return "bad", str(error)
        self._changed()
        return outcome

    def _alike(self, principal: Principal, dead_letter: DeadLetter) -> DeadLetterFilter:
        return DeadLetterFilter(self._platform.dead_letter_gateways(principal), dead_letter.gateway, dead_letter.reason)
