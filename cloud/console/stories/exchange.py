"""How the console asks the demo for a story, and knows what plays: two files in a folder that both of them see.

console ─► FOLDER/asked   {"name":"flood","who":"operator"} ─► the demo takes it away, and begins
demo    ─► FOLDER/playing {"name":"flood"}                  ─► the console shows it, and takes no other until it is gone
"""

import contextlib
import os
import tempfile
from pathlib import Path

import msgspec

from i18n.catalog import N_

TITLES = {
    "flood": N_("Flood"),
    "smoke": N_("Smoke"),
    "crowd": N_("Crowd"),
    "powercut": N_("Power cut"),
}
NAMES = tuple(TITLES)


class AskedStory(msgspec.Struct, frozen=True):
    """A story, and who asks for it."""

    name: str
    who: str = ""


class StoryExchange:
    """The folder of the two files."""

    def __init__(self, folder: Path) -> None:
        self._asked = folder / "asked"
        self._playing = folder / "playing"

    def ask(self, story: AskedStory) -> bool:
        """Ask for a story; False where another one plays or is asked for. OSError where the folder is not writable."""
        if self.playing:
            return False
        self._asked.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=self._asked.parent) as whole:
            whole.write(msgspec.json.encode(story))
            whole.flush()
            try:
                os.link(whole.name, self._asked)  # which, unlike a rename, never takes the place of another one
            except FileExistsError:
                return False
        return True

    def pop_asked(self) -> AskedStory | None:
        """Give the story that is asked for, and forget it."""
        story = _read(self._asked)
        self._asked.unlink(missing_ok=True)
        return story

    @property
    def playing(self) -> str:
        """The story that plays; empty while none does."""
        story = _read(self._playing)
        return "" if story is None else story.name

    def show_playing(self, name: str) -> None:
        """Say which story plays, or with an empty name that none does."""
        self._playing.parent.mkdir(parents=True, exist_ok=True)
        if not name:
            self._playing.unlink(missing_ok=True)
            return
        part = self._playing.with_suffix(".part")
        part.write_bytes(msgspec.json.encode(AskedStory(name)))
        part.replace(self._playing)

    def clear(self) -> None:
        """Forget what a demo that was killed has left."""
        for file in (self._asked, self._playing):
            file.unlink(missing_ok=True)


def _read(file: Path) -> AskedStory | None:
    with contextlib.suppress(OSError, msgspec.MsgspecError):
        story = msgspec.json.decode(file.read_bytes(), type=AskedStory)
        return story if story.name in TITLES else None
    return None
