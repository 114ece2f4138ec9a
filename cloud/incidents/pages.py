"""What the file of an incident says, before it is drawn: words, the stretch of readings, the limits beside it."""

from zoneinfo import ZoneInfo

import msgspec

from cloud.incidents.stretch import Stretch
from cloud.incidents.words import JournalLine, NotifiedLine, StepLine


class LevelLimit(msgspec.Struct, frozen=True):
    """The limit of a level and its name; `colour` is #rrggbb."""

    name: str
    limit: float
    colour: str


class IncidentPages(msgspec.Struct, frozen=True, kw_only=True):
    """All that the file says, in words; `stretch` is drawn, `trouble` is why there is nothing to draw."""

    city: str
    number: int
    title: str
    where: str
    made: str
    zone: ZoneInfo
    facts: tuple[tuple[str, str], ...]
    advice: str
    steps: tuple[StepLine, ...]
    notified: tuple[NotifiedLine, ...]
    journal: tuple[JournalLine, ...]
    stretch: Stretch | None
    trouble: str
    measured: str
    limits: list[LevelLimit]
    alarm: tuple[int, int]
    whole: tuple[str, ...]
