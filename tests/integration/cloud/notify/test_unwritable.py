"""Words that no mail or file can carry, in rows from before input was checked: each alarm is sent all the same."""

from pathlib import Path

import msgspec
import pytest
from sqlalchemy import select, update

from cloud.alarms.tables import AlarmRow
from cloud.notify.tables import DeliveryRow
from tests.integration.cloud.notify.test_notifier import alarms_in, mail
from tests.receivers import HttpReceiver, SmtpReceiver
from tests.unit.cloud.notify.scene import RULE, Scene, hook, settings, until

HOSTILE = "Siaga 9\\r\\nBcc: eve@evil.test\\u0000\\u202e"
"""As it stands in the JSON of a row."""


def spoiled() -> str:
    """The rule of an alarm with words that no input may have today."""
    return msgspec.json.encode(RULE).decode().replace("Siaga 1", HOSTILE).replace("River level", HOSTILE)


async def test_an_alarm_with_hostile_words_is_mailed_and_so_are_its_neighbours(tmp_path: Path):
    steps = [{"channels": ["mail"]}, {"channels": ["hook"]}]
    with SmtpReceiver() as post, HttpReceiver() as web:
        chosen = settings(window_s=1, channels=[mail(post.port), hook(tmp_path, web.url)], steps=steps)
        async with Scene(tmp_path, chosen) as scene, scene.notifier() as notifier:
            await scene.raise_alarm(0, level=2, rule=spoiled())
            await scene.raise_alarms([1, 2], level=2)
            notifier.nudge()
            await until(lambda: len(alarms_in(web)) == 3 and post.accepted, "all three are sent on both")
            feed = await notifier.warnings()
            assert all(b"\0" not in each.xml and b"\r" not in each.xml for each in feed)
            assert len(feed) == 3
        got = post.mail(0)
        assert got["Bcc"] is None
        assert "\n" not in str(got["Subject"])


async def test_a_rule_and_a_delivery_that_cannot_be_read_cost_themselves_only(tmp_path: Path):
    with HttpReceiver() as web:
        chosen = settings(window_s=0, channels=[hook(tmp_path, web.url)], steps=[{"channels": ["hook"]}])
        async with Scene(tmp_path, chosen) as scene:
            await scene.raise_alarm(4)
            await scene.poll()
            damage = update(DeliveryRow).values(body="{")
            await scene.database.run(lambda connection: connection.execute(damage) and None)
            async with scene.notifier() as notifier:
                broken = await scene.raise_alarm(0, rule="{")
                sound = await scene.raise_alarm(2)
                notifier.nudge()
                await until(lambda: len(alarms_in(web)) == 2, "both are sent")
            query = select(AlarmRow.id).order_by(AlarmRow.id)
            ids = await scene.database.run(lambda connection: list(connection.execute(query).scalars()))
            assert ids[1:] == [broken, sound]


@pytest.mark.parametrize("secret", ["T024/x8QzSECRET", "x8QzSECRET", "geheim"])
async def test_the_secret_of_a_webhook_is_in_no_outcome_and_no_health(tmp_path: Path, secret: str):
    url = "http://ani:geheim@127.0.0.1:9/services/T024/x8QzSECRET?key=x8QzSECRET"

    chosen = settings(window_s=0, channels=[hook(tmp_path, url)], steps=[{"channels": ["hook"]}])
    async with Scene(tmp_path, chosen) as scene, scene.notifier() as notifier:
        await scene.raise_alarm(0)
        notifier.nudge()
        await until(lambda: "cannot be reached" in notifier.components()["channel_hook"].detail, "health tells")
        (delivery, *_) = await scene.deliveries()
        assert secret not in notifier.components()["channel_hook"].detail + delivery.outcome
        assert "127.0.0.1:9" in delivery.outcome
        assert secret not in repr(chosen)
