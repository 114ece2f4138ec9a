"""What one poll decides: nothing by channels that have changed, and all of the rest at once."""

from pathlib import Path

from cloud.database.steady_clock import SteadyClock
from cloud.notify.batcher import NotificationBatcher
from cloud.notify.cap import CapMessages
from cloud.notify.channel_registry.in_force import ChannelRegistry
from cloud.notify.known_states import KnownStates
from cloud.notify.outbox import Outbox, extend_deadlines
from cloud.notify.poll_decision import PartsInForce, PollDecider
from cloud.notify.router import Router
from cloud.notify.under_way import AttemptsUnderWay
from tests.unit.cloud.notify.channel_registry.registered import Registered
from tests.unit.cloud.notify.scene import Scene, settings

SIREN = {"name": "siren", "kind": "mqtt"}


async def test_channels_that_have_changed_are_taken_first(tmp_path: Path):
    file = settings(channels=[SIREN], steps=[{"channels": ["siren"]}], window_s=0, key_file=tmp_path / "notify.key")
    async with Scene(tmp_path, file) as scene:
        channels, nothing = ChannelRegistry(file), lambda: None
        clock = SteadyClock(excuse=extend_deadlines, wall_ms=lambda: scene.now_ms, boot_ms=lambda: scene.now_ms)
        known = KnownStates(lambda: file, lambda: "")
        under_way = AttemptsUnderWay(scene.database, clock, lambda: scene.outbox, on_outcome=nothing, on_room=nothing)
        decider = PollDecider(scene.registry, channels, clock, known, under_way)
        parts = PartsInForce(
            settings=file, cap=CapMessages(file.cap, scene.registry, console=file.console), router=Router(file),
            batcher=NotificationBatcher(file, scene.registry), outbox=Outbox(file, instance="one"),
        )  # fmt: skip
        await Registered(scene, file).add("phone")
        await scene.raise_alarm()
        first = await scene.database.run(lambda c: decider.decide(c, parts, []))
        assert (first.claimed, first.has_more) == ([], True)
        assert first.channels is not None
        assert await scene.deliveries() == []
        channels.use_stored(first.channels)
        second = await scene.database.run(lambda c: decider.decide(c, parts, []))
        assert [each.notification.channel for each in second.claimed] == ["siren"]
        assert (second.channels, second.has_more) == (None, False)
