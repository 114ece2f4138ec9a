"""Claims, attempts, and what becomes of a message that a channel will not take."""

from pathlib import Path
from typing import Any

import pytest

from cloud.notify.channel_state import read_states
from cloud.notify.contract import Later, Never, Sent
from cloud.notify.deliveries import NOBODY
from cloud.notify.outbox import KEEP_MS, Outbox, backoff_s, prune
from tests.registries import on_each_registry
from tests.unit.cloud.notify.scene import PEOPLE, Scene, hook, settings

pytestmark = on_each_registry(slow=True)


def chat(folder: Path) -> dict[str, Any]:
    (folder / "token").write_text("1:token")
    return {"name": "chat", "kind": "telegram", "token_file": folder / "token"}


MAIL = {"name": "mail", "kind": "email", "host": "127.0.0.1", "security": "none", "sender": "s@morotai.test"}


def scene_in(folder: Path, **more: Any) -> Scene:
    given = {
        "channels": [chat(folder), MAIL, hook(folder)], "people": PEOPLE, "window_s": 0,
        "steps": [{"channels": ["chat", "mail", "hook"], "to": ["ani"]}], **more,
    }  # fmt: skip
    return Scene(folder, settings(**given))


async def claimed_delivery(scene: Scene) -> Any:
    await scene.raise_alarm()
    await scene.poll()
    (delivery,) = await scene.claim()
    return delivery


async def test_a_delivery_is_claimed_by_one_instance_until_its_lease_ends(tmp_path: Path):
    async with scene_in(tmp_path) as scene:
        first = await claimed_delivery(scene)
        other = Outbox(scene.settings, instance="two")
        assert await scene.claim(outbox=other) == []
        scene.now_ms += 15_000  # 10 s of timeout and 5 s besides
        (again,) = await scene.claim(outbox=other)
        assert (again.notification.key, again.attempts, again.notification.again) == (first.notification.key, 2, True)
        await scene.settle(first, Never("no"))  # whose claim is over tells of no failure
        assert [row.done_ms for row in await scene.deliveries()] == [None]
        await scene.settle(again, Sent("ok"), outbox=other)
        assert [(row.sent, row.outcome) for row in await scene.deliveries()] == [(True, "ok")]


async def test_what_the_first_instance_sent_is_sent_though_its_lease_was_over(tmp_path: Path):
    async with scene_in(tmp_path) as scene:
        first = await claimed_delivery(scene)
        scene.now_ms += 15_000
        await scene.claim(outbox=Outbox(scene.settings, instance="two"))
        await scene.settle(first, Sent())
        assert [row.sent for row in await scene.deliveries()] == [True]


async def test_a_failure_is_tried_again_later_and_the_next_channel_gets_the_message_at_once(tmp_path: Path):
    async with scene_in(tmp_path) as scene:
        delivery = await claimed_delivery(scene)
        await scene.settle(delivery, Later("connection refused"))
        rows = await scene.deliveries()
        assert [(row.channel, row.person, row.done_ms) for row in rows] == [
            ("chat", "ani", None),
            ("mail", "ani", None),
        ]
        assert rows[0].message == rows[1].message
        (mail,) = await scene.claim()
        assert (mail.notification.channel, mail.notification.address) == ("mail", "ani@morotai.test")
        await scene.settle(mail, Later("451 busy"))
        (third,) = await scene.claim()
        assert third.notification.channel == "hook"


async def test_two_people_handed_on_to_one_webhook_are_one_message_for_it(tmp_path: Path):
    async with scene_in(tmp_path, steps=[{"channels": ["chat", "hook"], "to": ["ani", "budi"]}]) as scene:
        await scene.raise_alarm()
        await scene.poll()
        for delivery in await scene.claim():
            await scene.settle(delivery, Later("connection refused"))
        assert [row.channel for row in await scene.deliveries()] == ["chat", "chat", "hook"]


async def test_once_one_channel_has_brought_it_the_others_let_go(tmp_path: Path):
    async with scene_in(tmp_path) as scene:
        await scene.settle(await claimed_delivery(scene), Later("connection refused"))
        (mail,) = await scene.claim()
        await scene.settle(mail, Sent())
        scene.now_ms += 120_000
        assert await scene.claim() == []
        chat_row = (await scene.deliveries())[0]
        assert chat_row.outcome == "connection refused; not needed: mail has brought it"
        states = await scene.database.run(lambda c: read_states(c, scene.settings.channels, scene.now))
        assert (states["chat"].fails, states["mail"].fails) == (True, False)


