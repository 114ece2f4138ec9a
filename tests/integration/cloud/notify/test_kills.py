"""SIGKILL of two notifiers at random moments in a storm: each alarm is sent, and none twice by its key."""

import asyncio
import random
import sys
import time
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.receivers import Answer, Delivery, HttpReceiver, SmtpReceiver
from tests.servers import Program
from tests.unit.cloud.notify.scene import Scene, hook, settings, until

ALARMS = 1_000
ROUNDS = 8


def news_in(deliveries: list[Delivery]) -> list[int]:
    """The events that were news, a key counted once as its receiver would."""
    by_key = {delivery.key: msgspec.json.decode(delivery.body) for delivery in deliveries}
    return [alarm["event"] for body in by_key.values() for alarm in body["alarms"] if not alarm["repeated"]]


async def storm(scene: Scene, notifiers: list[Program], dice: random.Random) -> None:
    """Raise all alarms, some at a time, and kill one of the notifiers after each time."""
    began_ms = time.time_ns() // 1_000_000
    for number in range(ROUNDS):
        for part in range(ALARMS // ROUNDS // 25):
            await scene.raise_alarms(range(25), at_ms=began_ms + number * 1_000 + part)
        await asyncio.sleep(dice.uniform(0, 1.5))
        victim = dice.choice(notifiers)
        await asyncio.to_thread(victim.kill)
        victim.start()


@pytest.mark.proof
@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_notifiers_killed_in_a_storm_tell_each_alarm_and_none_twice(tmp_path: Path, seed: int):
    dice = random.Random(seed)
    slow = [Answer(slow_s=dice.uniform(0, 0.5)) for _ in range(2_000)]  # so that kills meet attempts under way
    with HttpReceiver(slow) as web, SmtpReceiver() as post:
        mail = {
            "name": "mail", "kind": "email", "host": "127.0.0.1", "port": post.port, "security": "none",
            "sender": "siaga@morotai.test", "to": ["center@morotai.test"], "per_minute": 6_000, "timeout_s": 2,
        }  # fmt: skip
        given: dict[str, Any] = {
            "channels": [hook(tmp_path, web.url, per_minute=6_000, timeout_s=2), mail], "window_s": 0,
            "steps": [{"channels": ["hook"]}, {"channels": ["mail"]}], "language": "en",
        }  # fmt: skip
        (tmp_path / "notify.json").write_bytes(msgspec.json.encode(given, enc_hook=str))
        command = [sys.executable, "-m", "tests.integration.cloud.notify.lone_notifier"]
        paths = [tmp_path / "registry.db", tmp_path / "notify.json"]
        notifiers = [Program(f"notifier-{n}", [*command, *paths], tmp_path) for n in range(2)]

        try:
            async with Scene(tmp_path, settings(**given)) as scene:
                for notifier in notifiers:
                    notifier.start()
                await storm(scene, notifiers, dice)
                await until(lambda: len(news_in(web.accepted)) >= ALARMS, "the webhook has all", patience_s=60)
                rows = await scene.deliveries()
                while any(row.done_ms is None for row in rows):
                    await asyncio.sleep(0.1)
                    rows = await scene.deliveries()
                notified = len({row.key for row in rows if row.channel == "mail"})
                assert len({delivery.key for delivery in post.accepted}) == notified
        finally:
            for notifier in notifiers:
                notifier.kill()
        assert sorted(news_in(web.accepted)) == list(range(1, ALARMS + 1))
        print(f"seed {seed}: webhook {len(web.keys())} accepted, {len(web.keys()) - len(set(web.keys()))} again")
