"""Commands of the city: done once, expired ones and unknown ones refused in a sentence, sirens' left alone."""

import asyncio

import msgspec

from edge.remote.commands import MOST_WAITING, Answer, CityCommands, NotDone
from wire.gateway_command import CommandReply, GatewayCommand, decode_reply, encode_command

NOW_MS = 1_764_000_000_000


class Agent:
    """What does commands, and writes down what it was asked and what it answered."""

    def __init__(self, now_ms: int | None = NOW_MS) -> None:
        self.done: list[str] = []
        self.replies: list[CommandReply] = []
        self.gate = asyncio.Event()
        table = {"ping": self.ping, "wait": self.wait, "break": self.breaks, "cannot": self.cannot}
        self.commands = CityCommands(
            table, publish=lambda payload: self.replies.append(decode_reply(payload)), now_ms=lambda: now_ms
        )

    async def ping(self, command: GatewayCommand) -> Answer:
        self.done.append(command.key)
        return {"x": 1}

    async def wait(self, _command: GatewayCommand) -> Answer:
        await self.gate.wait()
        return {}

    async def breaks(self, _command: GatewayCommand) -> Answer:
        raise ZeroDivisionError

    async def cannot(self, _command: GatewayCommand) -> Answer:
        raise NotDone("there is no source 'x' here")

    async def take(self, command: str, key: str = "k", *, expires_ms: int = NOW_MS + 1_000) -> None:
        await self.commands.answer(encode_command(GatewayCommand(1, command, key, expires_ms)))


async def test_a_command_is_done_once_by_its_key_and_answered_each_time():
    agent = Agent()
    await agent.take("ping")
    await agent.take("ping")
    assert agent.done == ["k"]
    assert agent.replies == [CommandReply(1, "k", answer=msgspec.Raw(b'{"x":1}'))] * 2


async def test_what_cannot_be_done_is_said_in_a_sentence():
    agent = Agent()
    for command in ("sing", "break", "cannot"):
        await agent.take(command, command)
    await agent.take("ping", "late", expires_ms=NOW_MS - 5_000)
    assert [reply.problem for reply in agent.replies] == [
        "sing is not known to this version of the gateway; it knows ping, wait, break, cannot",
        "break broke off by an error of the agent; its log has more",
        "there is no source 'x' here",
        "ping came 5 s after it had expired; ask again",
    ]
    assert not any(reply.ok for reply in agent.replies)
    assert agent.done == []


async def test_while_the_time_is_unknown_nothing_is_known_to_have_expired():
    agent = Agent(now_ms=None)
    await agent.take("ping", expires_ms=5)
    assert agent.done == ["k"]


async def test_a_siren_s_command_and_what_is_none_are_not_answered():
    agent = Agent()
    await agent.commands.answer(b'{"v":1,"command":"alarm","key":"k","on":true}')
    await agent.commands.answer(b"\xff{")
    assert agent.replies == []


async def test_only_so_many_are_done_at_once_and_remembered():
    agent = Agent()
    tasks = [asyncio.ensure_future(agent.take("wait", str(number))) for number in range(MOST_WAITING)]
    await asyncio.sleep(0)
    await agent.take("ping", "one more")
    await agent.take("wait", "0")  # is being done: it is answered once
    assert [(reply.key, reply.ok) for reply in agent.replies] == [("one more", False)]
    agent.gate.set()
    await asyncio.gather(*tasks)
    assert len(agent.replies) == MOST_WAITING + 1
    for number in range(200):
        await agent.take("ping", f"p{number}")
    assert len(agent.commands._replies) <= 64
