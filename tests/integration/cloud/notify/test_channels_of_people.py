"""Channels that people add while a notifier runs in another process: it follows, sends over them, and hands on."""

from pathlib import Path

from cloud.notify.channel_registry.rows import edition_of
from tests.receivers import HttpReceiver
from tests.unit.cloud.notify.channel_registry.registered import ANI, SECRET, Registered
from tests.unit.cloud.notify.scene import Scene, hook, settings, until

PRIVATE = {"allow_private": ["127.0.0.0/8"], "allow_http": True}


async def test_a_channel_is_tried_used_and_retired_while_the_notifier_runs(tmp_path: Path):
    with HttpReceiver() as web, HttpReceiver() as other:
        steps = [{"channels": ["center", "hook"]}]
        file = settings(
            channels=[hook(tmp_path, other.url)], steps=steps, window_s=0, key_file=tmp_path / "notify.key", **PRIVATE
        )
        async with Scene(tmp_path, file) as scene, scene.notifier() as notifier:
            screens = Registered(scene, file)
            await screens.editing.add("center", "webhook", {"url": web.url, "secret": SECRET}, actor=ANI)
            await until(lambda: notifier.settings.channel("center"), "the notifier has followed")
            await scene.raise_alarm(0)
            await until(lambda: other.accepted, "on trial, the next channel of the step brings the alarm")
            assert web.accepted == []
            assert (await notifier.test_channel("center", ANI)).sent
            assert len(web.accepted) == 1

            await screens.editing.amend("center", {}, use="in use", actor=ANI)
            await until(lambda: notifier.settings.may_alarm("center"), "it is in use")
            await scene.raise_alarm(2)
            await until(lambda: len(web.accepted) == 2, "the alarm went over it")

            await screens.editing.retire("center", along=True, actor=ANI)
            await until(lambda: notifier.settings.channel("center") is None, "it is retired")
            await scene.raise_alarm(4)
            await until(lambda: len(other.accepted) == 2, "the next channel brings what comes after")
            assert len(web.accepted) == 2


async def test_people_reach_no_server_of_ours_unless_the_file_says_so(tmp_path: Path):
    with HttpReceiver() as web:
        file = settings(channels=[], steps=[], key_file=tmp_path / "notify.key", allow_http=True)
        async with Scene(tmp_path, file) as scene, scene.notifier() as notifier:
            screens = Registered(scene, file)
            url = web.url.replace("127.0.0.1", "localhost")  # what a name means shows when it is used
            await screens.editing.add("center", "webhook", {"url": url, "secret": SECRET}, actor=ANI)
            assert await scene.database.run(edition_of) == 1
            await until(lambda: notifier.settings.channel("center"), "the notifier has followed")
            result = await notifier.test_channel("center", ANI)
            assert (result.sent, "within our own networks" in result.sentence) == (False, True)
            assert web.deliveries == []
