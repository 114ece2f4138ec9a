"""A process whose shards were taken by another writes nothing more: neither what comes in nor what time brings."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from cloud.database.lease import LeaseLost
from tests.unit.cloud.alarms.town import Town, level

LOST = LeaseLost("shards 0-63 were taken over")


@asynccontextmanager
async def fenced(folder: Path) -> AsyncIterator[Town]:
    """A town whose lease is taken by another process once a reading has come, and whose registry stays as it was."""
    async with Town(folder) as town:
        await town.rule()
        await town.silence_rule()
        await town.send(level(100, at=0))
        town.lost = LOST
        yield town
        assert town.accounts.account("gw-daruba").received == 1
        assert await town.events() == []


async def test_what_comes_in_is_not_kept_and_so_not_acknowledged(tmp_path: Path):
    async with fenced(tmp_path) as town:
        with pytest.raises(LeaseLost):
            await town.send(level(160, at=60))


async def test_a_silence_is_not_told(tmp_path: Path):
    async with fenced(tmp_path) as town:
        with pytest.raises(LeaseLost):
            await town.tick(at=3_600)


async def test_the_evaluator_ends_with_it(tmp_path: Path):
    async with fenced(tmp_path) as town:
        town.now_ms += 3_600_000
        town.listen()
        with pytest.raises(LeaseLost):
            await town.evaluator.run()


def test_the_rules_on_a_gateway_of_other_shards_are_not_this_process_s_to_judge(tmp_path: Path):
    assert Town(tmp_path).evaluator.own.has_gateway("gw-daruba")
    assert not Town(tmp_path, shards=range(0)).evaluator.own.has_gateway("gw-daruba")
