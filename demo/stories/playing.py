"""Which story plays on the simulated devices: a file that the demo writes and the process of the devices reads.

DATA/devices/story.json   {"name":"flood","began_s":81234.5}      began_s by the clock that runs since this boot

What is over, and what another boot left behind, changes nothing, so nobody has to take the file away in time.
"""

import time
from collections.abc import Callable
from pathlib import Path

import msgspec

from demo.island.particulates import Particulates
from demo.island.visitors import Crowd
from demo.stories.signals import SIGNALS, Signal

FILE = "story.json"
READ_EVERY_S = 0.5
_WHOLE_STORY_S = 600.0


class Story(msgspec.Struct, frozen=True):
    """A story that began at `began_s` of the monotonic clock, which all processes of a machine share."""

    name: str
    began_s: float


def begin(folder: Path, name: str, *, now_s: float) -> None:
    """Let the devices of `folder` play a story from now on."""
    written = folder / f"{FILE}.new"
    written.write_bytes(msgspec.json.encode(Story(name, now_s)))
    written.replace(folder / FILE)


def end(folder: Path) -> None:
    """Let the devices measure what the day brings."""
    (folder / FILE).unlink(missing_ok=True)


class PlayedStory:
    """The story that plays now, as a device sees it; the file is read twice a second at most."""

    def __init__(self, folder: Path, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._file = folder / FILE
        self._clock = clock
        self._read_s = -READ_EVERY_S
        self._story: Story | None = None

    def raised(self, device: str, ordinary: Callable[[float], float]) -> Callable[[float], float]:
        """What `device` measures: the ordinary, or more while a story plays on it."""

        def value(time_s: float) -> float:
            signal, at_s = self._now(device)
            return ordinary(time_s) if signal is None else signal.raised(ordinary(time_s), at_s)

        return value

    def smoky(self, device: str, ordinary: Callable[[float], Particulates]) -> Callable[[float], Particulates]:
        """The particulates that `device` measures: those of smoke are mostly fine."""

        def particulates(time_s: float) -> Particulates:
            signal, at_s = self._now(device)
            air = ordinary(time_s)
            if signal is None:
                return air
            more = signal.raised(air.pm2_5, at_s) - air.pm2_5
            return Particulates(air.pm2_5 + more, air.pm10 + 1.2 * more)

        return particulates

    def more_people(self, device: str) -> Callable[[], int]:
        """How many are at a place on top of the usual."""

        def people() -> int:
            signal, at_s = self._now(device)
            return 0 if signal is None else round(signal.peak * signal.share(at_s))

        return people

    def _now(self, device: str) -> tuple[Signal | None, float]:
        """The signal that plays on `device`, and the second of the story."""
        now_s = self._clock()
        if now_s - self._read_s >= READ_EVERY_S:
            self._story, self._read_s = self._read(), now_s
        story = self._story
        if story is None or not 0 <= now_s - story.began_s <= _WHOLE_STORY_S:
            return None, 0.0
        return SIGNALS.get(story.name, {}).get(device), now_s - story.began_s

    def _read(self) -> Story | None:
        try:
            return msgspec.json.decode(self._file.read_bytes(), type=Story)
        except (OSError, msgspec.MsgspecError):
            return None


class CrowdOfStory(Crowd):
    """A crowd to which a story's people come on top, and from which they go again."""

    def __init__(self, crowd: Crowd, more: Callable[[], int]) -> None:
        self._crowd = crowd
        self._more = more
        self._there = 0
        self.came, self.went, self.inside = crowd.came, crowd.went, crowd.inside

    def step(self, time_s: float, seconds: float) -> None:
        """Let both come and go for `seconds` until `time_s`."""
        came, went = self._crowd.came, self._crowd.went
        self._crowd.step(time_s, seconds)
        change, self._there = self._more() - self._there, self._more()
        self.came += self._crowd.came - came + max(0, change)
        self.went += self._crowd.went - went + max(0, -change)
        self.inside = self._crowd.inside + self._there
