"""A card of one alarm: what, where and since when, what may be done about it, and its journal when asked for.

[Siaga 2] River level                      goes on
Daruba river bridge · River gauge          262 cm, 4 s ago · limit 250 cm
[ Acknowledge ] [ Assign ] [ Put aside ] [ Journal ]
"""

from collections.abc import Awaitable, Callable

from nicegui import ui

from cloud.access.principal import Role
from cloud.console.components.chips import ChipBox
from cloud.console.components.elements import TextElement, box, mark, text
from cloud.console.components.inputs import button, choice, field, line_input, problem_text
from cloud.console.components.visitor import NotAllowed, Visitor
from cloud.console.pages.alarms.actions import AlarmActions
from cloud.console.pages.alarms.shelving import CHOICES
from cloud.console.view_models.alarms import AlarmContext, AlarmView
from cloud.database.engine import DatabaseUnavailable
from i18n.catalog import Catalog


class AlarmCard:
    """One alarm: what is known of it, what may be done, and its journal when asked for."""

    def __init__(
        self, _: Catalog, actions: AlarmActions, visitor: Visitor, view: AlarmView, context: Callable[[], AlarmContext]
    ) -> None:
        self._words, self._actions, self._visitor, self._context = _, actions, visitor, context
        self._id = view.id
        self._form = ""
        with box("alarm", "article", id=f"alarm-{view.id}") as self._card:
            with box("alarm-head"):
                self._chip = ChipBox(around=self._card)
                with box("alarm-names"):
                    self._title = text(view.title, "alarm-title", "h2")
                    self._where = text(view.where, "alarm-where")
                self._state = text("", "alarm-state")
            with box("alarm-facts", "dl"):
                self._value = _fact(_("Value"))
                self._since = _fact(_("Since"))
                self._sure = _fact(_("How sure"))
            with box("tags"):
                self._tags = [text("", "tag") for _n in range(5)]
            self._advice = text(view.advice, "alarm-advice", "p")
            self._people = {name: _person_line(words) for name, words in self._people_words().items()}
            self._buttons = box("actions")
            self._form_place = box("alarm-form")
            self._journal_place = box("journal")
        self._offered: object = None

    def delete(self) -> None:
        """Take the card off the page."""
        self._card.delete()

    def move(self, place: ui.element, number: int) -> None:
        """Put the card where it belongs."""
        self._card.move(place, number)

    def show(self, view: AlarmView) -> None:
        """Bring the card up to date."""
        _ = self._words
        mark(self._card, view.state)
        mark(self._card, str(bool(view.acknowledged or view.shelved)).lower(), "data-known")
        self._chip.show(view.level)
        self._title.set(view.title)
        self._where.set(view.where)
        self._state.set(view.state_text)
        self._value.set(" · ".join(part for part in (view.value, view.value_age, view.limit, view.worst) if part))
        ended = _("until {time}", time=view.ended) if view.ended else ""
        self._since.set(" · ".join(part for part in (view.since, view.lasting, ended) if part))
        self._sure.set(view.sure)
        tags = [view.severity_name, view.test, view.late, view.withdrawn, view.worked_on]
        for element, words in zip(self._tags, tags, strict=True):
            element.set(words)
        self._advice.set(view.advice)
        for name, words in (("known", view.acknowledged), ("given", view.assigned), ("aside", view.shelved)):
            self._people[name].set(words)
        self._offer(view)

    def _people_words(self) -> dict[str, str]:
        _ = self._words
        return {"known": _("Acknowledged"), "given": _("Assigned"), "aside": _("Put aside")}

    def _offer(self, view: AlarmView) -> None:
        offered = (view.open, bool(view.acknowledged), bool(view.shelved))
        if offered == self._offered:
            return
        self._offered = offered
        _ = self._words
        self._buttons.clear()
        if not self._visitor.may(Role.OPERATOR):
            return
        with self._buttons:
            if not view.acknowledged:
                button(_("Acknowledge"), "main", icon="check", on_click=lambda: self._open("acknowledge"))
            button(_("Assign"), icon="person", on_click=lambda: self._open("assign"))
            if view.open and view.shelved:
                button(_("Take up again"), icon="undo", on_click=self._unshelve)
            elif view.open:
                button(_("Put aside"), icon="schedule", on_click=lambda: self._open("shelve"))
            button(_("Journal"), icon="history", on_click=self._journal)

    def _open(self, form: str) -> None:
        self._form = "" if self._form == form else form
        self._form_place.clear()
        if self._form:
            with self._form_place:
                {"acknowledge": self._acknowledge, "assign": self._assign, "shelve": self._shelve}[form]()

    def _acknowledge(self) -> None:
        _ = self._words
        word = _TypedText()
        self._ask(_("A word for the next shift"), word, placeholder=_("what is done about it"))
        self._decide(_("Acknowledge"), lambda: self._actions.acknowledge(self._visitor, self._id, word.text))

    def _assign(self) -> None:
        _ = self._words
        person = _TypedText(self._visitor.principal.name)
        self._ask(_("Who takes it"), person, placeholder=_("name"))
        self._decide(_("Assign"), lambda: self._actions.assign(self._visitor, self._id, person.text))

    def _shelve(self) -> None:
        _ = self._words
        for_long, at, word = _TypedText("1h"), _TypedText(), _TypedText()
        options = [*((value, _(words)) for value, words in CHOICES.items()), ("custom", _("until a time of day"))]

        def choose(chosen: str) -> None:
            for_long.set(chosen)
            time_of_day.set_visibility(chosen == "custom")

        with field(_("For how long")):
            choice(for_long.text, options, label=_("For how long"), on_change=choose)
        time_of_day = box("time-of-day")
        with time_of_day:
            self._ask(_("Until (time of day)"), at, placeholder="17:30", classes="short")
        time_of_day.set_visibility(False)
        self._ask(_("A word for the next shift"), word, placeholder=_("why it may wait"))

        def put_aside() -> Awaitable[str]:
            return self._actions.shelve(self._visitor, self._id, for_long.text, at.text, word.text, self._context())

        self._decide(_("Put aside"), put_aside)

    def _ask(self, label: str, kept: "_TypedText", *, placeholder: str, classes: str = "") -> None:
        with field(label):
            line_input(kept.text, label=label, placeholder=placeholder, classes=classes, on_change=kept.set)

    def _decide(self, words: str, act: Callable[[], Awaitable[str]]) -> None:
        _ = self._words
        with box("decide"):
            button(words, "main", on_click=lambda: self._do(act))
            button(_("Cancel"), "quiet", on_click=lambda: self._open(self._form))
        self._problem = problem_text()

    async def _do(self, act: Callable[[], Awaitable[str]]) -> None:
        refusal = await act()
        if refusal:
            self._problem.set(refusal)
            return
        self._form = ""
        self._form_place.clear()
        if self._has_journal:
            await self._fill_journal()

    async def _unshelve(self) -> None:
        refusal = await self._actions.unshelve(self._visitor, self._id)
        if refusal:
            with self._form_place:
                problem_text().set(refusal)

    @property
    def _has_journal(self) -> bool:
        return bool(self._journal_place.default_slot.children)

    async def _journal(self) -> None:
        if self._has_journal:
            self._journal_place.clear()
        else:
            await self._fill_journal()

    async def _fill_journal(self) -> None:
        _ = self._words
        try:
            lines = await self._actions.journal(self._visitor, self._id, self._context())
        except (NotAllowed, LookupError, DatabaseUnavailable) as error:
            lines, refusal = (), str(error)
        else:
            refusal = "" if lines else _("Nothing is written here yet.")
        self._journal_place.clear()
        with self._journal_place:
            if refusal:
                text(refusal, "mistake")
            for line in lines:
                with box("line"):
                    text(line.when, "line-when")
                    text(line.who, "line-who")
                    text(line.what, "line-what")
                    text(f"“{line.word}”" if line.who and line.word else line.word, "line-word")


class _TypedText:
    """The text that somebody is writing."""

    def __init__(self, content: str = "") -> None:
        self.text = content

    def set(self, content: str) -> None:
        self.text = content


def _fact(name: str) -> TextElement:
    with box("pair"):
        text(name, "pair-name", "dt")
        return text("", "fact", "dd")


def _person_line(name: str) -> TextElement:
    with box("said"):
        text(name, "said-name")
        return text("", "said-words")
