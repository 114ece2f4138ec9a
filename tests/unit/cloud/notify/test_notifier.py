"""The notifier's own work, with channels that need no network: a siren's commands, files of warnings."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from cloud.database.audit_log import Actor, read_entries
from cloud.notify import notifier as notifier_file
from tests.registries import on_each_registry
from tests.unit.cloud.notify.scene import Scene, settings, until

pytestmark = on_each_registry(slow=True)

SIREN = {"name": "siren", "kind": "mqtt"}
STEPS = [{"channels": ["siren"]}]
HOUR_MS = 3_600_000


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(notifier_file, "POLL_S", 0.01)


def scene_in(folder: Path, *, channels: Any = (SIREN,), steps: Any = STEPS, **given: Any) -> Scene:
    return Scene(folder, settings(window_s=0, channels=channels, steps=steps, **given))


async def test_each_morning_one_test_alarm_goes_out_by_itself(tmp_path: Path):
    async with (
        scene_in(tmp_path, morning_test="07:00") as scene,
        scene.notifier(real_clock=False),
        scene.notifier(real_clock=False),
    ):

        async def tests_sent() -> int:
            """How many test commands went out, once a notifier has surely looked at the clock as it is now."""
            alarms = sum(not command["test"] for _, command in scene.commands)
            await scene.raise_alarm()
            await until(lambda: sum(not each["test"] for _, each in scene.commands) > alarms, "the alarm is sent")
            await all_done(scene)
            return sum(command["test"] for _, command in scene.commands)

        assert await tests_sent() == 0  # 12:10 in Morotai is past the hour of grace
        scene.now_ms += round((24 - 5 - 1 / 6) * HOUR_MS)  # 07:00 of the next day
        assert await tests_sent() == 1
        scene.now_ms += round(0.5 * HOUR_MS)
        assert await tests_sent() == 1
        scene.now_ms += round(23.5 * HOUR_MS)
        assert await tests_sent() == 2


async def all_done(scene: Scene) -> None:
    """Wait until all that was sent is settled: a clock that a test moves would end the claims under way."""
    while any(row.done_ms is None for row in await scene.deliveries()):
        await asyncio.sleep(0.01)


async def test_a_test_alarm_goes_the_way_of_a_real_one_in_the_name_of_who_sent_it(tmp_path: Path):
    async with scene_in(tmp_path) as scene, scene.notifier() as notifier:
        alarm = await notifier.test_alarm(Actor("ani"))
        await until(lambda: scene.commands, "the siren has the test")
        assert scene.commands[0][1]["test"]
        entries = await scene.database.run(lambda c: read_entries(c, subject=f"alarm:{alarm}"))
        assert [(entry.actor, entry.action) for entry in entries] == [("ani", "test-alarm")]


async def test_a_siren_is_commanded_on_and_off(tmp_path: Path):
    async with scene_in(tmp_path) as scene, scene.notifier() as notifier:
        alarm = await scene.raise_alarm(level=2)
        notifier.nudge()
        await until(lambda: scene.commands, "the siren has its command")
        await scene.event(alarm, "closed", level=2)
        await until(lambda: len(scene.commands) == 2, "it has the command that it is over")
        assert all(topic.endswith("/gw-daruba/cmd") for topic, _ in scene.commands)
        assert [command["on"] for _, command in scene.commands] == [True, False]


async def test_warnings_become_files(tmp_path: Path):
    files = {"name": "files", "kind": "cap_file", "folder": tmp_path / "cap"}
    async with (
        scene_in(tmp_path, channels=[files], steps=[{"channels": ["files"]}]) as scene,
        scene.notifier() as notifier,
    ):
        alarm = await scene.raise_alarm(level=2)
        notifier.nudge()
        await until(lambda: list((tmp_path / "cap").glob("*.xml")), "the warning is a file")
        await scene.event(alarm, "closed", level=2)
        await until(lambda: len(list((tmp_path / "cap").glob("*.xml"))) == 2, "its end is another")
    assert not list((tmp_path / "cap").glob(".*"))


async def test_events_that_came_while_no_notifier_ran_are_notified_of_when_one_does(tmp_path: Path):
    async with scene_in(tmp_path) as scene:
        for gauge in range(5):
            await scene.raise_alarm(gauge)
        async with scene.notifier():
            await until(lambda: scene.commands, "the siren has its command")
        assert len(scene.commands[0][1]["alarms"]) == 5


async def test_a_nudge_is_enough_and_other_settings_hold_from_the_next_poll_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(notifier_file, "POLL_S", 600.0)
    async with scene_in(tmp_path) as scene, scene.notifier() as notifier:
        await scene.raise_alarm(0)
        notifier.nudge()
        await until(lambda: scene.commands, "the siren has its command, long before the next poll")
        notifier.apply(settings(window_s=0, channels=[{**SIREN, "topic": "signs/harbour"}], steps=STEPS))
        await scene.raise_alarm(2)
        notifier.nudge()
        await until(lambda: len(scene.commands) == 2, "the sign has its command")
        assert scene.commands[1][0] == "signs/harbour"
        assert notifier.settings.reply_topics() == ["signs/harbour/reply"]
