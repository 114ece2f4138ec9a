"""The gateways that are simulated in tests of rollouts answer as the agent does."""

from pathlib import Path

import msgspec
import pytest

from edge.remote.commands import CityCommands
from edge.update.kept_update import write_update
from edge.update.trial_of_version import KeptUpdate, UpdateStep
from tests.gateways_updating import GatewaySimulated
from tests.unit.edge.update.test_agents_part import OFFER, Agent
from wire.gateway_command import UPDATE, CommandReply, GatewayCommand, decode_reply, encode_command
from wire.gateway_update import UpdateState, UpdateStatus, encode_offer


class Both:
    """The real part of an agent that runs 1.1.0, and a simulated gateway that does."""

    def __init__(self, folder: Path) -> None:
        self.agent = Agent(folder)
        self.agent.part.use(msgspec.Raw(encode_offer(OFFER)))
        self._replies: list[bytes] = []
        self._commands = CityCommands({UPDATE: self.agent.part.ask}, publish=self._replies.append, now_ms=lambda: 5)
        self.simulated = GatewaySimulated("gw-1", version="1.1.0")

    async def asked(self, key: str, version: str) -> tuple[CommandReply, CommandReply]:
        """What each of them replies to the same command."""
        payload = encode_command(GatewayCommand(1, UPDATE, key, 9, version=version))
        await self._commands.answer(payload)
        replied = self.simulated.on_command(payload)
        assert replied is not None
        return decode_reply(self._replies[-1]), decode_reply(replied)


@pytest.mark.parametrize("version", ["1.2.0", "1.1.0"])
async def test_they_take_a_version_up_or_say_why_not(tmp_path: Path, version: str):
    real, simulated = await Both(tmp_path).asked("a", version)
    assert (real.ok, real.problem) == (simulated.ok, simulated.problem)


async def test_a_command_is_done_once_by_its_key_and_another_is_refused_while_an_update_is_under_way(tmp_path: Path):
    both = Both(tmp_path)
    first = await both.asked("a", "1.2.0")
    assert await both.asked("a", "1.2.0") == first
    write_update(both.agent.places, KeptUpdate(UpdateStep.FETCHING, "1.2.0"))
    both.agent.part.poll()
    real, simulated = await both.asked("b", "1.2.0")
    assert real.problem == simulated.problem == "an update to 1.2.0 is under way; wait for its end"
    status = both.agent.part.status
    assert status is not None
    assert both.simulated.update == UpdateStatus("1.2.0", UpdateState.FETCHING, "", both.simulated.update.time_ms)
    assert (status.version, status.state) == ("1.2.0", UpdateState.FETCHING)
