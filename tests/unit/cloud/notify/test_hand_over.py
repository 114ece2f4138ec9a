"""A channel that goes out of use while messages wait on it: others take them over, and none is lost."""

from functools import partial
from pathlib import Path

from cloud.notify.channel_registry.in_force import in_force
from cloud.notify.channel_registry.records import ChannelRecord, ChannelUse
from cloud.notify.channel_registry.sealing import SecretSealer
from cloud.notify.channel_state import read_states
from cloud.notify.contract import Later, Sent
from cloud.notify.health import notifications_component
from cloud.notify.outbox import Outbox
from cloud.notify.settings import NotifySettings
from tests.unit.cloud.notify.scene import Scene, hook, settings


def with_siren(file: NotifySettings, folder: Path, use: ChannelUse) -> NotifySettings:
    siren = ChannelRecord("siren", "mqtt", use, {}, {})
    return in_force(file, [siren], SecretSealer(folder / "notify.key"))


async def waiting_on_the_siren(scene: Scene) -> None:
    await scene.raise_alarm()
    (made,) = await scene.poll()
    assert made.channel == "siren"


async def test_what_waits_goes_over_the_next_channel_of_its_step(tmp_path: Path):
    file = settings(channels=[hook(tmp_path)], steps=[{"channels": ["siren", "hook"]}])
    async with Scene(tmp_path, with_siren(file, tmp_path, "in use")) as scene:
        await waiting_on_the_siren(scene)
        retired = Outbox(with_siren(file, tmp_path, "retired"), instance="two")
        for _ in range(2):  # a second time changes nothing
            await scene.database.run(lambda c: retired.hand_over(c, scene.now))
        old, new = await scene.deliveries()
        assert (old.sent, old.outcome) == (False, "out of use: hook takes it over")
        assert (new.channel, new.message, new.done_ms) == ("hook", old.message, None)


async def test_where_its_step_has_no_other_a_channel_of_another_step_takes_it(tmp_path: Path):
    file = settings(channels=[hook(tmp_path)], steps=[{"channels": ["siren"]}, {"channels": ["hook"], "after_s": 60}])
    async with Scene(tmp_path, with_siren(file, tmp_path, "in use")) as scene:
        await waiting_on_the_siren(scene)
        for use in ("retired", "on trial"):
            outbox = Outbox(with_siren(file, tmp_path, use), instance="two")
            await scene.database.run(partial(outbox.hand_over, now=scene.now))
        assert [each.channel for each in await scene.deliveries()] == ["siren", "hook"]


async def test_what_nobody_can_take_waits_and_health_counts_it(tmp_path: Path):
    file = settings(channels=[], steps=[{"channels": ["siren"]}])
    async with Scene(tmp_path, with_siren(file, tmp_path, "in use")) as scene:
        await waiting_on_the_siren(scene)
        gone = with_siren(file, tmp_path, "retired")
        await scene.database.run(lambda c: Outbox(gone, instance="two").hand_over(c, scene.now))
        (kept,) = await scene.deliveries()
        states = await scene.database.run(lambda c: read_states(c, gone.channels, scene.now))
        said = notifications_component(gone, states.values(), "")
        assert (kept.done_ms, said.status.value) == (None, "degraded")
        assert said.detail == "steps without a channel in use: 1; bring one into use, or add one; messages that wait: 1"


async def test_what_is_put_off_is_handed_over_before_it_is_due(tmp_path: Path):
    file = settings(channels=[hook(tmp_path)], steps=[{"channels": ["siren", "hook"]}])
    async with Scene(tmp_path, with_siren(file, tmp_path, "in use")) as scene:
        await waiting_on_the_siren(scene)
        (claimed,) = await scene.claim()
        await scene.settle(claimed, Later("too many requests", retry_after_s=10))
        retired = Outbox(with_siren(file, tmp_path, "retired"), instance="two")
        await scene.database.run(lambda c: retired.hand_over(c, scene.now))
        old, new = await scene.deliveries()
        assert (old.outcome, new.channel) == ("out of use: hook takes it over", "hook")


async def test_what_is_being_sent_stays_with_who_sends_it(tmp_path: Path):
    file = settings(channels=[hook(tmp_path)], steps=[{"channels": ["siren", "hook"]}])
    async with Scene(tmp_path, with_siren(file, tmp_path, "in use")) as scene:
        await waiting_on_the_siren(scene)
        (claimed,) = await scene.claim()
        retired = Outbox(with_siren(file, tmp_path, "retired"), instance="two")
        await scene.database.run(lambda c: retired.hand_over(c, scene.now))
        await scene.settle(claimed, Sent("published 1"))
        assert [(each.channel, each.sent) for each in await scene.deliveries()] == [("siren", True)]


async def test_of_a_channel_that_nobody_knows_is_taken_what_would_be_given_up(tmp_path: Path):
    file = settings(channels=[hook(tmp_path)], steps=[{"channels": ["siren", "hook"]}], give_up_s=600)
    async with Scene(tmp_path, with_siren(file, tmp_path, "in use")) as scene:
        await waiting_on_the_siren(scene)
        forgotten = Outbox(file, instance="two")
        await scene.database.run(lambda c: forgotten.hand_over(c, scene.now))
        assert len(await scene.deliveries()) == 1, "another process may know it"
        scene.now_ms += 601_000
        await scene.database.run(lambda c: forgotten.hand_over(c, scene.now))
        assert [each.channel for each in await scene.deliveries()] == ["siren", "hook"]


async def test_a_step_without_a_channel_in_use_keeps_its_notices(tmp_path: Path):
    file = settings(channels=[], steps=[{"channels": ["siren"]}])
    async with Scene(tmp_path, with_siren(file, tmp_path, "retired")) as scene:
        await scene.raise_alarm()
        assert await scene.poll() == []
        assert [notice.message for notice in await scene.notices()] == [None]
