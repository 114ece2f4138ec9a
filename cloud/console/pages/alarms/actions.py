"""What people do about alarms from the page: each action asks first who they are now, and returns a sentence.

await actions.acknowledge(visitor, 17, "the pump runs") -> "" when it is done, or why it is not
"""

from collections.abc import Awaitable, Callable

from cloud.access.principal import Principal, Role
from cloud.alarms.alarm_service import LONGEST_SHELF_MS, AlarmActionRejected, AlarmService, AlreadyAcknowledged
from cloud.alarms.records import Alarm, AlarmFilter
from cloud.console.components.visitor import NotAllowed, Visitor
from cloud.console.pages.alarms.shelving import parse_until, until
from cloud.console.view_models.alarms import AlarmContext, JournalLine, journal_lines
from cloud.console.view_models.typed_number import InvalidInput
from cloud.database.engine import DatabaseUnavailable
from i18n.catalog import N_, Catalog
from i18n.message import LocalizedMessage
from runtime.clock import wall_ms

JOURNAL_SHOWN = 50
PAGE_SIZE = 20


class AlarmActions:
    """The service of alarms, for pages in one language; `changed` is called after each action."""

    def __init__(self, _: Catalog, alarm_service: AlarmService, *, changed: Callable[[], object]) -> None:
        self._words, self._alarm_service, self._changed = _, alarm_service, changed

    async def acknowledge(self, visitor: Visitor, alarm_id: int, reason: str) -> str:
        """Say that it is known, with a word."""
        _ = self._words
        if not reason.strip():
            return _("Write a word, so that the next shift knows.")
        return await self._act(
            visitor,
            alarm_id,
            lambda principal, alarm: self._alarm_service.acknowledge(alarm.id, reason, actor=principal.actor),
        )

    async def assign(self, visitor: Visitor, alarm_id: int, person: str) -> str:
        """Give it to somebody; to nobody with an empty name."""
        return await self._act(
            visitor,
            alarm_id,
            lambda principal, alarm: self._alarm_service.assign(alarm.id, person, actor=principal.actor),
        )

    async def shelve(
        self, visitor: Visitor, alarm_id: int, choice: str, time_of_day: str, reason: str, context: AlarmContext
    ) -> str:
        """Put it aside: for a choice of shelving.CHOICES, or until a time of day."""
        _ = self._words
        if not reason.strip():
            return _("Write a word, so that the next shift knows.")

        async def act(principal: Principal, alarm: Alarm) -> Alarm:
            now_ms, zone = wall_ms(), context.zone_of(alarm.site)
            end_ms = parse_until(_, time_of_day, now_ms, zone) if choice == "custom" else until(choice, now_ms, zone)
            return await self._alarm_service.shelve(
                alarm.id, min(end_ms, now_ms + LONGEST_SHELF_MS), reason, actor=principal.actor
            )

        return await self._act(visitor, alarm_id, act)

    async def unshelve(self, visitor: Visitor, alarm_id: int) -> str:
        """Take it up again before its time."""
        return await self._act(
            visitor,
            alarm_id,
            lambda principal, alarm: self._alarm_service.unshelve(alarm.id, "", actor=principal.actor),
        )

    async def journal(self, visitor: Visitor, alarm_id: int, context: AlarmContext) -> tuple[JournalLine, ...]:
        """What became of it and who did what; NotAllowed, LookupError and DatabaseUnavailable are the caller's."""
        alarm = await self._alarm_service.alarm(alarm_id)
        await visitor.must(Role.OPERATOR, site=alarm.site)
        changes = await self._alarm_service.changes(alarm_id)
        entries = await self._alarm_service.journal(subject=f"alarm:{alarm_id}", limit=JOURNAL_SHOWN)
        return journal_lines(self._words, context.quantities, alarm, changes, entries, context.zone_of(alarm.site))

    async def closed(self, wanted: AlarmFilter) -> list[Alarm]:
        """A page of alarms that are over, and one more if there is another page."""
        return await self._alarm_service.alarms(wanted)

    async def one(self, visitor: Visitor, alarm_id: int) -> Alarm | None:
        """One alarm, if there is one of that id at a site that they may see."""
        try:
            alarm = await self._alarm_service.alarm(alarm_id)
        except (LookupError, DatabaseUnavailable):
            return None
        return alarm if visitor.principal.may_see(alarm.site) else None

    async def _act(self, visitor: Visitor, alarm_id: int, act: Callable[[Principal, Alarm], Awaitable[Alarm]]) -> str:
        _ = self._words
        try:
            alarm = await self._alarm_service.alarm(alarm_id)
            principal = await visitor.must(Role.OPERATOR, site=alarm.site)
            await act(principal, alarm)
        except LookupError:
            return _("This alarm is gone; load the page again.")
        except AlreadyAcknowledged as first:
            return _first(_, first.alarm)
        except AlarmActionRejected as refusal:
            return _.said(refusal.sentence, **_named(_, refusal.sentence))
        except (NotAllowed, DatabaseUnavailable, InvalidInput) as refusal:
            return str(refusal)
        self._changed()
        return ""


_FIELDS = {"word": N_("the word"), "person": N_("the name")}
"""The fields of a refused action, as people know them."""


def _named(_: Catalog, sentence: LocalizedMessage) -> dict[str, str]:
    field = sentence.values.get("field")
    return {"field": _(_FIELDS[field])} if isinstance(field, str) and field in _FIELDS else {}


def _first(_: Catalog, alarm: Alarm) -> str:
    return _(
        "{person} has acknowledged it already: “{word}”.",
        person=alarm.acknowledged_by,
        word=alarm.acknowledged_word,
    )
