"""Which step hears of what, and when."""

from pathlib import Path
from typing import Any

from cloud.notify.router import NOT_NEEDED
from tests.registries import on_each_registry
from tests.unit.cloud.notify.scene import MINUTE, Scene, hook, settings

pytestmark = on_each_registry(slow=True)

STEPS = [
    {"channels": ["first"]},
    {"channels": ["second"], "after_s": 300, "least": "severe"},
    {"channels": ["third"], "after_s": 0, "sites": ["sangowo"]},
]


def scene_in(folder: Path, **more: Any) -> Scene:
    channels = [hook(folder, name=name) for name in ("first", "second", "third")]
    return Scene(folder, settings(channels=channels, **{"steps": STEPS, "window_s": 0, **more}))


async def notified(scene: Scene, *, seconds: float = 0) -> list[tuple[int, str]]:
    """(step, kind) of each line of the new notifications."""
    return [
        (notification.step, line.kind)
        for notification in await scene.poll(seconds=seconds)
        for line in notification.lines
    ]


async def test_a_raised_alarm_goes_to_the_steps_without_delay_that_fit_it_and_once(tmp_path: Path):
    async with scene_in(tmp_path) as scene:
        await scene.raise_alarm(0)
        assert await notified(scene) == [(1, "raised")]
        await scene.raise_alarm(1)
        assert await notified(scene) == [(1, "raised"), (3, "raised")]
        assert await notified(scene, seconds=3_600) == []


async def test_an_alarm_that_nobody_acknowledges_goes_to_the_next_step_when_its_time_has_come(tmp_path: Path):
    async with scene_in(tmp_path) as scene:
        await scene.raise_alarm(level=1)
        await scene.poll()
        assert await notified(scene, seconds=299) == []
        assert await notified(scene, seconds=1) == [(2, "raised")]
        assert await notified(scene, seconds=600) == []


async def test_an_acknowledged_a_shelved_and_a_closed_alarm_escalate_no_further(tmp_path: Path):
    async with scene_in(tmp_path) as scene:
        acknowledged, shelved, closed = [await scene.raise_alarm(n, level=1) for n in (0, 2, 4)]
        await scene.poll()
        await scene.change(acknowledged, acknowledged_ms=scene.now_ms, acknowledged_by="ani")
        await scene.change(shelved, shelved_until_ms=scene.now_ms + 60 * MINUTE)
        await scene.change(closed, closed_ms=scene.now_ms)
        assert await notified(scene, seconds=1_800) == []
        assert await notified(scene, seconds=1_800) == [(2, "raised")]  # the shelf has ended, and it still goes on


async def test_what_happens_later_goes_to_those_who_have_heard_of_the_alarm(tmp_path: Path):
    async with scene_in(tmp_path) as scene:
        alarm = await scene.raise_alarm(level=1)
        await scene.poll()
        await scene.poll(seconds=300)
        await scene.event(alarm, "silent", level=1)
        assert await notified(scene) == [(1, "silent"), (2, "silent")]
        await scene.event(alarm, "worsened", level=2)
        assert await notified(scene) == [(1, "worsened"), (2, "worsened")]
        await scene.event(alarm, "closed", level=2)
        assert await notified(scene) == [(1, "closed"), (2, "closed")]


async def test_an_alarm_that_worsens_reaches_the_steps_for_its_new_severity(tmp_path: Path):
    async with scene_in(tmp_path) as scene:
        alarm = await scene.raise_alarm(level=0)
        await scene.poll()
        assert await notified(scene, seconds=600) == []  # moderate is not for step 2
        await scene.event(alarm, "worsened", level=2)
        assert await notified(scene) == [(1, "worsened")]
        assert await notified(scene, seconds=300) == [(2, "worsened")]


async def test_kinds_that_the_settings_keep_quiet_are_told_to_nobody(tmp_path: Path):
    async with scene_in(tmp_path, send=["raised", "closed"]) as scene:
        alarm = await scene.raise_alarm()
        await scene.poll()
        await scene.event(alarm, "eased")
        await scene.event(alarm, "silent")
        assert await notified(scene) == []


