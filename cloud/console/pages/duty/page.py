"""The page of duty: who is called now, what the shift before hands over, and the calendar of seven days.

On duty now   1 ani until 25 Nov 07:00    2 budi until 26 Nov 07:00
‹ Tue 24 Nov            Wed 25 Nov            Thu 26 Nov      ›
  19:00–24:00  1 ani    00:00–07:00  1 ani    …
"""

from cloud.access.principal import Role
from cloud.console.frame.form import Form
from cloud.console.frame.page import ConsolePage, Done, Fragment, PageContent
from cloud.console.frame.rejections import ActionRejected
from cloud.console.frame.visit import PageVisit
from cloud.console.pages.duty.handover import HandoverList, may_hand_over
from cloud.console.view_models.day_times import day_start, moment_text, next_hour, parse_moment
from cloud.console.view_models.duty import DAYS_SHOWN, on_duty, week_of
from cloud.console.view_models.typed_number import InvalidInput
from cloud.notify.duty import RANKS, Duty, DutyCalendar, DutyRejected
from cloud.platform import Platform
from i18n.catalog import ended
from runtime.clock import wall_ms
from wire.durations import DAY_MS, HOUR_MS

USUAL_H = 12
"""How long a duty lasts unless somebody chooses another end."""
FURTHEST_WEEKS = 520


def duty_page(platform: Platform) -> ConsolePage:
    """The page on a platform."""
    handover = HandoverList(platform)
    own = _DutyPage(platform.notifier.duty, handover)
    actions = {"add": own.add, "remove": own.remove, "hand-over": handover.write, "read": handover.mark_read}
    return ConsolePage("duty", "duty/page.html", own.show, actions=actions, name="duty")


class _DutyPage:
    def __init__(self, calendar: DutyCalendar, handover: HandoverList) -> None:
        self._calendar, self._handover = calendar, handover

    async def show(self, visit: PageVisit) -> PageContent:
        """Show who is called now, what is handed over, and a week."""
        _, zone, now_ms, week = visit.words, visit.zone, wall_ms(), _week(visit)
        first_ms = day_start(now_ms, zone, days=DAYS_SHOWN * week)
        now = await self._calendar.duties(from_ms=now_ms, until_ms=now_ms + 1)
        then = await self._calendar.duties(from_ms=first_ms, until_ms=first_ms + (DAYS_SHOWN + 1) * DAY_MS)
        held, days = on_duty(_, now, now_ms, zone), week_of(_, then, first_ms, now_ms, zone)
        may_write, handed_over = visit.may(Role.OPERATOR), may_hand_over(visit)
        return PageContent(
            [
                *([await self._handover.fragment(visit)] if handed_over else []),
                Fragment("on-duty", "duty/now.html", {"held": held}, version=held),
                Fragment("week", "duty/week.html", {"days": days, "may_write": may_write}, version=days),
            ],
            still={
                "week": week,
                "may_write": may_write,
                "handed_over": handed_over,
                **(self._form(visit, now_ms) if may_write else {}),
            },
            title=_("Duty"),
        )

    async def add(self, visit: PageVisit, form: Form) -> Done:
        """Put somebody on duty."""
        _, actor = visit.words, visit.must(Role.OPERATOR).actor
        person, rank = form.text("person"), form.number("rank") or 0
        try:
            start_ms, until_ms = (parse_moment(_, form.text(name), visit.zone) for name in ("from", "until"))
            await self._calendar.add(Duty(0, person, rank, start_ms, until_ms), actor=actor, now_ms=wall_ms())
        except InvalidInput as error:
            raise ActionRejected(str(error), field="until") from None
        except DutyRejected as rejection:
            raise ActionRejected(ended(_.said(rejection.sentence)), field="until") from None
        return Done(_("{person} is on duty.", person=person))

    async def remove(self, visit: PageVisit, form: Form) -> Done:
        """Take a duty out of the calendar."""
        _, actor = visit.words, visit.must(Role.OPERATOR).actor
        try:
            await self._calendar.remove(form.number("duty") or 0, actor=actor, now_ms=wall_ms())
        except LookupError:
            raise ActionRejected(_("This duty is gone already.")) from None
        return Done(_("The duty is taken out."))

    def _form(self, visit: PageVisit, now_ms: int) -> dict[str, object]:
        _, start_ms = visit.words, next_hour(now_ms, visit.zone)
        return {
            "people": [(person, person) for person in self._calendar.people],
            "ranks": [(rank, _("{n}, called first", n=rank) if rank == 1 else str(rank)) for rank in RANKS],
            "start": moment_text(start_ms, visit.zone),
            "until": moment_text(start_ms + USUAL_H * HOUR_MS, visit.zone),
        }


def _week(visit: PageVisit) -> int:
    """Which week is asked for: 0 that of now, −1 the one before."""
    text = visit.query.get("week", "0")
    number = int(text) if text.removeprefix("-").isdecimal() and len(text) < 5 else 0
    return max(-FURTHEST_WEEKS, min(number, FURTHEST_WEEKS))
