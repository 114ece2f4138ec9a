"""What a story has at hand: the island to change, the platform to look at, staff and siren, a terminal to tell in.

0:41  Siaga 3: River level 152 cm. Look at the card of Jembatan Daruba  http://127.0.0.1:8080/console/en
      └ the story's own clock, and only what the platform itself says is told as having happened
"""

import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from demo.figures import Api
from demo.processes import Tree
from demo.stories import playing
from demo.stories.numbered import Numbered, numbered_by
from demo.stories.siren import SimulatedSiren, SirenCommand
from demo.stories.staff import SimulatedStaff
from i18n.catalog import Catalog
from i18n.message import Bilingual, LocalizedMessage

T = TypeVar("T")

PATIENCE_S = 60.0
"""How long a story waits for what the platform should say, before it says that it has not."""
LOOK_S = 0.5
Told = Iterator[None]
"""A story: it goes on each time it is asked, and never waits itself."""


class Staging(NamedTuple):
    """What all stories of a demo share."""

    tree: Tree
    api: Api
    staff: SimulatedStaff
    siren: SimulatedSiren
    folder: Path
    address: str
    words: Catalog
    write: Callable[[str], None]


class StoryStage:
    """One story's view of it; its clock begins with it."""

    def __init__(self, staging: Staging, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._staging = staging
        self._clock = clock
        self._began_s = clock()
        self._sounded = len(staging.siren.commands)
        self._warnings = set(self._warnings_now())

    @property
    def tree(self) -> Tree:
        """The demo's processes."""
        return self._staging.tree

    @property
    def api(self) -> Api:
        """The platform's answers."""
        return self._staging.api

    @property
    def at_s(self) -> float:
        """The second of the story."""
        return self._clock() - self._began_s

    def acknowledge(self, alarm: int, word: LocalizedMessage) -> None:
        """Let the simulated staff acknowledge an alarm."""
        self._staging.staff.acknowledge(alarm, self._staging.words.said(word))

    def play(self, name: str) -> None:
        """Let the simulated devices play a story from its first second."""
        self._began_s = self._clock()
        playing.begin(self._staging.folder / "devices", name, now_s=self._began_s)

    def tell(self, sentence: LocalizedMessage, *, page: str = "", **query: str | int) -> None:
        """Write one line: what happens, and the page of the console on which to look at it."""
        where = f"  {self.page(page.strip('/'), **query)}" if page else ""
        minutes, seconds = divmod(int(self.at_s), 60)
        self._staging.write(f"  {minutes}:{seconds:02}  {self._staging.words.said(sentence)}{where}")

    def page(self, name: str = "", **query: str | int) -> str:
        """The address of a page of the console in the language of the terminal."""
        asked = "&".join(f"{key}={value}" for key, value in query.items())
        address = f"{self._staging.address}/console/{self._staging.words.language.code}"
        return f"{address}{f'/{name}' if name else ''}{f'?{asked}' if asked else ''}"

    def until(self, is_so: Callable[[], bool], what: LocalizedMessage, *, timeout_s: float = PATIENCE_S) -> Told:
        """Wait for what the platform should say; where it does not, that is told, and the story goes on."""
        deadline_s = self._clock() + timeout_s
        while not is_so():
            if self._clock() > deadline_s:
                self.tell(
                    LocalizedMessage(
                        "NOT SEEN within {seconds} s: {what}. The story goes on; the logs are in {folder}",
                        seconds=round(timeout_s), what=what, folder=str(self._staging.folder / "logs"),
                    )
                )  # fmt: skip
                return
            yield from self.rest(self.at_s + LOOK_S)

    def rest(self, until_s: float) -> Told:
        """Let time pass until a second of the story."""
        while self.at_s < until_s:
            yield

    def alarm(self, family: str, place: str) -> Mapping[str, Any] | None:
        """The open alarm of a family of rules on a sensor or a site, if there is one."""
        answer = self.api.get("/alarms", open=True, family=family) or {"alarms": []}
        return next((alarm for alarm in answer["alarms"] if place in (alarm["sensor"], alarm["site"])), None)

    def open_alarms(self) -> list[Mapping[str, Any]]:
        """All open alarms."""
        return list((self.api.get("/alarms", open=True) or {"alarms": []})["alarms"])

    def value(self, sensor: str, quantity: str) -> float | None:
        """The newest reading of a series that is not old."""
        newest = self.api.get("/readings/latest") or []
        found = [one for one in newest if (one["sensor"], one["quantity"]) == (sensor, quantity) and one["age_s"] < 150]
        return float(found[0]["value"]) if found else None

    def siren_commands(self) -> list[SirenCommand]:
        """The commands that the siren heard since the story began."""
        return self._staging.siren.commands[self._sounded :]

    def new_warnings(self) -> list[Path]:
        """The CAP messages that were written since the story began, the newest last."""
        new = set(self._warnings_now()) - self._warnings
        return sorted(new, key=lambda file: file.stat().st_mtime)

    def numbered(self, gateway: str) -> Numbered:
        """How many readings a gateway without power has numbered, by its disk."""
        return numbered_by(self._staging.folder / f"{gateway}.spool.db")

    def _warnings_now(self) -> list[Path]:
        return list((self._staging.folder / "warnings").glob("*.xml"))


def level_of(alarm: Mapping[str, Any]) -> Bilingual:
    """The present level of an alarm, as its rule names it."""
    level = alarm["level"]
    return Bilingual(level["name"], level["name_id"] or level["name"])


def title_of(alarm: Mapping[str, Any]) -> Bilingual:
    """What an alarm is about, as its rule says it."""
    return Bilingual(alarm["title"], alarm["title_id"] or alarm["title"])