async def test_a_refusal_for_good_ends_on_that_channel(tmp_path: Path):
    async with scene_in(tmp_path) as scene:
        await scene.settle(await claimed_delivery(scene), Never("403: blocked"))
        first, second = await scene.deliveries()
        assert first.outcome == "refused: 403: blocked"
        assert (first.done_ms, second.channel) == (scene.now_ms, "mail")


async def test_a_refusal_is_not_final_while_no_other_channel_can_take_the_message_over(tmp_path: Path):
    async with scene_in(tmp_path, steps=[{"channels": ["chat"], "to": ["ani"]}]) as scene:
        await scene.settle(await claimed_delivery(scene), Never("401: the secret is wrong"))
        scene.now_ms += 60_000
        (again,) = await scene.claim()
        await scene.settle(again, Sent())
        assert [row.sent for row in await scene.deliveries()] == [True]


async def test_a_channel_that_asks_for_a_little_patience_has_not_failed(tmp_path: Path):
    async with scene_in(tmp_path) as scene:
        await scene.settle(await claimed_delivery(scene), Later("429", retry_after_s=8.0))
        (row,) = await scene.deliveries()
        assert row.due_ms >= scene.now_ms + 8_000
        assert await scene.claim() == []


async def test_a_channel_that_asks_for_much_patience_has_failed(tmp_path: Path):
    async with scene_in(tmp_path) as scene:
        await scene.settle(await claimed_delivery(scene), Later("429", retry_after_s=300.0))
        assert [row.channel for row in await scene.deliveries()] == ["chat", "mail"]


async def test_after_the_time_of_the_settings_it_gives_up_and_says_so(tmp_path: Path):
    async with scene_in(tmp_path, give_up_s=60) as scene:
        delivery = await claimed_delivery(scene)
        scene.now_ms += 60_000
        await scene.settle(delivery, Later("no route"))
        row = (await scene.deliveries())[0]
        assert (row.sent, row.outcome) == (False, "gave up: no route")
        states = await scene.database.run(lambda c: read_states(c, scene.settings.channels, scene.now))
        assert (states["chat"].fails, states["chat"].problem) == (True, "gave up: no route")


async def test_nobody_to_tell_is_a_failure_of_the_channel_and_the_next_one_is_used(tmp_path: Path):
    async with scene_in(tmp_path, steps=[{"channels": ["chat", "hook"], "to": ["duty:1"]}]) as scene:
        await scene.raise_alarm()
        await scene.poll()
        (delivery,) = await scene.claim() or await scene.claim()
        assert delivery.notification.channel == "hook"
        first, *_ = await scene.deliveries()
        assert (first.channel, first.outcome) == ("chat", NOBODY)


async def test_a_message_whose_alarms_were_withdrawn_is_not_sent(tmp_path: Path):
    async with scene_in(tmp_path) as scene:
        alarm = await scene.raise_alarm()
        await scene.poll()
        await scene.change(alarm, withdrawn=True)
        assert await scene.claim() == []
        assert [row.outcome for row in await scene.deliveries()] == ["not needed: what it told was withdrawn"]


async def test_a_channel_that_works_again_is_well(tmp_path: Path):
    async with scene_in(tmp_path, steps=[{"channels": ["chat"], "to": ["ani"]}]) as scene:
        await scene.settle(await claimed_delivery(scene), Later("no route"))
        scene.now_ms += 60_000
        for delivery in await scene.claim():
            await scene.settle(delivery, Sent())
        states = await scene.database.run(lambda c: read_states(c, scene.settings.channels, scene.now))
        assert not any(state.fails for state in states.values())
        assert states["chat"].waiting == 0


async def test_what_was_done_long_ago_is_let_go(tmp_path: Path):
    async with scene_in(tmp_path) as scene:
        await scene.settle(await claimed_delivery(scene), Sent())
        scene.now_ms += KEEP_MS + 1
        await scene.database.run(lambda c: prune(c, scene.now))
        assert await scene.deliveries() == []


@pytest.mark.parametrize(
    ("attempts", "low", "high"), [(1, 0.5, 1.5), (2, 1.0, 3.0), (5, 8.0, 24.0), (7, 30.0, 90.0), (500, 30.0, 90.0)]
)
def test_waits_double_and_spread_and_have_an_end(attempts: int, low: float, high: float):
    waits = [backoff_s(attempts, None) for _ in range(200)]
    assert low <= min(waits) < max(waits) <= high
    assert backoff_s(attempts, 500.0) == 500.0
