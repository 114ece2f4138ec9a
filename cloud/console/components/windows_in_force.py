"""The maintenance windows in force, above what they keep quiet.

Maintenance at Daruba river bridge until 11:00: alarms there page nobody.   budi: the gauge is cleaned
"""

from cloud.console.components.elements import box, symbol, text
from cloud.console.view_models.maintenance import WindowView
from i18n.catalog import Catalog


class WindowsInForce:
    """The windows in force, above the alarms: what is worked on pages nobody."""

    def __init__(self, _: Catalog) -> None:
        self._words = _
        self._drawn: tuple[WindowView, ...] = ()
        self._place = box("works", role="status")

    def show(self, windows: tuple[WindowView, ...]) -> None:
        """Show the windows that are in force among `windows`."""
        _ = self._words
        held = tuple(window for window in windows if window.holds)
        if held == self._drawn:
            return
        self._drawn = held
        self._place.clear()
        with self._place:
            for window in held:
                with box("work"):
                    symbol("engineering")
                    text(
                        _("Maintenance at {place} until {time}: alarms there page nobody.",
                          place=window.where, time=window.until),
                        "strong",
                    )  # fmt: skip
                    text(f"{window.who}: {window.reason}", "faint")
