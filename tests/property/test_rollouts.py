"""A rollout over any loss, delay, repetition and restart: never more than a batch at a time, nobody after a failure."""

import asyncio
import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from cloud.database.engine import Database
from cloud.database.steady_clock import SteadyClock
from cloud.gateways.statuses import Statuses
from cloud.updates import rollout_rows
from cloud.updates.rollout import Member, MemberState, Rollout, RolloutState
from cloud.updates.rollout_runner import RolloutRunner
from tests.gateways_updating import GatewaySimulated
from tests.registries import registry_in
from wire.gateway_update import UpdateState

VERSION = "1.2.0"
BATCH = 2
STEP_S = 35.0
LIMIT_S = 3_600.0


class City:
    """Some simulated gateways and the cloud's own runner, on a clock and a broker that the test moves."""

    def __init__(self, database: Database, gateways: list[GatewaySimulated]) -> None:
        self.database, self.gateways = database, {each.name: each for each in gateways}
        self.now_s = 1_000.0
        self.commands: list[tuple[str, bytes]] = []
        self.asked_after_failure = 0
        self.failed = False
        self.restart()

    def restart(self) -> None:
        """The cloud starts again: all that it knew in memory is gone, and the broker says retained statuses again."""
        self.connected_s = self.now_s
        self.statuses = Statuses(lambda: self.connected_s, lambda: self.now_s)
        self.runner = RolloutRunner(
            self.database, self.statuses, publish=self._publish, connected_since_s=lambda: self.connected_s,
            is_own=lambda _gateway: True,
            steady=SteadyClock(wall_ms=self._ms, boot_ms=self._ms, boot_id="b"), clock=self._ms,
            boot_s=lambda: self.now_s,
        )  # fmt: skip
        for gateway in self.gateways.values():
            self.statuses.on_status(gateway.name, gateway.status(), retained=True)

    def _ms(self) -> int:
        return int(self.now_s * 1_000)

    def _publish(self, topic: str, payload: bytes) -> bool:
        self.asked_after_failure += self.failed
        self.commands.append((topic, payload))
        return True

    async def begin(self) -> None:
        rollout = Rollout(0, VERSION, BATCH, False, False, LIMIT_S, ("aarch64",), RolloutState.RUNNING, "", "ani", 0, 0)
        await self.database.run(lambda connection: rollout_rows.add_rollout(connection, rollout, self.gateways))

    async def members(self) -> list[Member]:
        return await self.database.run(lambda connection: rollout_rows.members(connection, 1))

    async def state(self) -> RolloutState:
        return (await self.database.run(lambda connection: rollout_rows.find_rollout(connection, 1))).state

    async def step(self, *, deliver: bool, twice: bool, say: bool, restart_cloud: bool, restart_agents: bool) -> None:
        """Half a minute: of what could happen to messages, what is drawn happens."""
        self.now_s += STEP_S
        if restart_cloud:
            self.restart()
        commands, self.commands = self.commands, []
        for topic, payload in commands * (1 + twice) if deliver else ():
            (gateway,) = [each for each in self.gateways.values() if each.topic == topic]
            reply = gateway.on_command(payload)
            if reply is not None and say:
                self.runner.on_reply(gateway.name, reply)
        for gateway in self.gateways.values():
            gateway.step()
            if restart_agents:
                gateway.restart()
            if say and gateway.online:
                self.statuses.on_status(gateway.name, gateway.status())
        await self.runner.poll()
        await self.hold()

    async def hold(self) -> None:
        """What must be so at any moment."""
        members = await self.members()
        asked = [each for each in members if each.state is MemberState.ASKED]
        assert len(asked) <= BATCH
        for each in members:
            gateway = self.gateways[each.gateway]
            assert len(gateway.installed) <= 1
            if each.state is MemberState.CONFIRMED:
                assert gateway.version == VERSION
                assert gateway.update is None or gateway.update.state is UpdateState.CONFIRMED
        self.failed = any(each.state is MemberState.FAILED for each in members)
        assert not self.asked_after_failure


STEPS = st.lists(
    st.fixed_dictionaries(
        {
            "deliver": st.booleans(), "twice": st.booleans(), "say": st.booleans(),
            "restart_cloud": st.integers(0, 5).map(lambda n: n == 0),
            "restart_agents": st.integers(0, 5).map(lambda n: n == 0),
            "offline": st.sets(st.integers(0, 4), max_size=2),
        }
    ),
    max_size=14,
)  # fmt: skip
CALM = {"deliver": True, "twice": False, "say": True, "restart_cloud": False, "restart_agents": False}


@settings(max_examples=15, deadline=None)
@given(
    steps=STEPS,
    bad=st.sampled_from([None, None, 0, 3]),
    ends=st.sampled_from([UpdateState.ROLLED_BACK, UpdateState.REFUSED]),
)
def test_in_any_order_a_batch_is_the_most_and_a_failure_the_last(steps, bad, ends):
    async def scenario() -> None:
        with tempfile.TemporaryDirectory() as folder:
            database = Database(registry_in(Path(folder)), durable=False)
            gateways = [GatewaySimulated(f"gw-{number}") for number in range(5)]
            if bad is not None:
                gateways[bad].goes = ends
            city = City(database, gateways)
            await city.begin()
            for step in steps:
                drawn = dict(step)
                offline = drawn.pop("offline")
                for number, gateway in enumerate(gateways):
                    gateway.online = number not in offline
                await city.step(**drawn)
            for gateway in gateways:
                gateway.online = True
            for _ in range(40):
                await city.step(**CALM)
            wanted = RolloutState.DONE if bad is None else RolloutState.FAILED
            assert await city.state() is wanted
            if bad is None:
                assert [each.version for each in gateways] == [VERSION] * 5
            await database.close()

    asyncio.run(scenario())
