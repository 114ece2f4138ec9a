"""How the channels do, in memory: read again when something was sent, and seldom otherwise."""

from pathlib import Path

from cloud.core.health import Condition
from cloud.notify.contract import Never
from cloud.notify.known_states import STATES_MS, KnownStates
from tests.unit.cloud.notify.scene import Scene, settings

SIREN = {"name": "siren", "kind": "mqtt"}


async def test_they_are_read_soon_after_something_was_sent_and_seldom_otherwise(tmp_path: Path):
    async with Scene(tmp_path, settings(channels=[SIREN], steps=[{"channels": ["siren"]}], window_s=0)) as scene:
        known = KnownStates(lambda: scene.settings, lambda: "")
        checks = known.health_checks()
        assert checks.keys() == {"notifications", "channel_siren"}

        async def poll(*, later_ms: int) -> Condition:
            scene.now_ms += later_ms
            await scene.database.run(lambda c: known.read_if_old(c, scene.now))
            return checks["channel_siren"]().status

        assert await poll(later_ms=0) is Condition.OK
        await scene.raise_alarm()
        await scene.poll()
        (claimed,) = await scene.claim()
        await scene.settle(claimed, Never("no such topic"))
        assert await poll(later_ms=STATES_MS[0]) is Condition.OK, "nobody said that anything was sent"
        known.mark_changed()
        assert await poll(later_ms=STATES_MS[0]) is Condition.DEGRADED
        assert [(state.name, state.waiting) for state in known.all()] == [("siren", 1)]


async def test_the_outbox_waits_for_a_database_that_is_away(tmp_path: Path):
    async with Scene(tmp_path, settings(channels=[SIREN], steps=[{"channels": ["siren"]}])) as scene:
        check = KnownStates(lambda: scene.settings, lambda: "it does not answer").health_checks()["notifications"]
        assert (check().status, "it does not answer" in check().detail) == (Condition.DEGRADED, True)
