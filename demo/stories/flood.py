"""A flood at Daruba: cloudburst, rise, Siaga 3, 2, 1; who is told, who sees to it, the siren, and the falling water.

0:00 rain ─► 0:25 rises fast ─► 0:55 Siaga 3 ─► 1:15 Siaga 2 ─► 1:35 Siaga 1 ─► siren, acknowledged ─► 2:45 low again
"""

from demo.stories.signals import RAIN, RIVER
from demo.stories.stage import StoryStage, Told, level_of
from demo.stories.steps import AlarmOf, acknowledged, greet, over, reached, sounded, warned
from i18n.message import LocalizedMessage

LEVEL = AlarmOf("river-level", RIVER, "cm")
RISE = AlarmOf("river-rise", RIVER, "cm")
RAIN_SHOWN_MM_H = 10.0
FALLEN_CM = 145.0
"""Below the hysteresis of Siaga 3."""


def tell(stage: StoryStage) -> Told:
    """Play it on the rain gauge and the river gauge at Daruba."""
    stage.play("flood")
    greet(stage, LocalizedMessage("Story: a flood at Daruba (simulated), in three minutes instead of a day. Look at"))
    yield from _rain(stage)
    yield from reached(stage, RISE, 0)
    yield from reached(stage, LEVEL, 0)
    yield from reached(stage, LEVEL, 1)
    yield from reached(stage, LEVEL, 2)
    yield from warned(stage)
    yield from sounded(stage, "extreme")
    yield from acknowledged(stage, LEVEL, LocalizedMessage("the village heads are told, a boat is on its way"))
    yield from _recession(stage)
    over(stage)


def _rain(stage: StoryStage) -> Told:
    def pours() -> bool:
        return (stage.value(RAIN, "rain_rate") or 0.0) >= RAIN_SHOWN_MM_H

    yield from stage.until(pours, LocalizedMessage("more than {rate:g} mm/h of rain", rate=RAIN_SHOWN_MM_H))
    stage.tell(
        LocalizedMessage(
            "It pours: {rate:.0f} mm/h. Look at the card Jembatan Daruba, Rain rate",
            rate=stage.value(RAIN, "rain_rate") or 0.0,
        ),
        page="/",
    )


def _recession(stage: StoryStage) -> Told:
    def eases() -> bool:
        alarm = stage.alarm(*LEVEL[:2])
        return alarm is None or alarm["level"]["number"] < 2 or alarm["state"] == "recovering"

    yield from stage.until(eases, LocalizedMessage("a milder level than Siaga 1"))
    if (alarm := stage.alarm(*LEVEL[:2])) is not None:
        stage.tell(
            LocalizedMessage(
                "The water falls: {level} now. Press the river gauge's value to see its curve", level=level_of(alarm)
            ),
            page="/",
        )
    yield from stage.until(
        lambda: _level_cm(stage) < FALLEN_CM, LocalizedMessage("water below {level:g} cm", level=FALLEN_CM)
    )
    stage.tell(
        LocalizedMessage(
            "{level:.0f} cm: the alarm recovers, and closes by itself once that has lasted five minutes (clear_s of"
            " its rule). Look at its limits",
            level=_level_cm(stage),
        ),
        page="thresholds",
    )


def _level_cm(stage: StoryStage) -> float:
    level_cm = stage.value(RIVER, "water_level")
    return float("inf") if level_cm is None else level_cm
