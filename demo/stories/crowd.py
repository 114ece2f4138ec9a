"""A crowd at the beach of Bere-Bere: a festival fills it, a rule on its capacity speaks, and people go home again.

0:05 people come ─► at the end of a minute: Nearly full, Full ─► acknowledged ─► 2:05 they are gone ─► closed
"""

from demo.stories.signals import CROWD
from demo.stories.stage import StoryStage, Told
from demo.stories.steps import AlarmOf, acknowledged, greet, over, reached, warned
from i18n.message import LocalizedMessage

SITE = "bere-bere"
LEVEL = AlarmOf("crowding", SITE, "%")
SEEN_PEOPLE = 120.0
PATIENCE_S = 150.0
"""What is computed of people belongs to whole minutes, and comes some seconds after their end."""


def tell(stage: StoryStage) -> Told:
    """Play it on the people counter of Bere-Bere."""
    stage.play("crowd")
    greet(stage, LocalizedMessage("Story: a festival at the beach of Bere-Bere (simulated), in three minutes. Look at"))
    yield from stage.until(
        lambda: _people(stage) >= SEEN_PEOPLE, LocalizedMessage("{n:g} people at the beach", n=SEEN_PEOPLE)
    )
    stage.tell(
        LocalizedMessage("People stream in: {n:.0f} at the counter. Look at the card Bere-Bere", n=_people(stage)),
        page="/",
    )
    yield from stage.until(
        lambda: stage.alarm(*LEVEL[:2]) is not None,
        LocalizedMessage("an alarm of {family} at {place}", family=LEVEL.family, place=SITE),
        timeout_s=PATIENCE_S,
    )
    yield from reached(stage, LEVEL, 1)
    yield from warned(stage)
    yield from acknowledged(
        stage, LEVEL, LocalizedMessage("the gate is closed for a while, buses take people to Army Dock")
    )
    yield from stage.until(
        lambda: stage.alarm(*LEVEL[:2]) is None, LocalizedMessage("the end of the alarm"), timeout_s=PATIENCE_S
    )
    stage.tell(
        LocalizedMessage("They have gone home: {n:.0f} are left, and the alarm has closed. Look at", n=_people(stage)),
        page="alarms",
    )
    over(stage)


def _people(stage: StoryStage) -> float:
    return stage.value(CROWD, "occupancy") or 0.0
