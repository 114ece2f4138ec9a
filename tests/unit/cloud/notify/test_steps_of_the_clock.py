"""No step of the server's clock delays a notification, tells it twice or gives it up."""

from pathlib import Path
from typing import Any

import pytest

from cloud.notify.channel_state import read_states
from cloud.notify.contract import Later, Sent
from cloud.notify.outbox import extend_deadlines
from tests.unit.cloud.notify.scene import Scene, hook, settings

HOUR = 3_600_000


def scene_in(folder: Path) -> Scene:
    steps: list[dict[str, Any]] = [{"channels": ["hook"]}, {"after_s": 300, "channels": ["hook"]}]
    return Scene(folder, settings(channels=[hook(folder)], steps=steps))


async def delivered(scene: Scene) -> int:
    claimed = await scene.claim()
    for delivery in claimed:
        await scene.settle(delivery, Sent("200"))
    return len(claimed)


@pytest.mark.parametrize("wrong_ms", [9 * HOUR, -9 * HOUR, 86_400_000 * 365])
async def test_an_alarm_after_the_clock_was_corrected_is_paged_at_once(tmp_path: Path, wrong_ms: int):
    async with scene_in(tmp_path) as scene:
        scene.wall_wrong_ms = wrong_ms
        await scene.raise_alarm(gauge=1)
        await scene.poll()
        assert await delivered(scene) == 1
        scene.wall_wrong_ms = 0
        scene.now_ms += 61_000
        await scene.raise_alarm(gauge=2)
        (notification,) = await scene.poll()
        assert await delivered(scene) == 1
        assert [line.sensor for line in notification.lines] == ["gauge-2"]


@pytest.mark.parametrize("step_ms", [-HOUR, 2 * HOUR])
async def test_a_page_that_waits_for_its_retry_goes_when_it_would_have_gone(tmp_path: Path, step_ms: int):
    async with scene_in(tmp_path) as scene:
        await scene.raise_alarm()
        await scene.poll()
        (first,) = await scene.claim()
        await scene.settle(first, Later("no route"))
        scene.wall_wrong_ms = step_ms
        assert await scene.claim() == []
        scene.now_ms += 2_000
        (again,) = await scene.claim()
        await scene.settle(again, Later("no route"))
        (row,) = await scene.deliveries()
        assert row.done_ms is None, "given up, though only seconds have passed"
        scene.now_ms += 4_000
        assert await delivered(scene) == 1
        assert await delivered(scene) == 0


async def test_a_step_that_is_due_after_five_minutes_is_due_after_five_minutes(tmp_path: Path):
    async with scene_in(tmp_path) as scene:
        await scene.raise_alarm()
        await scene.poll()
        scene.wall_wrong_ms = 2 * HOUR
        assert await scene.poll(seconds=200) == []
        scene.wall_wrong_ms = -HOUR
        (notification,) = await scene.poll(seconds=101)
        assert notification.step == 2


async def test_how_a_channel_does_is_told_in_the_time_that_people_see(tmp_path: Path):
    async with scene_in(tmp_path) as scene:
        await scene.raise_alarm()
        await scene.poll()
        scene.wall_wrong_ms = HOUR
        states = await scene.database.run(lambda c: read_states(c, scene.settings.channels, scene.now))
        assert states["hook"].oldest_ms == scene.now.wall_ms
        await delivered(scene)
        scene.now_ms += 5_000
        states = await scene.database.run(lambda c: read_states(c, scene.settings.channels, scene.now))
        assert states["hook"].sent_ms == scene.now.wall_ms - 5_000


async def test_after_a_reboot_what_waits_has_as_long_as_before(tmp_path: Path):
    async with scene_in(tmp_path) as scene:
        await scene.raise_alarm()
        await scene.poll()
        gone_ms = 3 * HOUR
        scene.now_ms += gone_ms
        await scene.database.run(lambda c: extend_deadlines(c, gone_ms))
        (delivery,) = await scene.claim()
        await scene.settle(delivery, Later("no route"))
        (row,) = await scene.deliveries()
        assert row.done_ms is None
