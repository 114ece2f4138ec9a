"""The page of duty: who is called now, and the calendar of seven days, to be written by operators.

On duty now   1 ani until 25 Nov 07:00    2 budi until 26 Nov 07:00
‹ Tue 24 Nov            Wed 25 Nov            Thu 26 Nov      ›
  19:00–24:00  1 ani    00:00–07:00  1 ani    …
"""

import time
from zoneinfo import ZoneInfo

from cloud.access.principal import Role
from cloud.console.components.elements import box, mark, symbol, text
from cloud.console.components.inputs import button, choice, field, moment_input, problem_text
from cloud.console.components.visitor import Visitor
from cloud.console.pages.duty.actions import DutyActions
from cloud.console.view_models.day_times import day_start, moment_text, next_hour
from cloud.console.view_models.duty import DAYS_SHOWN, DayView, EntryView, OnDutyView, on_duty, week_of
from cloud.console.view_models.page_model import PageModel
from cloud.database.engine import DatabaseUnavailable
from cloud.notify.duty import RANKS
from i18n import figures
from i18n.catalog import Catalog
from runtime.clock import wall_ms
from wire.durations import DAY_MS, HOUR_MS

_AGAIN_S = 5.0
"""How often the calendar is asked for what others have written."""
USUAL_H = 12
"""How long a duty lasts unless somebody chooses another end."""
_Drawn = tuple[tuple[OnDutyView, ...], tuple[DayView, ...]]


