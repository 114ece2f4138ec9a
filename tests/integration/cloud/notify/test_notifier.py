"""The whole chain: from a row in `alarm_events` to real servers, with failures, kills and a second notifier."""

import time
from pathlib import Path
from typing import Any

import msgspec

from cloud.core.health import Condition
from cloud.database.audit_log import Actor, read_entries
from cloud.database.engine import Database
from cloud.notify import notifier as notifier_file
from tests.receivers import Answer, HttpReceiver, SmtpReceiver
from tests.registries import on_each_registry, registry_in
from tests.servers import free_port
from tests.unit.cloud.notify.scene import PEOPLE, Scene, hook, settings, until

pytestmark = on_each_registry(slow=True)

ANI = Actor("ani")


def mail(port: int, **more: Any) -> dict[str, Any]:
    return {
        "name": "mail", "kind": "email", "host": "127.0.0.1", "port": port, "security": "none",
        "sender": "siaga@morotai.test", "to": ["center@morotai.test"], "per_minute": 6_000, **more,
    }  # fmt: skip


def scene_in(folder: Path, **given: Any) -> Scene:
    return Scene(folder, settings(**{"window_s": 1, **given}))


def alarms_in(receiver: HttpReceiver) -> list[int]:
    """The events that were news, over all accepted deliveries."""
    return [
        alarm["event"]
        for delivery in receiver.accepted
        for alarm in msgspec.json.decode(delivery.body)["alarms"]
        if not alarm["repeated"]
    ]


async def test_an_event_is_at_a_webhook_and_a_mailbox_after_the_nudge_alone(tmp_path: Path, monkeypatch: Any):
    monkeypatch.setattr(notifier_file, "POLL_S", 600.0)
    with HttpReceiver() as web, SmtpReceiver() as post:
        steps = [{"channels": ["hook"]}, {"channels": ["mail"]}]
        async with (
            scene_in(tmp_path, channels=[hook(tmp_path, web.url), mail(post.port)], steps=steps) as scene,
            scene.notifier() as notifier,
        ):
            await scene.raise_alarm(level=2)
            notifier.nudge()
            await until(lambda: web.accepted and post.accepted, "both have it")
            assert all(part.status is Condition.OK for part in notifier.components().values())
        assert post.mail(0)["Subject"] == "EXTREME · Siaga 1 · Daruba river"


async def test_a_storm_of_forty_is_the_first_at_once_and_then_one_message_with_forty_lines(tmp_path: Path):
    with SmtpReceiver() as post, HttpReceiver() as web:
        steps = [{"channels": ["hook"]}, {"channels": ["mail"]}]
        channels = [hook(tmp_path, web.url), mail(post.port)]
        async with (
            scene_in(tmp_path, channels=channels, steps=steps, window_s=2) as scene,
            scene.notifier() as notifier,
        ):
            await scene.raise_alarm(0, level=1)
            notifier.nudge()
            await until(lambda: len(post.accepted) == 1, "the first is there at once")
            await scene.raise_alarms(range(1, 40), level=1)
            notifier.nudge()
            await until(lambda: len(alarms_in(web)) == 40 and len(post.accepted) == 2, "all forty have arrived")
        body = post.mail(1).get_body(("plain",))
        assert body is not None
        assert body.get_content().count("• ") == 40
        assert post.mail(1)["Subject"].startswith("40 alarms, the worst SEVERE · Siaga 2")
        assert len(set(alarms_in(web))) == 40


async def test_a_failing_channel_is_tried_again_with_the_same_key_and_taken_once(tmp_path: Path):
    answers = [Answer(503), Answer(429, wait_s="1"), Answer(500)]
    with HttpReceiver(answers) as web:
        async with (
            scene_in(tmp_path, channels=[hook(tmp_path, web.url)], steps=[{"channels": ["hook"]}]) as scene,
            scene.notifier() as notifier,
        ):
            await scene.raise_alarm()
            notifier.nudge()
            await until(lambda: web.deliveries, "the first attempt")
            await until(
                lambda: notifier.components()["channel_hook"].status is Condition.DEGRADED, "health tells of it"
            )
            await until(lambda: web.accepted, "it is taken in the end")
            await until(lambda: notifier.components()["channel_hook"].status is Condition.OK, "health is well")
        assert len(web.deliveries) == 4
        assert len({delivery.key for delivery in web.deliveries}) == 1


async def test_a_dead_channel_hands_over_to_the_next_at_once(tmp_path: Path):
    with SmtpReceiver() as post:
        dead = hook(tmp_path, f"http://127.0.0.1:{free_port()}")
        async with (
            scene_in(tmp_path, channels=[dead, mail(post.port)], steps=[{"channels": ["hook", "mail"]}]) as scene,
            scene.notifier() as notifier,
        ):
            await scene.raise_alarm()
            notifier.nudge()
            await until(lambda: post.accepted, "the mail is there, long before the hook is given up")
            await until(
                lambda: "cannot be reached" in notifier.components()["channel_hook"].detail, "health tells of it"
            )
            assert notifier.components()["channel_hook"].status is Condition.DEGRADED
        assert len(post.accepted) == 1


async def test_a_slow_answer_is_cut_off_and_the_same_key_comes_again(tmp_path: Path):
    with HttpReceiver([Answer(slow_s=2.0)]) as web:
        async with (
            scene_in(
                tmp_path, channels=[hook(tmp_path, web.url, timeout_s=0.5)], steps=[{"channels": ["hook"]}]
            ) as scene,
            scene.notifier() as notifier,
        ):
            await scene.raise_alarm()
            notifier.nudge()
            await until(lambda: len(web.deliveries) == 2, "another attempt")
        assert len(set(web.keys())) == 1


