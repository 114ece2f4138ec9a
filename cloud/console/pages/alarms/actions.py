"""What people do about an alarm, from its card or its own page; each in one sentence afterwards, or why it is not done.

POST …/alarms/acknowledge  alarm=17&word=the+pump+runs      …/assign  person=budi      …/shelve  for=4h      …/unshelve
"""

from collections.abc import Awaitable, Callable, Mapping
from zoneinfo import ZoneInfo

from cloud.access.principal import Principal, Role
from cloud.alarms.alarm_service import (
    LONGEST_NAME,
    LONGEST_SHELF_MS,
    LONGEST_WORD,
    AlarmActionRejected,
    AlreadyAcknowledged,
)
from cloud.alarms.records import Alarm
from cloud.console.frame.form import Form
from cloud.console.frame.page import Action, Done
from cloud.console.frame.rejections import ActionRejected
from cloud.console.frame.visit import PageVisit
from cloud.console.pages.alarms.shelving import CHOICES, parse_until, until
from cloud.console.view_models.typed_number import InvalidInput
from cloud.platform import Platform
from i18n.catalog import N_, Catalog, ended
from i18n.message import LocalizedMessage
from runtime.clock import wall_ms

CUSTOM = "custom"
_Act = Callable[[Principal, Alarm], Awaitable[Alarm]]


class AlarmActions:
    """The actions; `done` is called after each, before the page shows what it has become."""

    def __init__(self, platform: Platform, done: Callable[[], None]) -> None:
        self._alarm_service, self._registry, self._done = platform.alarm_service, platform.registry, done
        self._checklists = platform.checklists

    @property
    def by_name(self) -> Mapping[str, Action]:
        """The actions, as forms name them."""
        return {
            "acknowledge": self._acknowledge,
            "assign": self._assign,
            "shelve": self._shelve,
            "unshelve": self._unshelve,
            "tick": self._tick,
        }

    async def _acknowledge(self, visit: PageVisit, form: Form) -> Done:
        _, word = visit.words, _word(visit, form, "word")
        await self._act(visit, form, "word", lambda who, alarm: self._alarm_service.acknowledge(
            alarm.id, word, actor=who.actor))  # fmt: skip
        return Done(_("The alarm is acknowledged."))

    async def _assign(self, visit: PageVisit, form: Form) -> Done:
        _, own = visit.words, form.ticked("me")
        person = visit.principal.name if own else form.text("person", most=LONGEST_NAME + 1)
        await self._act(visit, form, "person", lambda who, alarm: self._alarm_service.assign(
            alarm.id, person, actor=who.actor))  # fmt: skip
        return Done(_("{person} has the alarm now.", person=person) if person else _("Nobody has the alarm now."))

    async def _shelve(self, visit: PageVisit, form: Form) -> Done:
        _, reason = visit.words, _word(visit, form, "reason")

        async def shelve(who: Principal, alarm: Alarm) -> Alarm:
            now_ms = wall_ms()
            end_ms = min(self._end(visit, form, alarm, now_ms), now_ms + LONGEST_SHELF_MS)
            return await self._alarm_service.shelve(alarm.id, end_ms, reason, actor=who.actor)

        await self._act(visit, form, "at", shelve)
        return Done(_("The alarm is put aside."))

    async def _unshelve(self, visit: PageVisit, form: Form) -> Done:
        _ = visit.words
        await self._act(visit, form, "", lambda who, alarm: self._alarm_service.unshelve(
            alarm.id, "", actor=who.actor))  # fmt: skip
        return Done(_("The alarm is taken up again."))

    async def _tick(self, visit: PageVisit, form: Form) -> Done:
        _, number, done = visit.words, form.number("step") or 0, not form.ticked("undo")
        await self._act(visit, form, "", lambda who, alarm: self._checklists.tick(
            alarm.id, number, done=done, actor=who.actor))  # fmt: skip
        return Done(_("Step {number} is done.", number=number) if done else _("Step {number} is open.", number=number))

    def _end(self, visit: PageVisit, form: Form, alarm: Alarm, now_ms: int) -> int:
        """Return until when an alarm is put aside, by the clock of its site."""
        site = self._registry.site(alarm.site)
        zone = ZoneInfo(site.zone) if site is not None and site.zone else visit.zone
        choice = form.text("for", most=20)
        if choice in CHOICES:
            return until(choice, now_ms, zone)
        return parse_until(visit.words, form.text("at", most=20), now_ms, zone)

    async def _act(self, visit: PageVisit, form: Form, field: str, act: _Act) -> None:
        _, who = visit.words, visit.must(Role.OPERATOR)
        gone = _("There is no such alarm here; load the page again.")
        try:
            alarm = await self._alarm_service.alarm(form.number("alarm") or 0)
            if not who.may_see(alarm.site):
                raise ActionRejected(gone, status=404)
            await act(who, alarm)
        except LookupError:
            raise ActionRejected(gone, status=404) from None
        except AlreadyAcknowledged as first:
            raise ActionRejected(_first(_, first.alarm), status=409) from None
        except AlarmActionRejected as refusal:
            sentence = _.said(refusal.sentence, **_named(_, refusal.sentence))
            raise ActionRejected(ended(sentence), field=field) from None
        except InvalidInput as refusal:
            raise ActionRejected(str(refusal), field=field) from None
        self._done()


def _word(visit: PageVisit, form: Form, field: str) -> str:
    """Return what somebody wrote for the next shift; ActionRejected where they wrote nothing."""
    _, word = visit.words, form.text(field, most=LONGEST_WORD + 1)
    visit.must(Role.OPERATOR)
    if not word:
        raise ActionRejected(_("Write a word, so that the next shift knows."), field=field)
    return word


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