class DutyPage:
    """The body of the page, in the time of the city."""

    def __init__(self, _: Catalog, actions: DutyActions, visitor: Visitor, *, zone: ZoneInfo) -> None:
        self._words, self._actions, self._visitor, self._zone = _, actions, visitor, zone
        self._weeks, self._asked_s = 0, float("-inf")
        self._leaving: tuple[str, int] | None = None
        self._drawn: _Drawn | None = None
        with box("panel", "section", aria_label=_("On duty now")):
            text(_("On duty now"), "panel-title", "h2")
            self._now = box("on-duty", role="status")
        with box("panel", "section", aria_label=_("Duty calendar")):
            self._build_head()
            self._note = problem_text()
            self._days = box("week")
        if visitor.may(Role.OPERATOR):
            self._form_place = box("panel new-entry", "section", aria_label=_("New duty"))
            self._build_form()

    async def show(self, model: PageModel) -> None:
        """Bring the calendar up to date; the form stays as somebody is writing it."""
        if time.monotonic() - self._asked_s >= _AGAIN_S:
            await self._ask()

    async def set_theme(self, theme: str, model: PageModel) -> None:
        """Nothing here is drawn by a script: the style sheet has every colour."""

    def _build_head(self) -> None:
        _ = self._words
        with box("panel-head week-head"):
            text(_("Duty calendar"), "panel-title", "h2")
            text(_("Times in {zone}", zone=figures.zone_name(wall_ms(), self._zone)), "faint")
            with box("spans", role="group", aria_label=_("Which week")):
                for words, weeks in ((_("Earlier"), -1), (_("Today"), 0), (_("Later"), 1)):
                    self._turner(words, weeks)

    def _turner(self, words: str, weeks: int) -> None:
        async def turn() -> None:
            self._weeks = self._weeks + weeks if weeks else 0
            await self._ask()

        with box("span-button", "button", type="button") as element:
            text(words)
        element.on("click", turn)

    async def _ask(self) -> None:
        _, now_ms, self._asked_s = self._words, wall_ms(), time.monotonic()
        first_ms = day_start(now_ms, self._zone, days=DAYS_SHOWN * self._weeks)
        try:
            held = await self._actions.duties(now_ms, now_ms + 1)
            week = await self._actions.duties(first_ms, first_ms + (DAYS_SHOWN + 1) * DAY_MS)
        except DatabaseUnavailable as error:
            self._note.set(str(error))
            return
        self._note.set("")
        drawn = on_duty(_, held, now_ms, self._zone), week_of(_, week, first_ms, now_ms, self._zone)
        if drawn != self._drawn:
            self._drawn, self._leaving = drawn, None
            self._draw(drawn)

    def _draw(self, drawn: _Drawn) -> None:
        _ = self._words
        held, days = drawn
        self._now.clear()
        with self._now:
            self._draw_now(held)
        self._days.clear()
        with self._days:
            for day in days:
                with box("day") as element:
                    text(day.title, "day-title", "h3")
                    for entry in day.entries:
                        self._entry(entry, day)
                    if not day.entries:
                        text(_("nobody"), "faint")
                mark(element, str(day.today).lower(), "data-today")

    def _draw_now(self, held: tuple[OnDutyView, ...]) -> None:
        _ = self._words
        if not held:
            text(_("Nobody: messages go to each channel's own address."), "nobody", "p")
        for one in held:
            with box("holder"):
                text(str(one.rank), "rank")
                text(one.person, "holder-name")
                text(one.until, "faint")

    def _entry(self, entry: EntryView, day: DayView) -> None:
        _ = self._words
        with box("duty", data_duty=str(entry.id)) as element:
            element.props["title"] = entry.whole
            text(str(entry.rank), "rank")
            with box("duty-words"):
                text(entry.person, "duty-person")
                text(entry.span, "faint")
            if not self._visitor.may(Role.OPERATOR):
                return
            if self._leaving == (day.title, entry.id):  # asked where it was pressed, though a night has two days
                button(_("Take out"), "main", on_click=lambda: self._remove(entry.id))
                return
            label = _("Take {person} out", person=entry.person)
            with box("icon-button", "button", type="button", aria_label=label) as out:
                symbol("close")
            out.on("click", lambda: self._ask_to_leave(entry, day))

    def _ask_to_leave(self, entry: EntryView, day: DayView) -> None:
        self._leaving = day.title, entry.id
        if self._drawn is not None:
            self._draw(self._drawn)

    async def _remove(self, duty_id: int) -> None:
        refusal = await self._actions.remove(self._visitor, duty_id)
        await self._ask()
        self._note.set(refusal)

    def _build_form(self) -> None:
        _, people = self._words, self._actions.people
        self._form_place.clear()
        with self._form_place:
            text(_("New duty"), "panel-title", "h2")
            if not people:
                text(_("Nobody can be told yet; whoever runs the server adds people to [notify]."), "panel-empty", "p")
                return
            self._person, self._rank = people[0], "1"
            start_ms = next_hour(wall_ms(), self._zone)
            self._start = moment_text(start_ms, self._zone)
            self._until = moment_text(start_ms + USUAL_H * HOUR_MS, self._zone)
            with box("fields"):
                self._fields(people)
            self._problem = problem_text()
            with box("decide"):
                button(_("Put on duty"), "main", icon="check", on_click=self._add)

    def _fields(self, people: tuple[str, ...]) -> None:
        _ = self._words
        ranks = [(str(rank), _("{n}, called first", n=rank) if rank == 1 else str(rank)) for rank in RANKS]
        with field(_("Who")):
            choice(self._person, [(name, name) for name in people], label=_("Who"), on_change=self._keep_person)
        with field(_("Rank")):
            choice(self._rank, ranks, label=_("Rank"), on_change=self._keep_rank)
        with field(_("From")):
            moment_input(self._start, label=_("From"), on_change=self._keep_start)
        with field(_("Until")):
            moment_input(self._until, label=_("Until"), on_change=self._keep_until)

    async def _add(self) -> None:
        refusal = await self._actions.add(self._visitor, self._person, int(self._rank), self._start, self._until)
        if refusal:
            self._problem.set(refusal)
            return
        self._build_form()
        await self._ask()

    def _keep_person(self, person: str) -> None:
        self._person = person

    def _keep_rank(self, rank: str) -> None:
        self._rank = rank

    def _keep_start(self, start: str) -> None:
        self._start = start

    def _keep_until(self, until: str) -> None:
        self._until = until
