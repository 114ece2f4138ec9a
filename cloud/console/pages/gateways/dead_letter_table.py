"""The table of refused readings (the dead letters): why, how often, and what can be done about them.

24 Nov 12:10:05 WIT   gw-daruba   unknown_sensor   sensor air-pier is not in city.toml; …   ×3   [Try again] [More]
      why: [ the sensor is in the city file now ]  [Try all like this again] [Discard this one] [Discard all like this]
"""

from collections import Counter
from collections.abc import Awaitable, Callable, Sequence

from nicegui import ui

from cloud.access.principal import Role
from cloud.console.components.elements import box, mark, text
from cloud.console.components.inputs import button, line_input
from cloud.console.components.visitor import Visitor
from cloud.console.pages.gateways.actions import DeadLetterActions, Outcome
from cloud.console.view_models.gateways import DeadLetterView
from cloud.ingest.dead_letter_records import Discarded
from cloud.ingest.dead_letter_room import MOST_NAMED
from i18n.catalog import N_, Catalog

COLUMNS = (N_("First refused"), N_("Gateway"), N_("Why"), N_("Times"), "")

Action = Callable[[], Awaitable[Outcome]]


class DeadLetterTable:
    """The section with the refused readings, newest first; who may do nothing about them reads them only."""

    def __init__(self, _: Catalog, visitor: Visitor, actions: DeadLetterActions) -> None:
        self._words, self._visitor, self._actions = _, visitor, actions
        self._rows: dict[int, DeadLetterItem] = {}
        with box("panel", "section", aria_label=_("Refused readings")) as self._panel:
            with box("panel-head"):
                text(_("Refused readings"), "panel-title", "h2")
                self._open = text("", "panel-count")
            text(
                _("Kept whole until the cause is mended, as far as their gateway has room."),
                "panel-note",
                "p",
            )
            self._discarded = text("", "problem", "p")
            with box("table letters", role="table"):
                with box("row head", role="row"):
                    for column in COLUMNS:
                        text(_(column) if column else "", "cell").props["role"] = "columnheader"
                self._body = box("rows", role="rowgroup")
            self._none = text(_("No reading was refused."), "panel-empty", "p")

    def show(
        self, dead_letters: tuple[DeadLetterView, ...], open_count: int, *, discarded: Sequence[Discarded] = ()
    ) -> None:
        """Bring the rows up to date, and what found no room."""
        _ = self._words
        self._discarded.set(discarded_words(_, discarded))
        mark(self._panel, "some" if dead_letters else "none")
        self._open.set(_.plural("{n} open", "{n} open", open_count) if open_count else "")
        if [dead_letter.id for dead_letter in dead_letters] != list(self._rows):
            self._build(dead_letters)
        for dead_letter in dead_letters:
            self._rows[dead_letter.id].show(dead_letter)

    def _build(self, dead_letters: tuple[DeadLetterView, ...]) -> None:
        outcomes = {row_id: row.outcome for row_id, row in self._rows.items()}
        self._body.clear()
        with self._body:
            self._rows = {
                dead_letter.id: DeadLetterItem(
                    self._words, dead_letter, self._visitor, self._actions, outcomes.get(dead_letter.id, ("", ""))
                )
                for dead_letter in dead_letters
            }


class DeadLetterItem:
    """One refused reading or message."""

    def __init__(
        self, _: Catalog, dead_letter: DeadLetterView, visitor: Visitor, actions: DeadLetterActions, outcome: Outcome
    ) -> None:
        self._words, self._visitor, self._actions = _, visitor, actions
        self._dead_letter_id, self.outcome, self._word = dead_letter.id, outcome, ""
        with box("row", role="row") as self._row:
            for column, classes, content in ((0, "nowrap", dead_letter.time), (1, "", dead_letter.gateway)):
                with _cell(_, column, classes):
                    text(content)
            with _cell(_, 2, "why"):
                text(dead_letter.sentence)
                text(dead_letter.reason, "reason")
                self._outcome = text("", "outcome")
                self._more = box("letter-more")
            with _cell(_, 3, "number"):
                self._count = text()
            with _cell(_, 4, "action"):
                if visitor.may(Role.TECHNICIAN):
                    self._button(N_("Try again"), lambda: actions.try_again(visitor, dead_letter.id))
                    button(_("More"), "try", on_click=self._open_more)
        self._show_outcome(outcome)

    def show(self, dead_letter: DeadLetterView) -> None:
        """Bring the row up to date."""
        self._count.set(dead_letter.count)
        mark(self._row, str(bool(dead_letter.outcome)).lower(), "data-stored")
        if dead_letter.outcome and not self.outcome[1]:
            self._show_outcome(("ok", dead_letter.outcome))

    def _open_more(self) -> None:
        """Show what takes a reason, or hide it again."""
        _, visitor, actions, dead_letter = self._words, self._visitor, self._actions, self._dead_letter_id
        if list(self._more):
            self._more.clear()
            return
        with self._more:
            line_input(self._word, label=_("Why, for the journal"), on_change=self._set_word)
            self._button(N_("Try all like this again"), lambda: actions.try_alike(visitor, dead_letter, self._word))
            if visitor.may(Role.ENGINEER):
                self._button(N_("Discard this one"), lambda: actions.discard(visitor, dead_letter, self._word))
                self._button(
                    N_("Discard all like this"), lambda: actions.discard(visitor, dead_letter, self._word, alike=True)
                )

    def _set_word(self, word: str) -> None:
        self._word = word

    def _button(self, words: str, action: Action) -> None:
        with box("try", "button", type="button") as element:
            text(self._words(words))
        element.on("click", lambda: self._do(element, action))

    async def _do(self, element: ui.element, action: Action) -> None:
        mark(element, "true", "disabled")
        try:
            self._show_outcome(await action())
        finally:
            element.props.pop("disabled", None)
            element.update()

    def _show_outcome(self, outcome: Outcome) -> None:
        self.outcome = outcome
        mark(self._row, outcome[0])
        self._outcome.set(outcome[1])


def _cell(_: Catalog, column: int, classes: str) -> ui.element:
    label = _(COLUMNS[column]) if COLUMNS[column] else ""
    return box(f"cell {classes}", role="cell", data_label=label)


def discarded_words(_: Catalog, discarded: Sequence[Discarded]) -> str:
    """What was refused and not kept, gateway by gateway; empty where all was kept."""
    sums: Counter[str] = Counter()
    for row in discarded:
        sums[row.gateway or _("unknown gateway")] += row.readings
    if not sums:
        return ""
    rows = ", ".join(f"{gateway}: {_.number(readings, 0)}" for gateway, readings in sums.most_common(MOST_NAMED))
    return _("Refused and not kept, for want of room: {rows}. Mend the cause, then discard or try again.", rows=rows)
