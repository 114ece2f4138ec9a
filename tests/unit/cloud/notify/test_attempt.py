"""One attempt: within its time, and alarm by alarm where a message cannot be written whole."""

import asyncio
from pathlib import Path

import pytest

from cloud.notify.attempt import attempt, send_or_split
from cloud.notify.channels.mqtt.settings import MqttChannel
from cloud.notify.channels.settings import ChannelSettings
from cloud.notify.channels.telegram.settings import TelegramChannel
from cloud.notify.contract import Later, Outcome, Sent
from cloud.notify.notifications import Notification
from tests.unit.cloud.notify.examples import line, notification

SIREN = MqttChannel(name="siren", kind="mqtt")
CHAT = TelegramChannel(name="chat", kind="telegram", token_file=Path("token"))


class Picky:
    """A channel that cannot write some alarms, or some of their words."""

    def __init__(self, *, refuses: int = 0, words_only: bool = False) -> None:
        self.sent: list[Notification] = []
        self._refuses, self._words_only = refuses, words_only

    async def send(self, notification: Notification) -> Outcome:
        for each in notification.lines:
            if each.alarm == self._refuses and (each.advice or not self._words_only):
                raise ValueError("no header can carry that")
        self.sent.append(notification)
        return Sent()

    @property
    def alarms(self) -> list[tuple[int, ...]]:
        return [tuple(line.alarm for line in each.lines) for each in self.sent]


class Silent:
    """A channel that never answers."""

    async def send(self, _: Notification) -> Outcome:
        await asyncio.Event().wait()
        return Sent()


STORM = notification(line(alarm=1), line(alarm=2), line(alarm=3))


async def test_what_a_channel_cannot_write_is_sent_alarm_by_alarm_and_the_unwritable_one_by_its_ids():
    channel = Picky(refuses=2, words_only=True)
    assert isinstance(await send_or_split(channel, STORM), Sent)
    assert channel.alarms == [(1,), (2,), (3,)]


async def test_an_alarm_that_cannot_be_written_at_all_fails_alone_and_is_said():
    channel = Picky(refuses=2)
    outcome = await send_or_split(channel, STORM)
    assert "mistake of our own" in getattr(outcome, "problem", "")
    assert channel.alarms == [(1,), (3,)]


@pytest.mark.parametrize(("channel", "says_so"), [(SIREN, False), (CHAT, True)])
async def test_only_where_no_key_is_known_a_second_message_says_what_it_may_be(channel: ChannelSettings, says_so: bool):
    sender = Picky()
    await attempt(sender, channel, notification(line(), again=True))
    assert [each.again for each in sender.sent] == [says_so]


async def test_an_attempt_without_an_answer_ends_and_may_have_arrived():
    outcome = await attempt(Silent(), SIREN.model_copy(update={"timeout_s": 0.01}), STORM)
    assert outcome == Later("no answer within 0.01 s", unsure=True)