async def test_two_notifiers_on_one_database_never_send_twice(tmp_path: Path):
    with HttpReceiver() as web, SmtpReceiver() as post:
        steps = [{"channels": ["hook"]}, {"channels": ["mail"]}]
        async with scene_in(
            tmp_path, window_s=0.1, steps=steps, channels=[hook(tmp_path, web.url, per_minute=6_000), mail(post.port)]
        ) as scene:
            other = Database(registry_in(tmp_path))
            async with scene.notifier() as one, scene.notifier(database=other) as two:
                for gauge in range(60):
                    await scene.raise_alarm(gauge % 40, at_ms=time.time_ns() // 1_000_000 + gauge)
                    one.nudge()
                    two.nudge()
                await until(lambda: len(alarms_in(web)) == 60, "all have arrived")
                await until(lambda: len(post.accepted) >= 1, "mail has arrived")
            await other.close()
        assert len(alarms_in(web)) == len(set(alarms_in(web))) == 60
        assert len(web.keys()) == len(set(web.keys()))
        assert len(post.keys()) == len(set(post.keys()))


async def test_a_notifier_killed_in_the_middle_of_an_attempt_sends_the_same_key_again(tmp_path: Path, monkeypatch: Any):
    monkeypatch.setattr("cloud.notify.outbox.LEASE_S", 0.1)
    with HttpReceiver([Answer(slow_s=1.0)]) as web:
        async with scene_in(
            tmp_path, channels=[hook(tmp_path, web.url, timeout_s=2)], steps=[{"channels": ["hook"]}]
        ) as scene:
            async with scene.notifier() as notifier:
                await scene.raise_alarm()
                notifier.nudge()
                await until(lambda: web.deliveries, "the attempt is under way")
            (row,) = await scene.deliveries()
            assert (row.outcome, row.done_ms) == ("sending", None)
            async with scene.notifier():
                await until(lambda: len(web.deliveries) == 2, "it is taken up again")
        assert len(set(web.keys())) == 1


async def test_telegram_says_that_a_second_message_may_be_one(tmp_path: Path, monkeypatch: Any):
    monkeypatch.setattr("cloud.notify.outbox.LEASE_S", 0.1)
    (tmp_path / "token").write_text("1:abc")
    with HttpReceiver([Answer(slow_s=1.0)]) as bot:
        chat = {
            "name": "chat", "kind": "telegram", "url": bot.url, "token_file": tmp_path / "token", "timeout_s": 2,
            "chat": "-100",
        }  # fmt: skip

        async with scene_in(tmp_path, channels=[chat], steps=[{"channels": ["chat"]}]) as scene:
            async with scene.notifier() as notifier:
                await scene.raise_alarm()
                notifier.nudge()
                await until(lambda: bot.deliveries, "the attempt is under way")
            async with scene.notifier():
                await until(lambda: len(bot.deliveries) == 2, "it is taken up again")
    first, second = (msgspec.json.decode(delivery.body)["text"] for delivery in bot.deliveries)
    assert "Perhaps sent before" not in first
    assert "Perhaps sent before" in second


async def test_events_that_came_while_no_notifier_ran_are_told_when_one_does(tmp_path: Path):
    with HttpReceiver() as web:
        async with scene_in(tmp_path, channels=[hook(tmp_path, web.url)], steps=[{"channels": ["hook"]}]) as scene:
            for gauge in range(5):
                await scene.raise_alarm(gauge)
            async with scene.notifier():
                await until(lambda: len(alarms_in(web)) == 5, "all five have arrived")


async def test_a_test_alarm_proves_the_chain_and_is_marked_in_both_languages(tmp_path: Path):
    with SmtpReceiver() as post:
        steps = [{"channels": ["mail"], "to": ["duty:1"]}]
        async with (
            scene_in(tmp_path, channels=[mail(post.port)], steps=steps, people=PEOPLE) as scene,
            scene.notifier() as notifier,
        ):
            await scene.put_on_duty("ani")
            alarm = await notifier.test_alarm(ANI)
            await until(lambda: post.accepted, "the test has arrived")
            await until(lambda: notifier.states()[0].self_tested_ms, "it is noted when the chain was proven")
            entries = await scene.database.run(lambda c: read_entries(c, subject=f"alarm:{alarm}"))
            assert [(entry.actor, entry.action) for entry in entries] == [("ani", "test-alarm")]
    assert post.accepted[0].path == "ani@morotai.test"
    assert post.mail(0)["Subject"].startswith("TEST / UJI COBA · ")


async def test_one_channel_can_be_tested_by_itself(tmp_path: Path):
    with HttpReceiver() as web:
        async with (
            scene_in(
                tmp_path, channels=[hook(tmp_path, web.url), mail(free_port())], steps=[{"channels": ["mail", "hook"]}]
            ) as scene,
            scene.notifier() as notifier,
        ):
            assert (await notifier.test_channel("hook", ANI)).sent
            failed = await notifier.test_channel("mail", ANI)
            assert not failed.sent
            assert "127.0.0.1" in failed.sentence
            assert len(web.accepted) == 1
    assert msgspec.json.decode(web.accepted[0].body)["test"] is True
