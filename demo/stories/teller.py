"""Tells one story at a time, between the demo's other work: those asked for at its start, and those from the console.

--story flood ─┐
POST /demo/stories/flood ─► DATA/stories/asked ─┴─► tell ─► DATA/stories/playing until it has ended
"""

import time
from collections.abc import Callable, Mapping

from cloud.console.stories.exchange import NAMES, StoryExchange
from demo.stories import crowd, flood, playing, powercut, smoke
from demo.stories.stage import Staging, StoryStage, Told
from i18n.message import LocalizedMessage

TELL: Mapping[str, Callable[[StoryStage], Told]] = {
    "flood": flood.tell,
    "smoke": smoke.tell,
    "crowd": crowd.tell,
    "powercut": powercut.tell,
}
assert tuple(TELL) == NAMES  # noqa: S101 - the console has a button for each


class Teller:
    """Goes on with the story that plays, and begins the one that is asked for; `poll` never waits."""

    def __init__(self, staging: Staging) -> None:
        self._staging = staging
        self._exchange = StoryExchange(staging.folder / "stories")
        self._exchange.clear()
        playing.end(staging.folder / "devices")
        self._told: Told | None = None

    @property
    def is_telling(self) -> bool:
        """Whether a story plays."""
        return self._told is not None

    def begin(self, name: str) -> None:
        """Begin a story."""
        self._exchange.show_playing(name)
        self._told = TELL[name](StoryStage(self._staging))

    def poll(self) -> None:
        """Go on: one look of the story that plays, or the next one that somebody asked for."""
        if self._told is None:
            asked = self._exchange.pop_asked()
            if asked is not None:
                self._say_who(asked.name, asked.who)
                self.begin(asked.name)
        elif next(self._told, _ENDED) is _ENDED:
            self._told = None
            playing.end(self._staging.folder / "devices")
            self._exchange.show_playing("")

    def _say_who(self, name: str, who: str) -> None:
        sentence = LocalizedMessage("{who} asks for the story {name} in the console", who=who, name=name)
        self._staging.write(f"{time.strftime('%H:%M:%S')}  {self._staging.words.said(sentence)}")


_ENDED = object()
