"""Attempts under way: how many there is room for, and an outcome that is written down however long that takes."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from cloud.database.engine import DatabaseUnavailable
from cloud.database.steady_clock import SteadyClock
from cloud.notify.contract import Sent
from cloud.notify.outbox import extend_deadlines
from cloud.notify.under_way import AT_ONCE, AttemptsUnderWay
from tests.unit.cloud.notify.scene import Scene, settings, until

SIREN = {"name": "siren", "kind": "mqtt"}


class Held:
    """A sender that sends once a test lets it."""

    def __init__(self) -> None:
        self.may = asyncio.Event()

    async def send(self, _notification: object) -> Sent:
        await self.may.wait()
        return Sent("heard")


async def begun(scene: Scene, sender: Held, told: list[str]) -> AttemptsUnderWay:
    """One attempt under way on the siren."""
    clock = SteadyClock(excuse=extend_deadlines, wall_ms=lambda: scene.now_ms, boot_ms=lambda: scene.now_ms)
    under_way = AttemptsUnderWay(
        scene.database, clock, lambda: scene.outbox,
        on_outcome=lambda: told.append("outcome"), on_room=lambda: told.append("room"),
    )  # fmt: skip
    await scene.raise_alarm()
    await scene.poll()
    (claimed,) = await scene.claim()
    siren: Any = scene.settings.channel("siren")
    under_way.start(claimed, sender, siren)
    return under_way


def scene_in(folder: Path) -> Scene:
    return Scene(folder, settings(channels=[SIREN], steps=[{"channels": ["siren"]}], window_s=0))


async def test_there_is_less_room_until_the_outcome_is_written(tmp_path: Path):
    async with scene_in(tmp_path) as scene:
        sender, told = Held(), list[str]()
        under_way = await begun(scene, sender, told)
        assert under_way.room(["siren", "other"]) == {"siren": AT_ONCE - 1, "other": AT_ONCE}
        sender.may.set()
        await until(lambda: told == ["outcome", "room"], "it is over")
        assert under_way.room(["siren"]) == {"siren": AT_ONCE}
        assert [(each.sent, each.outcome) for each in await scene.deliveries()] == [(True, "heard")]


async def test_an_outcome_that_the_database_does_not_take_is_written_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("cloud.notify.under_way.RETRY_S", 0.01)
    async with scene_in(tmp_path) as scene:
        sender, told = Held(), list[str]()
        await begun(scene, sender, told)
        run, refused = scene.database.run, list[str]()

        async def away_once(work: Any) -> Any:
            if not refused:
                refused.append("away")
                raise DatabaseUnavailable("it is away")
            return await run(work)

        monkeypatch.setattr(scene.database, "run", away_once)
        sender.may.set()
        await until(lambda: told == ["outcome", "room"], "it is over")
        assert refused
        assert [each.sent for each in await scene.deliveries()] == [True]


async def test_what_is_cut_off_stays_claimed(tmp_path: Path):
    async with scene_in(tmp_path) as scene:
        told: list[str] = []
        under_way = await begun(scene, Held(), told)
        await under_way.cut_off()
        (left,) = await scene.deliveries()
        assert (left.done_ms, left.outcome, told) == (None, "sending", [])
