"""Grouping in a storm, and limits that drop nothing."""

from pathlib import Path
from typing import Any

import pytest

from cloud.notify.batch_decision import BatchingDecision, RecentlyNotified, Waiting, decide
from cloud.notify.notifications import Notification
from tests.registries import on_each_registry
from tests.unit.cloud.notify.scene import PEOPLE, T0, Scene, hook, settings

pytestmark = on_each_registry(slow=True)


def scene_in(folder: Path, **more: Any) -> Scene:
    given = {"channels": [hook(folder)], "steps": [{"channels": ["hook"]}], "window_s": 60, **more}
    return Scene(folder, settings(**given))


def fresh(notification: Notification) -> int:
    return sum(not line.repeated for line in notification.lines)


@pytest.mark.parametrize(
    ("waiting", "recent", "outcome"),
    [
        (Waiting(3, T0), None, BatchingDecision.AT_ONCE),
        (Waiting(3, T0), RecentlyNotified(T0 - 10_000, 3), BatchingDecision.WAIT),
        (Waiting(4, T0), RecentlyNotified(T0 - 10_000, 3), BatchingDecision.AT_ONCE),
        (Waiting(3, T0 - 5_000), RecentlyNotified(T0 - 60_000, 3), BatchingDecision.GATHERED),
        (Waiting(3, T0), RecentlyNotified(T0 - 60_000, 3), BatchingDecision.AT_ONCE),
    ],
)
def test_when_waiting_notices_go(waiting: Waiting, recent: RecentlyNotified | None, outcome: BatchingDecision):
    assert decide(waiting, recent, now_ms=T0, window_ms=60_000) is outcome


async def test_forty_alarms_in_one_batch_are_one_message_of_forty_lines_at_once(tmp_path: Path):
    async with scene_in(tmp_path) as scene:
        for gauge in range(40):
            await scene.raise_alarm(gauge)
        (notification,) = await scene.poll()
        assert (len(notification.lines), fresh(notification)) == (40, 40)


async def test_forty_alarms_over_a_minute_are_the_first_at_once_and_one_message_of_forty_lines(tmp_path: Path):
    async with scene_in(tmp_path) as scene:
        notifications = []
        for gauge in range(40):
            await scene.raise_alarm(gauge)
            notifications += await scene.poll(seconds=1)
        assert [len(notification.lines) for notification in notifications] == [1]
        (storm,) = await scene.poll(seconds=21)
        assert (len(storm.lines), fresh(storm)) == (40, 39)
        assert storm.lines[-1].repeated
        notified = [
            line.event for notification in (*notifications, storm) for line in notification.lines if not line.repeated
        ]
        assert sorted(notified) == sorted(set(notified))
        assert await scene.poll(seconds=3_600) == []


async def test_what_is_worse_than_all_in_the_window_goes_at_once(tmp_path: Path):
    async with scene_in(tmp_path) as scene:
        await scene.raise_alarm(0, level=0)
        assert len(await scene.poll()) == 1
        await scene.raise_alarm(1, level=0)
        assert await scene.poll(seconds=5) == []
        await scene.raise_alarm(2, level=2)
        (notification,) = await scene.poll(seconds=5)
        assert [line.level_name for line in notification.lines] == ["Siaga 1", "Siaga 3"]


async def test_an_alarm_does_not_wait_behind_the_end_of_another(tmp_path: Path):
    async with scene_in(tmp_path) as scene:
        alarm = await scene.raise_alarm(0)
        await scene.poll()
        await scene.event(alarm, "closed")
        assert len(await scene.poll(seconds=120)) == 1
        await scene.raise_alarm(1)
        (notification,) = await scene.poll(seconds=5)
        assert [line.kind for line in notification.lines] == ["raised"]


async def test_an_alarm_that_changes_while_it_waits_is_one_line_as_it_stands(tmp_path: Path):
    async with scene_in(tmp_path) as scene:
        await scene.raise_alarm(0)
        await scene.poll()
        alarm = await scene.raise_alarm(1)
        await scene.poll(seconds=1)
        await scene.event(alarm, "closed")
        (notification,) = await scene.poll(seconds=60)
        assert [(line.alarm, line.kind) for line in notification.lines if not line.repeated] == [(alarm, "closed")]


async def test_a_message_tells_a_storm_once_more_and_never_again(tmp_path: Path):
    async with scene_in(tmp_path) as scene:
        sizes = []
        for gauge in range(6):
            await scene.raise_alarm(gauge)
            sizes += [(len(notification.lines), fresh(notification)) for notification in await scene.poll(seconds=30)]
        assert sizes == [(1, 1), (3, 2), (2, 2)]  # one, then two and the first once more, then two more


async def test_a_limit_gathers_further_and_drops_nothing(tmp_path: Path):
    async with scene_in(tmp_path, window_s=0, channels=[hook(tmp_path, per_minute=2)]) as scene:
        notifications = []
        for gauge in range(40):
            await scene.raise_alarm(gauge)
            notifications += await scene.poll(seconds=3)
        notifications += await scene.poll(seconds=60)
        assert len(notifications) <= 7  # two a minute over three minutes
        assert sum(fresh(notification) for notification in notifications) == 40


async def test_each_person_gets_the_message_in_their_language_and_each_address_once(tmp_path: Path):
    mail = {
        "name": "mail", "kind": "email", "host": "127.0.0.1", "security": "none", "sender": "s@morotai.test",
        "to": ["center@morotai.test"],
    }  # fmt: skip

    steps = [{"channels": ["mail"], "to": ["duty:1", "ani", "duty:2"]}]
    async with scene_in(tmp_path, channels=[mail], steps=steps, people=PEOPLE) as scene:
        await scene.put_on_duty("budi")
        await scene.raise_alarm()
        assert [
            (notification.person, notification.address, notification.language) for notification in await scene.poll()
        ] == [
            ("budi", "budi@morotai.test", "id"),
            ("ani", "ani@morotai.test", "en"),
        ]


async def test_with_nobody_on_duty_the_channels_own_address_is_told(tmp_path: Path):
    chat = {"name": "chat", "kind": "telegram", "token_file": tmp_path / "token", "chat": "-100"}

    async with scene_in(
        tmp_path, channels=[chat], steps=[{"channels": ["chat"], "to": ["duty:1"]}], people=PEOPLE
    ) as scene:
        await scene.raise_alarm()
        assert [notification.address for notification in await scene.poll()] == ["-100"]


async def test_a_test_is_gathered_with_nothing_and_opens_no_window(tmp_path: Path):
    async with scene_in(tmp_path) as scene:
        await scene.raise_alarm(0, test=True, closed_ms=scene.now_ms)
        await scene.raise_alarm(1)
        assert sorted(notification.test for notification in await scene.poll()) == [False, True]
        await scene.raise_alarm(2, test=True, closed_ms=scene.now_ms)
        assert [notification.test for notification in await scene.poll(seconds=1)] == [True]
