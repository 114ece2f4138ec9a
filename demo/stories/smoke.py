"""Smoke at the market: PM2.5 rises in a minute, a rule on the reading itself speaks, and ISPU hardly moves.

0:05 smoke ─► 0:50 Smoke ─► 1:15 Dense smoke ─► acknowledged ─► 2:20 clear air ─► 3:15 closed
"""

from demo.stories.signals import SMOKE
from demo.stories.stage import StoryStage, Told
from demo.stories.steps import AlarmOf, acknowledged, greet, over, reached, sounded, warned
from i18n.message import LocalizedMessage

LEVEL = AlarmOf("smoke", SMOKE, "µg/m³")
SEEN_UG_M3 = 60.0
CLEAR_UG_M3 = 130.0
CLOSED_WITHIN_S = 120.0


def tell(stage: StoryStage) -> Told:
    """Play it on the particulate sensor of the market."""
    stage.play("smoke")
    greet(stage, LocalizedMessage("Story: smoke at the market of Daruba (simulated), in three minutes. Look at"))
    yield from stage.until(
        lambda: _pm2_5(stage) >= SEEN_UG_M3, LocalizedMessage("PM2.5 over {value:g} µg/m³", value=SEEN_UG_M3)
    )
    stage.tell(
        LocalizedMessage("PM2.5 rises: {value:.0f} µg/m³. Look at the card Pasar Daruba", value=_pm2_5(stage)), page="/"
    )
    yield from reached(stage, LEVEL, 0)
    yield from reached(stage, LEVEL, 1)
    yield from warned(stage)
    yield from sounded(stage, "severe")
    yield from acknowledged(
        stage, LEVEL, LocalizedMessage("rubbish burns behind the market, the fire brigade is there")
    )
    stage.tell(
        LocalizedMessage("ISPU of this site hardly moves: it is a mean of 24 hours. Look at both on its card"), page="/"
    )
    yield from stage.until(lambda: _pm2_5(stage) < CLEAR_UG_M3, LocalizedMessage("clear air at the market"))
    stage.tell(
        LocalizedMessage("The smoke is gone: {value:.0f} µg/m³; the alarm recovers", value=_pm2_5(stage)), page="alarms"
    )
    yield from stage.until(
        lambda: stage.alarm(*LEVEL[:2]) is None, LocalizedMessage("the end of the alarm"), timeout_s=CLOSED_WITHIN_S
    )
    stage.tell(LocalizedMessage("The alarm has closed by itself. Look at the alarms that ended"), page="alarms")
    over(stage)


def _pm2_5(stage: StoryStage) -> float:
    return stage.value(SMOKE, "pm2_5") or 0.0
