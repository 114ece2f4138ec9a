"""The table of refused readings (the dead letters): why, how often, and another try.

24 Nov 12:10:05 WIT   gw-daruba   unknown_sensor   sensor air-pier is not in city.toml; add it …   ×3   [Try again]
"""

from collections.abc import Awaitable, Callable

from nicegui import ui

from cloud.console.elements import box, mark, text
from cloud.console.gateway_views import LetterView
from cloud.console.words import N_, Words

COLUMNS = (N_("First refused"), N_("Gateway"), N_("Why"), N_("Times"), "")

TryAgain = Callable[[int], Awaitable[tuple[str, str]]]
"""Replays a dead letter: gives a level for the colour and a sentence on the outcome."""


class Letters:
    """The section with the refused readings, newest first; `try_again` None: who looks may only read them."""

    def __init__(self, _: Words, *, try_again: TryAgain | None) -> None:
        self._words, self._try_again = _, try_again
        self._rows: dict[int, Row] = {}
        with box("panel", "section", aria_label=_("Refused readings")) as self._panel:
            with box("panel-head"):
                text(_("Refused readings"), "panel-title", "h2")
                self._open = text("", "panel-count")
            text(_("Kept whole until the cause is mended; nothing here is lost."), "panel-note", "p")
            with box("table letters", role="table"):
                with box("row head", role="row"):
                    for column in COLUMNS:
                        text(_(column) if column else "", "cell").props["role"] = "columnheader"
                self._body = box("rows", role="rowgroup")
            self._none = text(_("No reading was refused."), "panel-empty", "p")

    def show(self, letters: tuple[LetterView, ...], open_count: int) -> None:
        """Bring the rows up to date."""
        _ = self._words
        mark(self._panel, "some" if letters else "none")
        self._open.set(_.plural("{n} open", "{n} open", open_count) if open_count else "")
        if [letter.id for letter in letters] != list(self._rows):
            self._build(letters)
        for letter in letters:
            self._rows[letter.id].show(letter)

    def _build(self, letters: tuple[LetterView, ...]) -> None:
        outcomes = {row_id: row.outcome for row_id, row in self._rows.items()}
        self._body.clear()
        with self._body:
            self._rows = {
                letter.id: Row(self._words, letter, self._try_again, outcomes.get(letter.id, ("", "")))
                for letter in letters
            }


class Row:
    """One refused reading or message."""

    def __init__(self, _: Words, letter: LetterView, try_again: TryAgain | None, outcome: tuple[str, str]) -> None:
        self._letter_id, self.outcome = letter.id, outcome
        with box("row", role="row") as self._row:
            for column, classes, content in ((0, "nowrap", letter.time), (1, "", letter.gateway)):
                with _cell(_, column, classes):
                    text(content)
            with _cell(_, 2, "why"):
                text(letter.sentence)
                text(letter.reason, "reason")
                self._outcome = text("", "outcome")
            with _cell(_, 3, "number"):
                self._count = text()
            with _cell(_, 4, "action"):
                if try_again is not None:
                    with box("try", "button", type="button") as button:
                        text(_("Try again"))
                    button.on("click", lambda: self._try(button, try_again))
        self._tell(outcome)

    def show(self, letter: LetterView) -> None:
        """Bring the row up to date."""
        self._count.set(letter.count)
        mark(self._row, str(bool(letter.outcome)).lower(), "data-stored")
        if letter.outcome and not self.outcome[1]:
            self._tell(("ok", letter.outcome))

    async def _try(self, button: ui.element, try_again: TryAgain) -> None:
        mark(button, "true", "disabled")
        try:
            self._tell(await try_again(self._letter_id))
        finally:
            button.props.pop("disabled", None)
            button.update()

    def _tell(self, outcome: tuple[str, str]) -> None:
        self.outcome = outcome
        mark(self._row, outcome[0])
        self._outcome.set(outcome[1])


def _cell(_: Words, column: int, classes: str) -> ui.element:
    label = _(COLUMNS[column]) if COLUMNS[column] else ""
    return box(f"cell {classes}", role="cell", data_label=label)
