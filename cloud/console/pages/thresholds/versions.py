"""The versions of a rule side by side: what each changed, who, when and why; the newest can be taken back.

version 3   24 Nov 2026 12:10   ani   "the dike was raised"                       [ Undo ]
  Levels    before: Siaga 3 150 cm        after: Siaga 3 170 cm
"""

from collections.abc import Awaitable, Callable

from cloud.console.components.elements import box, text
from cloud.console.components.inputs import button, line_input, problem_text
from cloud.console.view_models.thresholds import VersionView
from i18n.catalog import Catalog

Undo = Callable[[str], Awaitable[str]]
"""Called with the reason; answers with why it was not done, or nothing."""


class Versions:
    """The list; `undo` None: they may only be read."""

    def __init__(self, _: Catalog, versions: tuple[VersionView, ...], *, undo: Undo | None) -> None:
        self._words, self._undo = _, undo
        self._reason = ""
        if not versions:
            text(_("Nothing was ever set here; all of it is inherited."), "faint", "p")
        for number, version in enumerate(versions):
            self._version(version, newest=number == 0)

    def _version(self, version: VersionView, *, newest: bool) -> None:
        _ = self._words
        with box("version", "article"):
            with box("version-head"):
                text(_("version {n}", n=version.version), "strong")
                text(version.when, "faint")
                text(version.author, "version-who")
                text(f"“{version.reason}”", "version-why")
            if version.since:
                text(version.since, "faint")
            if version.removed:
                text(_("from here on this place says nothing of the rule"), "faint")
            self._changes(version)
            if newest and self._undo is not None:
                self._offer_undo(self._undo)

    def _changes(self, version: VersionView) -> None:
        _ = self._words
        if not version.changes:
            return
        with box("changes"):
            for words in ("", _("before"), _("after")):
                text(words, "change-head")
            for change in version.changes:
                text(change.name, "change-name")
                text(change.before, "change-before")
                text(change.after, "change-after")

    def _offer_undo(self, undo: Undo) -> None:
        _ = self._words

        async def take_back() -> None:
            problem.set(await undo(self._reason))

        with box("undo"):
            line_input("", label=_("Why"), placeholder=_("why it is undone"), on_change=self._keep)
            button(_("Undo"), icon="undo", on_click=take_back)
        problem = problem_text()

    def _keep(self, reason: str) -> None:
        self._reason = reason
