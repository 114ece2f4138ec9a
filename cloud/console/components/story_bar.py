"""The demo's bar: a button for each story, and which one plays; only where `console.stories` names a folder.

Demo, simulated devices:   [Flood] [Smoke] [Crowd] [Power cut]      "Flood" plays; the terminal tells what to look at
"""

import json
from pathlib import Path

from nicegui import ui

from cloud.access.principal import Role
from cloud.console.components.elements import box, mark, text
from cloud.console.components.visitor import Visitor
from cloud.console.stories.exchange import TITLES, StoryExchange
from cloud.http.auth import auth_context_of
from i18n.catalog import Catalog


class StoryBar:
    """The buttons; whoever may not ask for a story sees which one plays."""

    def __init__(self, _: Catalog, visitor: Visitor, folder: Path) -> None:
        self._words = _
        self._exchange = StoryExchange(folder)
        with box("stories", "section", aria_label=_("Stories of the demo")) as self._bar:
            text(_("Demo with simulated devices. Play a story:"), "faint")
            if visitor.may(Role.OPERATOR):
                for name in TITLES:
                    self._button(name)
            self._playing = text("", "strong", "span")
            self._playing.props["role"] = "status"
            text("", "story-problem", "span").props["id"] = "story-problem"

    def show(self) -> None:
        """Bring up to date what plays."""
        _ = self._words
        name = self._exchange.playing
        mark(self._bar, "ok" if name else "idle")
        told = (
            _("“{story}” plays: the terminal of the demo says what to look at.", story=_(TITLES[name])) if name else ""
        )
        self._playing.set(told)

    def _button(self, name: str) -> None:
        _, request = self._words, ui.context.client.request
        context = auth_context_of(request)
        root, csrf = request.scope.get("app_root_path", ""), "" if context is None else context.csrf
        refused = _("Another story plays or is about to: wait for its end, then press again.")
        given = ", ".join(map(json.dumps, (root, csrf, name, refused)))
        with box("story", "button", type="button") as button:
            text(_(TITLES[name]))
        button.on("click", js_handler=f"() => siaga.playStory({given})")
