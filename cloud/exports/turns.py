"""Whose turn it is to export: one file at a time for each account, and a few for all together.

turns = ExportTurns()        turns.begin("ani")  …  turns.end("ani")
"""

from cloud.exports.order import ExportRefused
from i18n.message import LocalizedMessage

AT_ONCE = 4
"""Files that are written at the same time: each takes the store and half a core."""


class ExportTurns:
    """The accounts that export now."""

    def __init__(self) -> None:
        self._running: set[str] = set()

    def begin(self, account: str) -> None:
        """Let an account begin; ExportRefused where it exports already, or too many others do."""
        if account in self._running:
            raise ExportRefused(
                "export-runs",
                LocalizedMessage("A file is written for {name} already; wait until it has ended.", name=account),
            )
        if len(self._running) >= AT_ONCE:
            raise ExportRefused(
                "exports-busy",
                LocalizedMessage("{n} others download files now; try again in a minute.", n=len(self._running)),
            )
        self._running.add(account)

    def end(self, account: str) -> None:
        """Let the next one begin."""
        self._running.discard(account)
