"""What gateways are asked: bounded, expired, and answered by them alone."""

from pathlib import Path

import msgspec
import pytest

from cloud.care.commands import EXPIRES_S, MOST_KEPT, CommandState, GatewayCommands
from cloud.care.refused import CareRefused
from cloud.database.audit_log import Actor, read_entries
from cloud.database.engine import Database
from tests.registries import registry_in
from wire.gateway_command import CommandReply, encode_reply

ANI = Actor("ani")


class Cloud:
    """Commands on a clock that the test moves; `connected` says whether anything is sent."""

    def __init__(self, database: Database) -> None:
        self.now_s, self.connected, self.sent = 100.0, True, 0
        self.commands = GatewayCommands(database, publish=self._publish, clock_s=lambda: self.now_s)

    def _publish(self, _topic: str, _payload: bytes) -> bool:
        self.sent += self.connected
        return self.connected


@pytest.fixture
async def cloud(tmp_path: Path):
    database = Database(registry_in(tmp_path))
    await database.open()
    yield Cloud(database)
    await database.close()


async def test_nobody_answers_after_it_has_expired(cloud: Cloud):
    asked = await cloud.commands.ask("gw-1", "ping", actor=ANI)
    cloud.now_s += EXPIRES_S
    assert (await cloud.commands.answered(asked.key, within_s=60.0)).state is CommandState.NO_ANSWER
    cloud.commands.on_reply("gw-1", encode_reply(CommandReply(1, asked.key)))  # later than anybody waited, and true
    assert cloud.commands.find("gw-1", asked.key).state is CommandState.DONE
    with pytest.raises(LookupError):
        cloud.commands.find("gw-2", asked.key)


@pytest.mark.parametrize("answer", [b"[" * 40 + b"]" * 40, b'{"a\\u001b":1}', b'["\\u2028"]'])
async def test_an_answer_that_no_page_can_show_is_left_out_and_said(cloud: Cloud, answer: bytes):
    asked = await cloud.commands.ask("gw-1", "diagnostics", actor=ANI)
    cloud.commands.on_reply("gw-1", b"{broken")
    cloud.commands.on_reply("gw-1", msgspec.json.encode({"v": 1, "key": asked.key, "answer": msgspec.Raw(answer)}))
    found = cloud.commands.find("gw-1", asked.key)
    assert (found.state, found.answer) == (CommandState.DONE, b"null")
    assert "cannot be shown" in found.problem


async def test_without_a_broker_nothing_is_asked_and_the_journal_says_who_tried(cloud: Cloud, tmp_path: Path):
    cloud.connected = False
    with pytest.raises(CareRefused, match="the broker is not connected") as refused:
        await cloud.commands.ask("gw-1", "ping", actor=ANI)
    assert refused.value.kind == "broker-away"
    assert cloud.commands.of_gateway("gw-1") == []
    assert [entry.action for entry in await cloud.commands._database.run(read_entries)] == ["ask"]


async def test_only_the_newest_are_kept(cloud: Cloud):
    for number in range(MOST_KEPT + 5):
        await cloud.commands.ask(f"gw-{number}", "ping", actor=Actor(f"p{number}"))
    assert (cloud.sent, len(cloud.commands._kept)) == (MOST_KEPT + 5, MOST_KEPT)
    assert (cloud.commands.of_gateway("gw-4"), len(cloud.commands.of_gateway("gw-5"))) == ([], 1)