async def test_a_late_breach_pages_nobody_and_does_not_escalate(tmp_path: Path):
    async with scene_in(tmp_path) as scene:
        alarm = await scene.raise_alarm(level=2, late=True)
        assert await notified(scene) == []
        assert await notified(scene, seconds=3_600) == []
        await scene.event(alarm, "closed")
        assert await notified(scene) == []


async def test_late_breaches_may_be_told_as_no_news(tmp_path: Path):
    async with scene_in(tmp_path, send=["raised", "late"]) as scene:
        await scene.raise_alarm(level=2, late=True)
        (notification,) = await scene.poll()
        assert notification.lines[0].late


async def test_maintenance_keeps_an_alarm_from_people_until_it_ends_and_the_alarm_still_stands(tmp_path: Path):
    async with scene_in(tmp_path) as scene:
        await scene.maintain(site="daruba", minutes=10)
        await scene.maintain(sensor="gauge-1", minutes=10)
        over = await scene.raise_alarm(0)
        await scene.raise_alarm(1)
        await scene.raise_alarm(3)
        assert sorted(await notified(scene)) == [(1, "raised"), (3, "raised")]  # gauge 3 alone
        await scene.event(over, "closed")
        assert await notified(scene, seconds=599) == []
        assert await notified(scene, seconds=1) == [(1, "raised"), (3, "raised")]  # gauge 1: over is over


async def test_a_shelved_alarm_is_quiet_until_it_gets_worse(tmp_path: Path):
    async with scene_in(tmp_path) as scene:
        alarm = await scene.raise_alarm()
        await scene.poll()
        await scene.change(alarm, shelved_until_ms=scene.now_ms + 60 * MINUTE)
        await scene.event(alarm, "silent")
        assert await notified(scene) == []
        await scene.event(alarm, "worsened", level=2)
        assert await notified(scene) == [(1, "worsened")]


async def test_what_is_withdrawn_before_it_is_sent_is_never_told(tmp_path: Path):
    async with scene_in(tmp_path) as scene:
        alarm = await scene.raise_alarm()
        await scene.event(alarm, "withdrawn")
        await scene.change(alarm, withdrawn=True, closed_ms=scene.now_ms)
        assert await notified(scene) == []
        assert {notice.message for notice in await scene.notices()} <= {NOT_NEEDED}


async def test_what_is_withdrawn_after_it_was_sent_is_taken_back(tmp_path: Path):
    async with scene_in(tmp_path) as scene:
        alarm = await scene.raise_alarm()
        await scene.poll()
        await scene.event(alarm, "withdrawn")
        await scene.change(alarm, withdrawn=True, closed_ms=scene.now_ms)
        assert await notified(scene) == [(1, "withdrawn")]


async def test_a_withdrawal_of_a_part_is_not_told_while_the_alarm_stands(tmp_path: Path):
    async with scene_in(tmp_path) as scene:
        alarm = await scene.raise_alarm()
        await scene.poll()
        await scene.event(alarm, "withdrawn")
        assert await notified(scene) == []


async def test_a_test_alarm_goes_to_the_first_step_alone_whatever_else_holds(tmp_path: Path):
    async with scene_in(
        tmp_path, steps=[{"channels": ["first"], "least": "extreme"}, {"channels": ["second"]}]
    ) as scene:
        await scene.maintain(site="daruba")
        await scene.raise_alarm(level=0, test=True, closed_ms=scene.now_ms, state="closed")
        (notification,) = await scene.poll()
        assert (notification.step, notification.test) == (1, True)
        assert await notified(scene, seconds=3_600) == []


async def test_without_steps_events_are_routed_to_nobody(tmp_path: Path):
    async with scene_in(tmp_path, steps=[]) as scene:
        await scene.raise_alarm()
        assert await notified(scene) == []
