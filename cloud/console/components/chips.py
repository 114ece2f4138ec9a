"""Chips: a word on a colour.

with box(): shown = ChipBox(chip("Siaga 2", "#f28c00"))      shown.show(chip("Siaga 1", "#d7261e"))
"""

from nicegui import ui

from cloud.console.components.elements import box, mark, text
from cloud.console.view_models.colours import Chip, is_dark


class ChipBox:
    """A chip on the page; `show` changes what is new. `around` takes on the same colour, as --level and --ink."""

    def __init__(self, shown: Chip | None = None, *, around: ui.element | None = None) -> None:
        self._around = around
        self._shown: Chip | None = None
        with box("chip", "span") as self._chip:
            self._word = text("")
        if shown is not None:
            self.show(shown)

    def show(self, shown: Chip | None) -> None:
        """Show another word or colour; nothing for None."""
        if shown == self._shown:
            return
        self._shown = shown
        self._word.set("" if shown is None else shown.word)
        if self._around is not None:
            mark(self._around, str(shown is not None and is_dark(shown.colour)).lower(), "data-dark")
        for element in (self._chip, self._around):
            if element is not None:
                element.style(replace="" if shown is None else f"--level: {shown.colour}; --ink: {shown.ink}")
