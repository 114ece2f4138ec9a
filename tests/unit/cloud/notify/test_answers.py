"""A siren is proven only when it answered."""

import asyncio
from pathlib import Path
from typing import Any

import msgspec
import pytest

from cloud.core.health import Condition
from cloud.database.audit_log import Actor
from cloud.notify.channel_state import ANSWER_S, ChannelState, component_of, read_states
from cloud.notify.channels.mqtt.answers import LONGEST, DeviceAnswer, read_answer
from cloud.notify.contract import Sent
from tests.unit.cloud.notify.scene import Scene, hook, settings, until

SIREN = {"name": "siren", "kind": "mqtt", "topic": "siaga/notify/tower"}
STEPS = [{"channels": ["siren", "hook"]}]


def scene_in(folder: Path) -> Scene:
    return Scene(folder, settings(channels=[SIREN, hook(folder)], steps=STEPS, window_s=0))


async def state_of(scene: Scene) -> ChannelState:
    return (await scene.database.run(lambda c: read_states(c, scene.settings.channels, scene.now)))["siren"]


async def record(scene: Scene, answer: DeviceAnswer) -> bool:
    return await scene.database.run(lambda c: scene.outbox.record_answer(c, answer, scene.now))


async def sent_command(scene: Scene, **more: Any) -> str:
    """An alarm has sent a command; its key."""
    await scene.raise_alarm(**more)
    await scene.poll()
    (claimed,) = await scene.claim()
    await scene.settle(claimed, Sent("published 1"))
    return claimed.notification.key


async def test_a_test_that_the_broker_took_proves_nothing_until_a_device_answers(tmp_path: Path):
    async with scene_in(tmp_path) as scene:
        key = await sent_command(scene, test=True)
        assert (await state_of(scene)).self_tested_ms is None
        assert await record(scene, DeviceAnswer(key))
        state = await state_of(scene)
        assert state.self_tested_ms == state.answered_ms == scene.now_ms


async def test_a_command_without_an_answer_is_told_by_health_and_an_answer_ends_it(tmp_path: Path):
    async with scene_in(tmp_path) as scene:
        key = await sent_command(scene)
        assert component_of(await state_of(scene)).status is Condition.OK
        await scene.poll(seconds=ANSWER_S + 1)
        unanswered = component_of(await state_of(scene))
        assert unanswered.status is Condition.DEGRADED
        assert "no device has answered the newest command" in unanswered.detail
        await record(scene, DeviceAnswer(key))
        assert component_of(await state_of(scene)).status is Condition.OK


async def test_a_device_that_says_no_hands_the_message_to_the_next_channel_once(tmp_path: Path):
    async with scene_in(tmp_path) as scene:
        key = await sent_command(scene)
        for _ in range(2):
            await record(scene, DeviceAnswer(key, ok=False, problem="no pressure"))
        assert [row.channel for row in await scene.deliveries()] == ["siren", "hook"]
        state = await state_of(scene)
        assert state.fails
        assert state.problem == "the device says no: no pressure"


async def test_an_answer_that_comes_before_its_command_is_settled_holds(tmp_path: Path):
    async with scene_in(tmp_path) as scene:
        await scene.raise_alarm()
        await scene.poll()
        (claimed,) = await scene.claim()
        await record(scene, DeviceAnswer(claimed.notification.key, ok=False, problem="no"))
        await scene.settle(claimed, Sent("published 1"))
        assert [(row.channel, row.sent) for row in await scene.deliveries()] == [("siren", False), ("hook", False)]


async def test_an_answer_to_nothing_or_to_another_kind_of_channel_changes_nothing(tmp_path: Path):
    async with scene_in(tmp_path) as scene:
        key = await sent_command(scene)
        await record(scene, DeviceAnswer(key, ok=False, problem="no"))
        (to_hook,) = await scene.claim()
        assert not await record(scene, DeviceAnswer(to_hook.notification.key))
        assert not await record(scene, DeviceAnswer("nobody:sent:this"))


@pytest.mark.parametrize(
    "payload", [b"", b"on", b"[]", b'{"ok":true}', b'{"key":""}', b"\xff", b'{"key":7}', b'{"key":"a"' + b" " * LONGEST]
)
def test_what_is_no_answer_is_let_go(payload: bytes):
    assert read_answer(payload) is None


def test_an_answer_is_printable():
    payload = msgspec.json.encode({"v": 1, "key": "a", "ok": False, "problem": "no\r\npressure"})
    answer = read_answer(payload)
    assert answer is not None
    assert answer.problem.isprintable()
    assert settings(channels=[SIREN], steps=[]).reply_topics() == ["siaga/notify/tower/reply"]


async def test_the_test_of_a_siren_that_nobody_hears_says_so_and_one_that_answers_is_heard(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("cloud.notify.channel_self_test.ANSWER_WITHIN_S", 0.2)
    async with scene_in(tmp_path) as scene, scene.notifier() as notifier:
        unanswered = await notifier.test_channel("siren", Actor("ani"))
        assert "no device has answered within 0.2 s, so nobody may hear it" in unanswered.sentence

        async def device() -> None:
            await until(lambda: len(scene.commands) == 2, "the second command comes")
            notifier.on_reply(msgspec.json.encode({"v": 1, "key": scene.commands[1][1]["key"]}))

        answered, _ = await asyncio.gather(notifier.test_channel("siren", Actor("ani")), device())
        assert answered.sentence == "a device has answered"
        await notifier.refresh()
        assert notifier.states()[0].self_tested_ms
